// Server frames and our own wishes -> what a screen shows. Pure: no clock, no DOM, no network; the caller brings the time.
//
// A conversation is the SET of its events plus what we sent ourselves. What is shown is folded from that set in the
// order of seq, so frames may come twice, late or in any order and the result is the same.
import type { Actor, Board, CaseRow, Context, Desk, InteractionRow, OpenNow, ServerFrame, StreamEvent } from './types';

export const TYPING_MS = 5000;

export type MessageStatus = 'sending' | 'stored' | 'read' | 'failed';
export interface MessageFile {
	id: string;
	name: string;
	mime: string;
	size: number;
}
export interface MessageEntry {
	type: 'message';
	key: string;
	seq: number;
	at: string;
	mine: boolean;
	actor: Actor;
	text: string;
	file: MessageFile | null;
	leg: string;
	status: MessageStatus;
	/** The command's id, while it is ours and not seen in the log. */
	clientId: string | null;
	error: string | null;
}
export interface NoteEntry {
	type: 'note';
	key: string;
	seq: number;
	at: string;
	mine: boolean;
	actor: Actor;
	text: string;
}
export interface SystemEntry {
	type: 'system';
	key: string;
	seq: number;
	at: string;
	kind: string;
	actor: Actor;
	facts: Record<string, unknown>;
}
export type Entry = MessageEntry | NoteEntry | SystemEntry;

export interface PendingMessage {
	id: string;
	text: string;
	file: MessageFile | null;
	at: string;
	/** Newest seq known when it was written: only a later event can be this message. */
	after: number;
	seq: number | null;
	storedAt: string | null;
	error: string | null;
}
export interface Typing {
	actor: Actor;
	until: number;
}
export type ConversationPhase = 'unknown' | 'queued' | 'active' | 'ended' | 'closed';

export interface ConversationState {
	interaction: string;
	me: Actor;
	events: readonly StreamEvent[];
	/** Ours until acknowledged AND seen in the log. */
	pending: readonly PendingMessage[];
	/** The events that were ours and are done with: no other message of ours may be taken for them. */
	settled: readonly number[];
	/** The newest seq the server told of, seen or not. */
	head: number;
	/** All events up to `head` at the time of watching have come: what is shown is complete. */
	caughtUp: boolean;
	// Folded:
	entries: readonly Entry[];
	phase: ConversationPhase;
	agent: { id: string; name: string } | null;
	endedReason: string;
	readPerson: number;
	readAgent: number;
	lastMessageSeq: number;
	unread: number;
	// Passing:
	typing: readonly Typing[];
	position: number | null;
	waitS: number | null;
	agents: number | null;
}

export type ConversationInput =
	| { type: 'frame'; frame: ServerFrame; now: number }
	| { type: 'context'; context: Context }
	| { type: 'events'; events: readonly StreamEvent[] }
	| { type: 'send'; id: string; text: string; file?: MessageFile | null; at: string; after?: number }
	| { type: 'sent'; id: string; seq: number; at: string }
	| { type: 'failed'; id: string; error: string }
	| { type: 'retry'; id: string }
	| { type: 'discard'; id: string }
	| { type: 'tick'; now: number };

export function newConversation(interaction: string, me: Actor): ConversationState {
	return {
		interaction,
		me,
		events: [],
		pending: [],
		settled: [],
		head: 0,
		caughtUp: false,
		entries: [],
		phase: 'unknown',
		agent: null,
		endedReason: '',
		readPerson: 0,
		readAgent: 0,
		lastMessageSeq: 0,
		unread: 0,
		typing: [],
		position: null,
		waitS: null,
		agents: null,
	};
}

export function reduceConversation(state: ConversationState, input: ConversationInput): ConversationState {
	switch (input.type) {
		case 'frame':
			return onFrame(state, input.frame, input.now);
		case 'context':
			return onContext(state, input.context);
		case 'events':
			return addEvents(state, input.events);
		case 'send':
			return onSend(state, input);
		case 'sent':
			return changePending(state, input.id, (pending) => ({ ...pending, seq: input.seq, storedAt: input.at, error: null }));
		case 'failed':
			return changePending(state, input.id, (pending) => (pending.seq === null ? { ...pending, error: input.error } : pending));
		case 'retry':
			return changePending(state, input.id, (pending) => ({ ...pending, error: null }));
		case 'discard':
			return fold({ ...state, pending: state.pending.filter((pending) => pending.id !== input.id) });
		case 'tick':
			return expireTyping(state, input.now);
	}
}

