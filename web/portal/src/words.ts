// Everything the portal says. Plain words, the customer's view: "your case", never "interaction".
import { catalogue, humanize } from '$shared/text';
import { waitWords } from '$shared/words';

export const t = catalogue({
	appName: 'Segue',
	skip: 'Skip to the content',
	account: 'Account and settings',
	signedInAs: 'Signed in as {name}',
	signOut: 'Sign out',
	themeSystem: 'Colours as on this device',
	themeLight: 'Light colours',
	themeDark: 'Dark colours',
	home: 'Help',
	back: 'Back',
	loading: 'Loading',
	tryAgain: 'Try again',
	offline: 'No connection. What you write is kept and sent as soon as you are online again.',
	reconnecting: 'Connecting again…',

	signInTitle: 'Sign in to get help',
	signInIntro: 'Enter the e-mail address you use with us. We send you a link that signs you in. No password needed.',
	email: 'E-mail address',
	emailWrong: 'Enter an e-mail address like name@example.com.',
	sendLink: 'Send me a link',
	mailTitle: 'Look into your mail',
	mailText: 'If we know {email}, a sign-in link is on its way. Open it in this browser. It works once, for 15 minutes.',
	mailNothing: 'Nothing there after a few minutes? Look into the spam folder, or check the address.',
	otherAddress: 'Use another address',
	signingIn: 'Signing you in',
	linkFailed: 'This link does not work any more',
	linkFailedText: 'A link works once, for 15 minutes, and only in the browser that asked for it. Ask for a new one here.',
	notCustomer: 'This page is for customers',
	notCustomerText: 'You are signed in as {name}. Your work is at another address.',
	toDesk: 'Go to your desk',
	toConsole: 'Go to the console',

	homeTitle: 'What do you need help with?',
	search: 'Search your things and help pages',
	clearSearch: 'Clear the search',
	openNow: 'Open now',
	myStuff: 'My stuff',
	all: 'All',
	filter: 'Show only',
	showMore: 'Show more',
	shown: '{n, plural, one {# more is shown} other {# more are shown}}',
	stuffEmpty: 'Nothing here yet',
	stuffEmptyText: 'Your orders, quotes, cases and conversations will be listed here. You can get help without any of them.',
	stuffKindEmpty: 'Nothing of this kind',
	somethingElse: 'I need help with something else',
	found: '{n, plural, =0 {Nothing found} one {# result} other {# results}}',
	foundNothing: 'Nothing found for “{q}”',
	foundNothingText: 'Try other words, or tell us directly what you need.',
	articles: 'Help pages',
	contactUs: 'Contact us',
	caseNumber: 'Case {number}',
	waitingInLine: 'You are in line',
	withAgent: '{name} is here for you',
	goOn: 'Go on',
	dueOn: 'by {date}',
	expires: 'until {date}',

	helpWith: 'Help with {title}',
	helpTitle: 'Help',
	topicsQuestion: 'What is it about?',
	topicsMore: 'Which of these fits best?',
	articlesTitle: 'This often helps',
	articlesNone: 'There is no help page on this yet. Contact us: we are glad to help.',
	helpedQuestion: 'Did this help?',
	yes: 'Yes',
	no: 'No',
	helpedYes: 'Good to hear. Thank you for telling us.',
	helpedNo: 'Sorry that it did not. Contact us: we will see what you have read.',
	openOwnPage: 'Open as a page of its own',

	contactText: 'We see what this is about, so you need not explain it again.',
	contactAboutCase: 'About case {number}. We see everything so far.',
	firstMessage: 'Your message (you may leave this empty)',
	firstMessageHint: 'You can go on writing while you wait.',
	startChat: 'Start chat',
	wait: 'Wait: {wait}.',
	notOffered: 'Not offered',
	otherWays: 'Other ways',
	offersFailed: 'We cannot tell the waiting times right now.',

	chatTitle: 'Conversation',
	youAreNext: 'You are next',
	yourPlace: 'You are number {n} in line',
	findingSomeone: 'We are finding someone for you',
	agentsHere: '{n, plural, =0 {Nobody is here right now. We answer as soon as someone is back.} one {# person is answering.} other {# people are answering.}}',
	mayWrite: 'You can write already: it will be read first.',
	mayLeave: 'You can leave this page and come back. You keep your place.',
	cancel: 'Cancel and leave the line',
	message: 'Write a message',
	send: 'Send',
	attach: 'Attach a file',
	tooBig: '{name} is larger than 10 MB. Send a smaller file.',
	tooLong: 'Your message is {n, plural, one {# character} other {# characters}} too long. Shorten it, or send it in two parts.',
	end: 'End',
	endTitle: 'End this conversation?',
	endText: 'You find everything in your case, and can contact us again from there at any time.',
	endYes: 'End conversation',
	endNo: 'Go on talking',
	cancelTitle: 'Leave the line?',
	cancelText: 'You lose your place. What you wrote stays in your case.',
	cancelYes: 'Leave the line',
	cancelNo: 'Keep waiting',
	ended: 'This conversation has ended',
	toCase: 'See your case',
	newMessages: 'New messages',
	saidBy: '{name}: {text}',
	sentFile: 'sent the file {name}',
	chatMissing: 'We cannot find this conversation',
	chatMissingText: 'It may belong to another account, or the address is wrong.',
	noMessages: 'Say hello, or describe what happened.',

	caseTitle: 'Your case',
	caseMissing: 'We cannot find this case',
	stepReceived: 'Received',
	stepWorking: 'Being worked on',
	stepSolved: 'Solved',
	progress: 'Progress',
	summary: 'Summary',
	nextStep: 'What happens next',
	promised: 'By {date}',
	contacts: 'Contacts',
	contactWith: 'with {name}',
	contactNobody: 'Nobody answered',
	showTranscript: 'Show what was said',
	hideTranscript: 'Hide what was said',
	transcriptEmpty: 'Nothing was written.',
	files: 'Files',
	contactAbout: 'Contact us about this',
	openedOn: 'Opened {date}',
	about: 'About {title}',
	stillRunning: 'A conversation is running',

	feedbackTitle: 'How was it?',
	feedbackIntro: 'Two questions. You can change your answers at any time.',
	feedbackOutcome: 'Did we solve it?',
	feedbackFeeling: 'How did it feel?',
	feedbackComment: 'Anything else? (you may leave this empty)',
	feedbackFollowUp: 'I would like you to get back to me',
	feedbackMissing: 'Choose an answer.',
	feedbackSend: 'Send',
	feedbackChange: 'Change my answer',
	feedbackSent: 'Thank you. Your answer is stored.',
	feedbackHistory: '{n, plural, one {# earlier answer} other {# earlier answers}}',
	feedbackOn: 'Answered {date}',

	articleMissing: 'We cannot find this help page',
	updated: 'Updated {date}',
	notFound: 'There is no such page',
	notFoundText: 'The address may be wrong or old.',
	toHome: 'Go to the start',
});

