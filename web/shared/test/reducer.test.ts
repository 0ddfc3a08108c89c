import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPING_MS, newConversation, newDesk, newMe, reduceConversation, reduceDesk, reduceMe } from '../src/reducer';
import type { ConversationInput, ConversationState, MessageEntry } from '../src/reducer';
import type { Actor, InteractionRow, ServerFrame, StreamEvent } from '../src/types';
import { Random } from './random';

const ID = 'i1';
const TOPIC = `interaction:${ID}`;
const anna: Actor = { role: 'customer', id: 'c1', name: 'Anna' };
const sam: Actor = { role: 'agent', id: 'a1', name: 'Sam' };
const at = (seq: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, seq)).toISOString();

function event(seq: number, kind: string, actor: Actor, facts: Record<string, unknown> = {}, me = anna): StreamEvent {
	return { stream: 'interaction', id: `e${seq}`, seq, kind, at: at(seq), actor, facts, mine: actor.id === me.id };
}
function frame(one: StreamEvent): ConversationInput {
	return { type: 'frame', frame: { type: 'event', topic: TOPIC, event: one }, now: 0 };
}
function run(inputs: readonly ConversationInput[], state = newConversation(ID, anna)): ConversationState {
	return inputs.reduce(reduceConversation, state);
}
function messages(state: ConversationState): MessageEntry[] {
	return state.entries.filter((entry): entry is MessageEntry => entry.type === 'message');
}
/** What a person sees when all has settled; keys of Svelte and passing things left out. */
function seen(state: ConversationState) {
	const { entries, phase, agent, endedReason, readPerson, readAgent, lastMessageSeq, unread, head, events, pending } = state;
	return { entries, phase, agent, endedReason, readPerson, readAgent, lastMessageSeq, unread, head, events, pending };
}

test('the first words of the start are a message, and not shown twice when they are stored as one too', () => {
	const start = event(1, 'interaction_started', anna, { text: 'No heat' });
	assert.deepEqual(messages(run([frame(start)])).map((one) => one.text), ['No heat']);
	const same = { ...event(2, 'message_sent', anna, { text: 'No heat' }), at: start.at };
	assert.equal(messages(run([frame(start), frame(same)])).length, 1);
	assert.equal(messages(run([frame(start), frame(event(2, 'message_sent', anna, { text: 'No heat' }))])).length, 2, 'said again later it counts');
});

test('a message goes from sending to stored to read', () => {
	let state = run([frame(event(1, 'interaction_started', anna)), { type: 'send', id: 'm1', text: 'Hello', at: at(2) }]);
	assert.deepEqual(messages(state).map((one) => one.status), ['sending']);
	state = run([{ type: 'sent', id: 'm1', seq: 2, at: at(2) }], state);
	assert.deepEqual(messages(state).map((one) => one.status), ['stored']);
	state = run([frame(event(2, 'message_sent', anna, { text: 'Hello' }))], state);
	assert.equal(messages(state).length, 1);
	assert.equal(state.pending.length, 0);
	state = run([frame(event(3, 'read_marked', sam, { read_seq: 2 }))], state);
	assert.deepEqual(messages(state).map((one) => one.status), ['read']);
});

test('the event may come before the acknowledgement without showing the message twice', () => {
	const state = run([frame(event(1, 'interaction_started', anna)), { type: 'send', id: 'm1', text: 'Hello', at: at(2) }, frame(event(2, 'message_sent', anna, { text: 'Hello' }))]);
	assert.equal(messages(state).length, 1);
	assert.equal(messages(run([{ type: 'sent', id: 'm1', seq: 2, at: at(2) }], state)).length, 1);
});

test('the same words sent twice are two messages', () => {
	const inputs: ConversationInput[] = [
		{ type: 'send', id: 'm1', text: 'Hello?', at: at(1) },
		{ type: 'send', id: 'm2', text: 'Hello?', at: at(2) },
	];
	const state = run(inputs);
	const first = run([{ type: 'sent', id: 'm1', seq: 5, at: at(5) }, frame(event(5, 'message_sent', anna, { text: 'Hello?' })), frame(event(6, 'read_marked', sam, { read_seq: 5 }))], state);
	assert.deepEqual(messages(first).map((one) => one.status), ['read', 'sending'], 'the second is not taken for the first');
	assert.equal(messages(run([frame(event(5, 'message_sent', anna, { text: 'Hello?' }))], state)).length, 2);
	const both = run([frame(event(5, 'message_sent', anna, { text: 'Hello?' })), frame(event(6, 'message_sent', anna, { text: 'Hello?' }))], state);
	assert.deepEqual(messages(both).map((one) => [one.seq, one.status]), [[5, 'stored'], [6, 'stored']]);
});

test('a refused message says why, and may be sent again or removed', () => {
	const failed = run([
		{ type: 'send', id: 'm1', text: 'x', at: at(1) },
		{ type: 'failed', id: 'm1', error: 'It has ended.' },
	]);
	assert.deepEqual(messages(failed).map((one) => [one.status, one.error]), [['failed', 'It has ended.']]);
	assert.equal(messages(run([{ type: 'retry', id: 'm1' }], failed))[0]?.status, 'sending');
	assert.equal(messages(run([{ type: 'discard', id: 'm1' }], failed)).length, 0);
});