function onFrame(state: ConversationState, frame: ServerFrame, now: number): ConversationState {
	if (!('topic' in frame) || frame.topic !== `interaction:${state.interaction}`) return state;
	switch (frame.type) {
		case 'event':
			return addEvents(state, [frame.event]);
		case 'watching': {
			const head = Math.max(state.head, frame.head ?? 0);
			// A customer does not see every event, so the last one seen may stay below head.
			return { ...state, head, caughtUp: state.caughtUp || (frame.head ?? 0) === 0 || lastSeq(state) >= (frame.head ?? 0) };
		}
		case 'typing':
			return onTyping(state, frame.actor, now);
		case 'position':
			return state.phase === 'queued' || state.phase === 'unknown' ? { ...state, position: frame.position, waitS: frame.wait_s ?? null, agents: frame.agents ?? null } : state;
		default:
			return state;
	}
}

function onContext(state: ConversationState, context: Context): ConversationState {
	const row = context.interaction;
	return fold({ ...state, head: Math.max(state.head, row.seq), position: context.position ?? state.position, waitS: context.wait_s ?? state.waitS, agents: context.agents ?? state.agents });
}

function onSend(state: ConversationState, input: { id: string; text: string; file?: MessageFile | null; at: string; after?: number }): ConversationState {
	if (state.pending.some((pending) => pending.id === input.id)) return state;
	const pending: PendingMessage = { id: input.id, text: input.text, file: input.file ?? null, at: input.at, after: input.after ?? lastSeq(state), seq: null, storedAt: null, error: null };
	return fold({ ...state, pending: [...state.pending, pending] });
}

function changePending(state: ConversationState, id: string, change: (pending: PendingMessage) => PendingMessage): ConversationState {
	if (!state.pending.some((pending) => pending.id === id)) return state;
	return fold({ ...state, pending: state.pending.map((pending) => (pending.id === id ? change(pending) : pending)) });
}

function sameActor(a: Actor, b: Actor): boolean {
	return a.role === b.role && (a.id ?? '') === (b.id ?? '');
}

function onTyping(state: ConversationState, actor: Actor, now: number): ConversationState {
	if (sameActor(actor, state.me) || state.phase === 'ended' || state.phase === 'closed') return state;
	return { ...state, typing: [...state.typing.filter((typing) => !sameActor(typing.actor, actor)), { actor, until: now + TYPING_MS }] };
}

function expireTyping(state: ConversationState, now: number): ConversationState {
	const typing = state.typing.filter((one) => one.until > now);
	return typing.length === state.typing.length ? state : { ...state, typing };
}

function lastSeq(state: ConversationState): number {
	return state.events.at(-1)?.seq ?? 0;
}

function addEvents(state: ConversationState, added: readonly StreamEvent[]): ConversationState {
	const known = new Set(state.events.map((event) => event.seq));
	const fresh = added.filter((event) => !known.has(event.seq) && known.add(event.seq));
	if (fresh.length === 0) return state;
	const last = lastSeq(state);
	const events = [...state.events, ...fresh];
	if (fresh.some((event) => event.seq < last) || fresh.length > 1) events.sort((a, b) => a.seq - b.seq);
	// Who has sent is not typing any more.
	const typing = state.typing.filter((one) => !fresh.some((event) => event.kind === 'message_sent' && sameActor(event.actor, one.actor)));
	const newest = events.at(-1)?.seq ?? 0;
	return fold({ ...state, events, typing, head: Math.max(state.head, newest), caughtUp: state.caughtUp || newest >= state.head });
}

// ---- the fold ----

interface Folding {
	entries: Entry[];
	phase: ConversationPhase;
	agent: ConversationState['agent'];
	endedReason: string;
	readPerson: number;
	readAgent: number;
	lastMessageSeq: number;
	firstText: { text: string; at: string } | null;
}