/** "Wait: about 3 minutes", or that it is not known. */
export function waitLine(seconds: number | null | undefined): string {
	return seconds === null || seconds === undefined ? `${waitWords(seconds)}.` : t('wait', { wait: waitWords(seconds) });
}

export const outcomeFaces = ['Not at all', 'Hardly', 'Partly', 'Mostly', 'Fully'] as const;
export const feelingFaces = ['Very bad', 'Bad', 'OK', 'Good', 'Very good'] as const;

const kinds: Record<string, [string, string]> = {
	order: ['Order', 'Orders'],
	purchase: ['Purchase', 'Purchases'],
	quote: ['Quote', 'Quotes'],
	enquiry: ['Enquiry', 'Enquiries'],
	contract: ['Contract', 'Contracts'],
	invoice: ['Invoice', 'Invoices'],
	device: ['Device', 'Devices'],
	appointment: ['Appointment', 'Appointments'],
	marketing: ['Message from us', 'Messages from us'],
	message: ['Message from us', 'Messages from us'],
	case: ['Case', 'Cases'],
	interaction: ['Conversation', 'Conversations'],
};
export function kindWords(kind: string, many = false): string {
	return kinds[kind]?.[many ? 1 : 0] ?? humanize(kind);
}

/** A thing's state in the customer's words: of what we sent, not what our mailing machine counts. */
export function itemState(kind: string, state: string): string {
	if (kind !== 'marketing' && kind !== 'message') return humanize(state);
	const said: Record<string, string> = { clicked: 'Read', opened: 'Read', delivered: 'Sent', bounced: 'Not delivered', unsubscribed: 'Cancelled' };
	return said[state] ?? humanize(state);
}

/** A thing's state as a word and a tone; unknown ones are shown as they come. */
export function itemTone(state: string): 'neutral' | 'info' | 'good' | 'warn' | 'bad' {
	if (/^(delivered|done|paid|complete|completed|active|solved|resolved|accepted|installed)$/.test(state)) return 'good';
	if (/^(overdue|failed|rejected|fault)$/.test(state)) return 'bad';
	if (/(expir|waiting|due|delayed|unpaid|open_offer)/.test(state)) return 'warn';
	if (/^(closed|clicked|unsubscribed|cancelled|ended|expired|archived|sent|read|opened)$/.test(state)) return 'neutral';
	return 'info';
}
