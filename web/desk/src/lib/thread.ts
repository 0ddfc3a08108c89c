// A conversation as the agent reads it, made of shared/reducer's entries: days, drawn-together messages, words for
// what Segue did, and notes still on their way. Pure.
import type { ConversationState, MessageEntry, NoteEntry, SystemEntry } from '$shared/reducer';

/** A note on its way: kept until the server has it or refused it, also over a reload. */
export interface PendingNote {
	id: string;
	interaction: string;
	text: string;
	at: string;
	/** Why it was refused; null while it is on its way. */
	error: string | null;
	/** Its place once the server has it; null until then. */
	seq: number | null;
}

export interface Names {
	queue(id: string): string;
	agent(id: string): string;
	person: string;
}

export type Shown =
	| { type: 'day'; key: string; at: string }
	| { type: 'message'; key: string; entry: MessageEntry; theirs: boolean; first: boolean }
	| { type: 'note'; key: string; entry: NoteEntry; out: PendingNote | null }
	| { type: 'line'; key: string; at: string; text: string; detail: string; internal: boolean };

export function isTheirs(entry: MessageEntry): boolean {
	return entry.actor.role === 'customer';
}

function messages(state: ConversationState): MessageEntry[] {
	return state.entries.filter((entry) => entry.type === 'message');
}

/** Messages of the person nobody of us has read yet. */
export function unreadCount(state: ConversationState): number {
	return messages(state).filter((entry) => isTheirs(entry) && entry.seq > state.readAgent).length;
}

/** Since when the person waits for our answer (ms), or null: the last word was ours. */
export function waitingSince(state: ConversationState): number | null {
	let since: number | null = null;
	for (const entry of messages(state)) {
		if (isTheirs(entry)) since ??= Date.parse(entry.at);
		else if (entry.status !== 'failed') since = null;
	}
	return since;
}

/** The last words (or the name of the last file); empty when nothing was said yet. */
export function lastWords(state: ConversationState): string {
	const last = messages(state).at(-1);
	return last ? last.text || (last.file?.name ?? '') : '';
}

/** The newest words of the person: what a read mark goes up to. */
export function newestFromPerson(state: ConversationState): number {
	return messages(state).findLast(isTheirs)?.seq ?? 0;
}

const ENDED: Record<string, string> = {
	customer_left: 'The customer left',
	agent_ended: 'We ended the conversation',
	abandoned: 'The customer left before anybody answered',
	idle: 'Ended because nobody wrote for a while',
	agent_gone: 'Ended because the agent’s connection was gone',
	requested: 'Ended on request',
};
const OFFER_ENDED: Record<string, string> = {
	rejected: 'passed on the offer',
	expired: 'did not answer the offer in time',
	withdrawn: 'went away before answering the offer',
	agent_gone: 'lost the connection before answering the offer',
};
const LEGS: Record<string, string> = { chat: 'Chat', voice: 'Call', video: 'Video', email: 'E-mail', sms: 'SMS', cobrowse: 'Shared page', document: 'Document' };

function fact(entry: SystemEntry, name: string): string {
	const value = entry.facts[name];
	return typeof value === 'string' ? value : '';
}

function queuedText(entry: SystemEntry, names: Names): string {
	const agent = fact(entry, 'agent');
	const place = (agent ? names.agent(agent) : names.queue(fact(entry, 'queue'))) || 'an agent';
	const reason = fact(entry, 'reason');
	if (reason === 'transfer') return `Handed over, waits for ${place}`;
	return reason === '' || reason === 'start' ? `Waits for ${place}` : `Waits for ${place} again`;
}

const BY: Record<string, string> = { web: ' on the web', chat: ' by chat', app: ' in the app', email: ' by e-mail', sms: ' by SMS', phone: ' by phone', video: ' by video', social: ' on social media', community: ' in the community', branch: ' in a branch' };

function byChannel(channel: string): string {
	return BY[channel] ?? '';
}