function text(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
function int(value: unknown): number {
	return typeof value === 'number' ? value : 0;
}
function fileOf(facts: Record<string, unknown>): MessageFile | null {
	const id = text(facts.file);
	return id ? { id, name: text(facts.name), mime: text(facts.mime), size: int(facts.size) } : null;
}

function messageEntry(event: StreamEvent): MessageEntry {
	return {
		type: 'message',
		key: `e${event.seq}`,
		seq: event.seq,
		at: event.at,
		mine: event.mine,
		actor: event.actor,
		text: text(event.facts.text),
		file: event.kind === 'message_sent' ? fileOf(event.facts) : null,
		leg: text(event.facts.leg) || 'chat',
		status: 'stored',
		clientId: null,
		error: null,
	};
}

function addSystem(to: Folding, event: StreamEvent): void {
	to.entries.push({ type: 'system', key: `e${event.seq}`, seq: event.seq, at: event.at, kind: event.kind, actor: event.actor, facts: event.facts });
}

const folders: Record<string, (to: Folding, event: StreamEvent) => void> = {
	interaction_started(to, event) {
		addSystem(to, event);
		to.phase = 'queued';
		if (text(event.facts.text)) {
			const entry = { ...messageEntry(event), key: `e${event.seq}m` };
			to.entries.push(entry);
			to.lastMessageSeq = event.seq;
			to.firstText = { text: entry.text, at: event.at };
		}
	},
	queued(to, event) {
		if (text(event.facts.reason) !== 'start') addSystem(to, event);
		to.phase = 'queued';
		to.agent = null;
	},
	offer_accepted(to, event) {
		addSystem(to, event);
		to.phase = 'active';
		to.agent = { id: text(event.facts.agent) || (event.actor.id ?? ''), name: text(event.facts.name) || event.actor.name };
	},
	message_sent(to, event) {
		const first = to.firstText;
		to.firstText = null;
		// The first words may be told twice: by the start and as a message of their own.
		if (first && event.actor.role === 'customer' && first.text === text(event.facts.text) && !event.facts.file && first.at === event.at) return;
		to.entries.push(messageEntry(event));
		to.lastMessageSeq = event.seq;
	},
	note_added(to, event) {
		to.entries.push({ type: 'note', key: `e${event.seq}`, seq: event.seq, at: event.at, mine: event.mine, actor: event.actor, text: text(event.facts.text) });
	},
	read_marked(to, event) {
		const seq = int(event.facts.read_seq);
		if (event.actor.role === 'customer') to.readPerson = Math.max(to.readPerson, seq);
		else to.readAgent = Math.max(to.readAgent, seq);
	},
	ended(to, event) {
		addSystem(to, event);
		if (to.phase !== 'closed') to.phase = 'ended';
		to.endedReason = text(event.facts.reason);
	},
	wrapped_up(to, event) {
		addSystem(to, event);
		to.phase = 'closed';
	},
};

interface Settled {
	pending: readonly PendingMessage[];
	settled: readonly number[];
	shown: readonly PendingMessage[];
}

/**
 * Which of our messages the log shows already. By the acknowledged seq: then it is done with. Not acknowledged yet: by the
 * same words in an event of ours that is no other's, which is a guess, so it is only hidden until the acknowledgement tells.
 */
function settle(state: ConversationState): Settled {
	if (state.pending.length === 0) return { pending: state.pending, settled: state.settled, shown: state.pending };
	const known = new Set(state.events.map((event) => event.seq));
	const done = state.pending.flatMap((pending) => (pending.seq !== null && known.has(pending.seq) ? [pending.seq] : []));
	const settled = done.length ? [...state.settled, ...done] : state.settled;
	const pending = done.length ? state.pending.filter((one) => one.seq === null || !known.has(one.seq)) : state.pending;
	const taken = new Set(settled);
	const shown = pending.filter((one) => {
		if (one.seq !== null) return true;
		const match = state.events.find((event) => event.seq > one.after && !taken.has(event.seq) && isThisMessage(event, one));
		if (match) taken.add(match.seq);
		return !match;
	});
	return { pending, settled, shown };
}

function isThisMessage(event: StreamEvent, pending: PendingMessage): boolean {
	return event.mine && event.kind === 'message_sent' && text(event.facts.text) === pending.text && text(event.facts.file) === (pending.file?.id ?? '');
}

function pendingEntry(state: ConversationState, pending: PendingMessage): MessageEntry {
	return {
		type: 'message',
		key: `p${pending.id}`,
		seq: pending.seq ?? 0,
		at: pending.storedAt ?? pending.at,
		mine: true,
		actor: state.me,
		text: pending.text,
		file: pending.file,
		leg: 'chat',
		status: pending.error !== null ? 'failed' : pending.seq !== null ? 'stored' : 'sending',
		clientId: pending.id,
		error: pending.error,
	};
}

function fold(state: ConversationState): ConversationState {
	const to: Folding = { entries: [], phase: 'unknown', agent: null, endedReason: '', readPerson: 0, readAgent: 0, lastMessageSeq: 0, firstText: null };
	for (const event of state.events) (folders[event.kind] ?? addSystem)(to, event);
	const customer = state.me.role === 'customer';
	const readByThem = customer ? to.readAgent : to.readPerson;
	const readByMe = customer ? to.readPerson : to.readAgent;
	let unread = 0;
	const { pending, settled, shown } = settle(state);
	const entries = [...to.entries, ...shown.map((one) => pendingEntry(state, one))];
	for (const [index, entry] of entries.entries()) {
		if (entry.type !== 'message') continue;
		if (entry.mine && entry.status === 'stored' && entry.seq > 0 && entry.seq <= readByThem) entries[index] = { ...entry, status: 'read' };
		if (!entry.mine && entry.seq > readByMe) unread++;
	}
	const waiting = to.phase === 'queued' || to.phase === 'unknown';
	return {
		...state,
		entries,
		pending,
		settled,
		phase: to.phase,
		agent: to.agent,
		endedReason: to.endedReason,
		readPerson: to.readPerson,
		readAgent: to.readAgent,
		lastMessageSeq: to.lastMessageSeq,
		unread,
		position: waiting ? state.position : null,
		waitS: waiting ? state.waitS : null,
		agents: waiting ? state.agents : null,
		typing: to.phase === 'ended' || to.phase === 'closed' ? [] : state.typing,
	};
}

// ---- the agent's work list ----

export interface DeskState {
	ready: boolean;
	agent: string;
	presence: Desk['presence'];
	presenceReason: string;
	capacity: number;
	work: readonly InteractionRow[];
}

export function newDesk(agent: string): DeskState {
	return { ready: false, agent, presence: 'offline', presenceReason: '', capacity: 0, work: [] };
}

const AT_DESK = new Set(['offered', 'active', 'wrapup']);
const RANK: Record<string, number> = { offered: 0, active: 1, wrapup: 2 };

function sortWork(rows: InteractionRow[]): InteractionRow[] {
	return rows.sort((a, b) => (RANK[a.state] ?? 9) - (RANK[b.state] ?? 9) || (a.since_at ?? '').localeCompare(b.since_at ?? '') || a.id.localeCompare(b.id));
}

export function reduceDesk(state: DeskState, frame: ServerFrame): DeskState {
	if (frame.type === 'snapshot' && frame.desk) {
		const { presence, presence_reason, capacity, work } = frame.desk;
		return { ...state, ready: true, presence, presenceReason: presence_reason ?? '', capacity, work: sortWork([...work]) };
	}
	if (frame.type !== 'change' || frame.topic !== 'desk') return state;
	let next = state;
	if (frame.presence) next = { ...next, presence: frame.presence, presenceReason: frame.presence_reason ?? '' };
	const row = frame.interaction;
	if (row) {
		const before = next.work.find((one) => one.id === row.id);
		// An older row than ours is a change that was overtaken.
		if (before && before.seq > row.seq) return next;
		const others = next.work.filter((one) => one.id !== row.id);
		const here = AT_DESK.has(row.state) && (row.agent ?? '') === state.agent;
		next = { ...next, work: sortWork(here ? [...others, row] : others) };
	}
	return next;
}

// ---- the customer's "Open now" ----

export interface MeState {
	ready: boolean;
	interactions: readonly InteractionRow[];
	cases: readonly CaseRow[];
}

export function newMe(): MeState {
	return { ready: false, interactions: [], cases: [] };
}

const RUNNING = new Set(['new', 'queued', 'offered', 'active']);
const OPEN_CASE = new Set(['open', 'waiting_customer', 'waiting_company']);

export function reduceMe(state: MeState, frame: ServerFrame): MeState {
	if (frame.type === 'snapshot' && frame.me) return fromOpenNow(frame.me);
	if (frame.type !== 'change' || frame.topic !== 'me') return state;
	let { interactions, cases } = state;
	const row = frame.interaction;
	if (row && !interactions.some((one) => one.id === row.id && one.seq > row.seq)) {
		const others = interactions.filter((one) => one.id !== row.id);
		interactions = RUNNING.has(row.state) ? [row, ...others] : others;
	}
	const changed = frame.case;
	if (changed && !cases.some((one) => one.id === changed.id && one.updated_at > changed.updated_at)) {
		const others = cases.filter((one) => one.id !== changed.id);
		cases = OPEN_CASE.has(changed.status) ? [changed, ...others] : others;
	}
	return { ...state, interactions, cases };
}

export function fromOpenNow(open: OpenNow): MeState {
	return { ready: true, interactions: open.interactions, cases: open.cases };
}

export function reduceBoard(state: Board | null, frame: ServerFrame): Board | null {
	return frame.type === 'snapshot' && frame.board ? frame.board : state;
}