test('typing ends by time and with the message it announced', () => {
	const typing: ConversationInput = { type: 'frame', frame: { type: 'typing', topic: TOPIC, actor: sam }, now: 1000 };
	const open = run([frame(event(1, 'interaction_started', anna)), frame(event(2, 'offer_accepted', sam, { name: 'Sam' })), typing]);
	assert.equal(open.typing.length, 1);
	assert.equal(run([{ type: 'tick', now: 1000 + TYPING_MS - 1 }], open).typing.length, 1);
	assert.equal(run([{ type: 'tick', now: 1000 + TYPING_MS }], open).typing.length, 0);
	assert.equal(run([frame(event(3, 'message_sent', sam, { text: 'Hi' }))], open).typing.length, 0);
	const mine: ConversationInput = { type: 'frame', frame: { type: 'typing', topic: TOPIC, actor: anna }, now: 1000 };
	assert.equal(run([mine], open).typing.length, 1, 'our own typing on another device is not shown to us');
});

test('the place in line is told while waiting only', () => {
	const position: ConversationInput = { type: 'frame', frame: { type: 'position', topic: TOPIC, position: 3, wait_s: 120, agents: 4 }, now: 0 };
	const waiting = run([frame(event(1, 'interaction_started', anna)), position]);
	assert.deepEqual([waiting.position, waiting.waitS, waiting.agents], [3, 120, 4]);
	const taken = run([frame(event(2, 'offer_accepted', sam, { name: 'Sam' })), position], waiting);
	assert.equal(taken.position, null);
	assert.deepEqual(taken.agent, { id: 'a1', name: 'Sam' });
});

test('frames of other conversations change nothing', () => {
	const state = run([frame(event(1, 'interaction_started', anna))]);
	const other: ServerFrame = { type: 'event', topic: 'interaction:i2', event: event(2, 'message_sent', sam, { text: 'Not for us' }) };
	assert.equal(reduceConversation(state, { type: 'frame', frame: other, now: 0 }), state);
});

test('a customer is caught up at the last event they may see, though the stream is longer', () => {
	const state = run([frame(event(1, 'interaction_started', anna)), { type: 'frame', frame: { type: 'watching', topic: TOPIC, head: 1 }, now: 0 }]);
	assert.equal(state.caughtUp, true);
});

test('an agent sees notes as notes and their own side as read by the customer', () => {
	const state = [
		event(1, 'interaction_started', anna, { text: 'Help' }, sam),
		event(2, 'offer_accepted', sam, { name: 'Sam' }, sam),
		event(3, 'note_added', sam, { text: 'Was here before' }, sam),
		event(4, 'message_sent', sam, { text: 'Hello' }, sam),
		event(5, 'read_marked', anna, { read_seq: 4 }, sam),
	].map(frame).reduce(reduceConversation, newConversation(ID, sam));
	assert.equal(state.entries.filter((entry) => entry.type === 'note').length, 1);
	assert.deepEqual(messages(state).map((one) => [one.mine, one.status]), [[false, 'stored'], [true, 'read']]);
	assert.equal(state.unread, 1);
});

// The whole life of a conversation, as the log holds it, with our own commands and their acknowledgements.
function history(random: Random): { events: StreamEvent[]; local: ConversationInput[][] } {
	const events: StreamEvent[] = [event(1, 'interaction_started', anna, random.chance(0.5) ? { text: 'No heat' } : {}), event(2, 'queued', { role: '', id: null, name: '' }, { reason: 'start' })];
	const local: ConversationInput[][] = [];
	let seq = 3;
	const words = ['Hello', 'Yes', 'Yes', 'It hums', 'OK'];
	events.push(event(seq++, 'offer_accepted', sam, { agent: 'a1', name: 'Sam' }));
	for (let i = random.below(14); i > 0; i--) {
		if (random.chance(0.15)) seq++; // a note the customer does not see
		const kind = random.below(4);
		const text = words[random.below(words.length)] as string;
		if (kind === 0) events.push(event(seq, 'message_sent', sam, { leg: 'chat', text }));
		else if (kind === 1) events.push(event(seq, 'read_marked', random.chance(0.5) ? sam : anna, { read_seq: seq - 1 }));
		else {
			events.push(event(seq, 'message_sent', anna, { leg: 'chat', text }));
			local.push([
				{ type: 'send', id: `m${seq}`, text, at: at(seq) },
				{ type: 'sent', id: `m${seq}`, seq, at: at(seq) },
			]);
		}
		seq++;
	}
	if (random.chance(0.5)) events.push(event(seq++, 'ended', sam, { reason: 'agent_ended' }));
	if (events.at(-1)?.kind === 'ended' && random.chance(0.5)) events.push(event(seq++, 'wrapped_up', sam, { summary: 'Done' }));
	return { events, local };
}

