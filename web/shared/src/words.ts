// Words for the states both sides see, so a case is called the same in the portal and at the desk.
import { catalogue, humanize } from './text';

export type Tone = 'neutral' | 'info' | 'good' | 'warn' | 'bad';

const say = catalogue({
	sending: 'Sending',
	stored: 'Sent',
	read: 'Read',
	failed: 'Not sent',
	waitUnknown: 'We cannot say yet how long it will take',
	waitNow: 'Less than a minute',
	wait: 'About {n, plural, one {# minute} other {# minutes}}',
	waitHours: 'About {n, plural, one {# hour} other {# hours}}',
	someone: 'Someone from our team',
});

const caseStates: Record<string, [string, Tone]> = {
	open: ['In progress', 'info'],
	waiting_customer: ['Waiting for you', 'warn'],
	waiting_company: ['We are working on it', 'info'],
	resolved: ['Solved', 'good'],
	closed: ['Closed', 'neutral'],
};
export function caseState(status: string): { text: string; tone: Tone } {
	const [text, tone] = caseStates[status] ?? [humanize(status), 'neutral'];
	return { text, tone };
}

const outcomes: Record<string, [string, Tone]> = {
	resolved: ['Solved', 'good'],
	partly: ['Partly solved', 'warn'],
	unresolved: ['Not solved', 'bad'],
	follow_up: ['We will follow up', 'info'],
};
export function outcomeWords(outcome: string): { text: string; tone: Tone } {
	const [text, tone] = outcomes[outcome] ?? [humanize(outcome), 'neutral'];
	return { text, tone };
}

const channels: Record<string, string> = {
	web: 'Web form',
	chat: 'Chat',
	app: 'Message in the app',
	email: 'E-mail',
	sms: 'Text message',
	phone: 'Phone call',
	video: 'Video call',
	social: 'Social media',
	community: 'Community',
	branch: 'In person',
};
export function channelWords(channel: string): string {
	return channels[channel] ?? humanize(channel);
}

export function messageStatusWords(status: 'sending' | 'stored' | 'read' | 'failed'): string {
	return say(status);
}

/** "About 4 minutes": rounded up, because a promise kept early is no disappointment. */
export function waitWords(seconds: number | null | undefined): string {
	if (seconds === null || seconds === undefined) return say('waitUnknown');
	if (seconds < 60) return say('waitNow');
	const minutes = Math.ceil(seconds / 60);
	return minutes < 90 ? say('wait', { n: minutes }) : say('waitHours', { n: Math.round(minutes / 60) });
}

function str(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

/** The system lines of a conversation as the customer reads them; '' is not shown. */
export function systemWords(kind: string, facts: Record<string, unknown>): string {
	const name = str(facts.name) || say('someone');
	switch (kind) {
		case 'interaction_started':
			return 'You contacted us';
		case 'queued':
			return str(facts.reason) === 'transfer' ? 'You are being passed on to a colleague. They will see everything so far.' : 'We are finding someone else for you. You keep your place.';
		case 'offer_accepted':
			return `${name} is here for you`;
		case 'ended':
			return endedWords(str(facts.reason));
		case 'wrapped_up':
			return 'The summary is in your case';
		default:
			return '';
	}
}

export function endedWords(reason: string): string {
	switch (reason) {
		case 'customer_left':
			return 'You ended the conversation';
		case 'abandoned':
			return 'You left before anyone could answer';
		case 'idle':
			return 'The conversation ended because nothing was written for a while';
		default:
			return 'The conversation has ended';
	}
}