type Line = { text: string; detail: string };
const lines: Record<string, (entry: SystemEntry, names: Names) => Line | null> = {
	interaction_started: (entry, names) => ({ text: `${entry.actor.name || names.person} made contact${byChannel(fact(entry, 'channel'))}`, detail: '' }),
	queued: (entry, names) => ({ text: queuedText(entry, names), detail: '' }),
	// Ringing is told by what came of it.
	offered: () => null,
	offer_accepted: (entry) => ({ text: `${fact(entry, 'name') || entry.actor.name || 'An agent'} joined`, detail: '' }),
	offer_ended: (entry, names) => ({ text: `${names.agent(fact(entry, 'agent')) || 'An agent'} ${OFFER_ENDED[fact(entry, 'reason')] ?? 'did not take the offer'}`, detail: '' }),
	leg_joined: (entry) => ({ text: `${LEGS[fact(entry, 'leg')] ?? 'A channel'} joined`, detail: '' }),
	leg_left: (entry) => ({ text: `${LEGS[fact(entry, 'leg')] ?? 'A channel'} left`, detail: '' }),
	transferred: (entry, names) => ({
		text: `${entry.actor.name || 'An agent'} handed over to ${names.agent(fact(entry, 'agent')) || names.queue(fact(entry, 'queue')) || 'a colleague'}`,
		detail: fact(entry, 'text'),
	}),
	ended: (entry) => ({ text: ENDED[fact(entry, 'reason')] ?? 'The conversation ended', detail: '' }),
	wrapped_up: (entry) => ({ text: `${entry.actor.name || 'The agent'} wrapped up`, detail: fact(entry, 'summary') }),
};

const JOIN_MS = 3 * 60_000;

function localDay(at: string): string {
	const date = new Date(at);
	return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

function atOf(shown: Shown): string {
	return 'entry' in shown ? shown.entry.at : shown.at;
}

function joins(before: Shown | undefined, entry: MessageEntry): boolean {
	if (before?.type !== 'message') return false;
	const other = before.entry;
	return other.actor.role === entry.actor.role && other.actor.id === entry.actor.id && Date.parse(entry.at) - Date.parse(other.at) < JOIN_MS;
}

/** shared/reducer leaves the first "queued" out (a customer need not read it); an agent wants the queue's name. */
function firstQueue(state: ConversationState, names: Names): string {
	const queued = state.events.find((event) => event.kind === 'queued');
	const id = queued?.facts['queue'];
	return typeof id === 'string' ? names.queue(id) : '';
}

/** Everything to draw, oldest first; what is on its way stands last. */
export function shownOf(state: ConversationState, notes: readonly PendingNote[], names: Names, dayOf: (at: string) => string = localDay): Shown[] {
	const out: Shown[] = [];
	let day = '';
	const add = (shown: Shown): void => {
		const today = dayOf(atOf(shown));
		if (today !== day) out.push({ type: 'day', key: `d${today}-${out.length}`, at: atOf(shown) });
		day = today;
		out.push(shown);
	};
	for (const entry of state.entries) {
		if (entry.type === 'message') add({ type: 'message', key: entry.key, entry, theirs: isTheirs(entry), first: !joins(out.at(-1), entry) });
		else if (entry.type === 'note') add({ type: 'note', key: entry.key, entry, out: null });
		else {
			const line = lines[entry.kind]?.(entry, names);
			if (!line) continue;
			const queue = entry.kind === 'interaction_started' ? firstQueue(state, names) : '';
			add({ type: 'line', key: entry.key, at: entry.at, text: queue ? `${line.text}, queued for ${queue}` : line.text, detail: line.detail, internal: entry.kind === 'transferred' });
		}
	}
	const newest = state.events.at(-1)?.seq ?? 0;
	for (const note of notes.filter((one) => one.seq === null || one.seq > newest)) add({ type: 'note', key: `p${note.id}`, entry: { type: 'note', key: `p${note.id}`, seq: 0, at: note.at, mine: true, actor: state.me, text: note.text }, out: note });
	return out;
}