/** One delivery: every event at least once, in any order, some again, whole replays; our own intents in their order. */
function delivery(random: Random, events: StreamEvent[], local: ConversationInput[][]): ConversationInput[] {
	const frames = random.shuffled([...events, ...events.filter(() => random.chance(0.3))]).map(frame);
	if (random.chance(0.4)) {
		const from = random.below(events.length);
		frames.splice(random.below(frames.length + 1), 0, ...events.slice(from).map(frame));
	}
	if (random.chance(0.4)) frames.splice(random.below(frames.length + 1), 0, { type: 'events', events: random.shuffled(events) });
	const mixed = [...frames];
	for (const [send, sent] of local) {
		if (!send || !sent) continue;
		const first = random.below(mixed.length + 1);
		mixed.splice(first, 0, send);
		mixed.splice(first + 1 + random.below(mixed.length - first), 0, sent);
		if (random.chance(0.3)) mixed.push(random.chance(0.5) ? send : sent); // told again after a reconnect
	}
	return mixed;
}

test('any order, repetition and replay of the same events ends in the same view', () => {
	for (let seed = 1; seed <= 2000; seed++) {
		const random = new Random(seed);
		const { events, local } = history(random);
		const straight = seen(run(events.map(frame)));
		const inputs = delivery(random, events, local);
		const state = run(inputs);
		// A repeated `send` after everything came is a ghost only until its `sent`, which every delivery holds too.
		const settled = run(local.flatMap(([, sent]) => (sent ? [sent] : [])), state);
		assert.deepEqual(seen(settled), straight, `seed ${seed}`);
		const keys = state.entries.map((entry) => entry.key);
		assert.equal(new Set(keys).size, keys.length, `seed ${seed}: every entry has a key of its own`);
	}
});

test('on the way there no message of ours is ever missing once it was sent', () => {
	for (let seed = 1; seed <= 500; seed++) {
		const random = new Random(seed);
		const { events, local } = history(random);
		const ids = new Set<string>();
		let sent = 0;
		let state = newConversation(ID, anna);
		for (const input of delivery(random, events, local)) {
			if (input.type === 'send') sent = ids.add(input.id).size;
			state = reduceConversation(state, input);
			const mine = messages(state).filter((one) => one.mine && one.text && one.seq !== 1).length;
			assert.ok(mine >= sent, `seed ${seed}: ${mine} of ${sent}`);
		}
	}
});

test('the reducer changes no state it was given', () => {
	const random = new Random(7);
	const { events, local } = history(random);
	let state = newConversation(ID, anna);
	for (const input of delivery(random, events, local)) {
		const before = structuredClone(state);
		const next = reduceConversation(state, input);
		assert.deepEqual(state, before);
		state = next;
	}
});

function row(id: string, state: string, seq: number, agent = 'a1', since = at(seq)): InteractionRow {
	return { id, seq, state, agent, since_at: since, case: `k${id}`, urgent: false } as InteractionRow;
}

test('the desk keeps what is offered, active or to wrap up for this agent, offers first', () => {
	let desk = reduceDesk(newDesk('a1'), { type: 'snapshot', topic: 'desk', desk: { presence: 'available', presence_reason: null, capacity: 3, work: [row('x', 'active', 5)] } });
	desk = reduceDesk(desk, { type: 'change', topic: 'desk', interaction: row('y', 'offered', 3) });
	assert.deepEqual(desk.work.map((one) => one.id), ['y', 'x']);
	desk = reduceDesk(desk, { type: 'change', topic: 'desk', interaction: row('y', 'offered', 5, 'a2') });
	assert.deepEqual(desk.work.map((one) => one.id), ['x'], 'offered to somebody else: it left');
	desk = reduceDesk(desk, { type: 'change', topic: 'desk', interaction: row('x', 'queued', 4) });
	assert.deepEqual(desk.work.map((one) => one.state), ['active'], 'an overtaken change is ignored');
	desk = reduceDesk(desk, { type: 'change', topic: 'desk', interaction: row('x', 'closed', 9) });
	assert.equal(desk.work.length, 0);
	desk = reduceDesk(desk, { type: 'change', topic: 'desk', presence: 'away', presence_reason: 'missed' });
	assert.deepEqual([desk.presence, desk.presenceReason], ['away', 'missed']);
});

test('what runs now follows the changes told', () => {
	let me = reduceMe(newMe(), { type: 'snapshot', topic: 'me', me: { interactions: [row('x', 'queued', 2)], cases: [] } });
	me = reduceMe(me, { type: 'change', topic: 'me', interaction: row('x', 'active', 4) });
	assert.deepEqual(me.interactions.map((one) => one.state), ['active']);
	me = reduceMe(me, { type: 'change', topic: 'me', interaction: row('x', 'offered', 3) });
	assert.deepEqual(me.interactions.map((one) => one.state), ['active'], 'an overtaken change is ignored');
	me = reduceMe(me, { type: 'change', topic: 'me', interaction: row('x', 'wrapup', 6) });
	assert.equal(me.interactions.length, 0);
});
