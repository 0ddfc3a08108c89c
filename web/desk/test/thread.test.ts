import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newConversation, reduceConversation } from '$shared/reducer';
import type { ConversationState } from '$shared/reducer';
import type { StreamEvent } from '$shared/types';
import { draftSummary } from '../src/lib/text';
import { lastWords, newestFromPerson, shownOf, unreadCount, waitingSince } from '../src/lib/thread';
import type { PendingNote } from '../src/lib/thread';

const ME = { role: 'agent' as const, id: 'me', name: 'Mara' };
const ANNA = { role: 'customer' as const, id: 'p1', name: 'Anna' };
const T0 = Date.parse('2026-11-22T10:00:00Z');
const NAMES = { queue: (id: string) => (id === 'q1' ? 'Heating' : ''), agent: (id: string) => (id === 'ben' ? 'Ben' : ''), person: 'Anna' };

let seq = 0;
function event(kind: string, actor: StreamEvent['actor'], facts: Record<string, unknown> = {}, afterS = 0): StreamEvent {
	seq++;
	return { stream: 'interaction', id: `e${seq}`, seq, kind, at: new Date(T0 + seq * 1000 + afterS * 1000).toISOString(), actor, facts, mine: actor.id === 'me' } as StreamEvent;
}
function conversation(make: () => StreamEvent[]): ConversationState {
	seq = 0;
	return reduceConversation(newConversation('i1', ME), { type: 'events', events: make() });
}
const began = () => [event('interaction_started', ANNA, { text: 'No heat', channel: 'chat' }), event('queued', { role: 'none' as never, id: null, name: '' }, { queue: 'q1', reason: 'start' })];
const hers = (text: string, afterS = 0) => event('message_sent', ANNA, { text, leg: 'chat' }, afterS);
const mine = (text: string, afterS = 0) => event('message_sent', ME, { text, leg: 'chat' }, afterS);
const day = (at: string): string => at.slice(0, 10);

describe('what waits', () => {
	it('counts the customer’s messages nobody of us has read, the first words too', () => {
		const state = conversation(() => [...began(), hers('hello'), hers('?')]);
		assert.equal(unreadCount(state), 3);
		assert.equal(unreadCount(reduceConversation(state, { type: 'events', events: [event('read_marked', ME, { read_seq: 3 })] })), 1);
	});
	it('waits since the first message after our last word', () => {
		const state = conversation(() => [...began(), mine('Hi'), hers('a', 60), hers('b', 90)]);
		assert.equal(waitingSince(state), T0 + 4000 + 60_000);
	});
	it('waits for nothing when the last word is ours, also while it is on its way', () => {
		const state = conversation(() => [...began(), hers('a')]);
		assert.notEqual(waitingSince(state), null);
		assert.equal(waitingSince(reduceConversation(state, { type: 'send', id: 'c1', text: 'On it', at: new Date(T0 + 9000).toISOString() })), null);
	});
	it('a refused answer is no answer', () => {
		let state = conversation(() => [...began(), hers('a')]);
		state = reduceConversation(state, { type: 'send', id: 'c1', text: 'On it', at: new Date(T0 + 9000).toISOString() });
		state = reduceConversation(state, { type: 'failed', id: 'c1', error: 'over' });
		assert.equal(waitingSince(state), T0 + 1000);
	});
	it('marks read up to the customer’s newest words, not ours', () => {
		assert.equal(newestFromPerson(conversation(() => [...began(), hers('a'), mine('b')])), 3);
	});
});

describe('the last words', () => {
	it('are those of the newest message, a file by its name, a note never', () => {
		assert.equal(lastWords(conversation(() => [...began(), hers('a'), mine('b'), event('note_added', ME, { text: 'n' })])), 'b');
		assert.equal(lastWords(conversation(() => [...began(), event('message_sent', ANNA, { file: 'f1', name: 'photo.jpg' })])), 'photo.jpg');
		assert.equal(lastWords(conversation(() => [])), '');
	});
});

describe('what is shown', () => {
	it('tells who came, by what and for which queue, in one line', () => {
		const [, line] = shownOf(
			conversation(() => began()),
			[],
			NAMES,
			day,
		);
		assert.ok(line?.type === 'line');
		assert.equal(line.text, 'Anna made contact by chat, queued for Heating');
	});
	it('draws messages of one voice within three minutes together', () => {
		const shown = shownOf(
			conversation(() => [...began(), hers('a'), hers('b', 60), hers('c', 400), mine('d', 401)]),
			[],
			NAMES,
			day,
		);
		assert.deepEqual(
			shown.filter((one) => one.type === 'message').map((one) => one.first),
			[true, false, false, true, true],
		);
	});
	it('leaves out ringing, tells what came of it, and shows a transfer’s note as internal', () => {
		const system = { role: 'none' as never, id: null, name: '' };
		const shown = shownOf(
			conversation(() => [
				...began(),
				event('offered', system, { agent: 'ben', offer_no: 1 }),
				event('offer_ended', system, { agent: 'ben', reason: 'expired' }),
				event('transferred', ME, { queue: 'q1', text: 'Needs an engineer' }),
				event('queued', system, { queue: 'q1', reason: 'transfer' }),
			]),
			[],
			NAMES,
			day,
		);
		const lines = shown.filter((one) => one.type === 'line');
		assert.deepEqual(
			lines.map((one) => [one.text, one.detail, one.internal]),
			[
				['Anna made contact by chat, queued for Heating', '', false],
				['Ben did not answer the offer in time', '', false],
				['Mara handed over to Heating', 'Needs an engineer', true],
				['Handed over, waits for Heating', '', false],
			],
		);
	});
	it('puts a new day between', () => {
		const shown = shownOf(
			conversation(() => [...began(), hers('a'), hers('b', 86_400)]),
			[],
			NAMES,
			day,
		);
		assert.equal(shown.filter((one) => one.type === 'day').length, 2);
		assert.equal(new Set(shown.map((one) => one.key)).size, shown.length);
	});
	it('shows a note on its way until its event has come', () => {
		const note: PendingNote = { id: 'n1', interaction: 'i1', text: 'Call back', at: new Date(T0).toISOString(), error: null, seq: null };
		const state = conversation(() => began());
		const count = (pending: PendingNote, now: ConversationState): number => shownOf(now, [pending], NAMES, day).filter((one) => one.type === 'note').length;
		assert.equal(count(note, state), 1);
		assert.equal(count({ ...note, seq: 3 }, state), 1);
		const after = reduceConversation(state, { type: 'events', events: [event('note_added', ME, { text: 'Call back' })] });
		assert.equal(count({ ...note, seq: 3 }, after), 1);
		assert.equal(count(note, after), 2);
	});
});

describe('the draft of the summary', () => {
	it('has what was asked, every note and our last word, in that order', () => {
		const state = conversation(() => [...began(), mine('first'), event('note_added', ME, { text: 'Small child' }), mine('Engineer at 16:00')]);
		assert.equal(draftSummary(state.entries, 'Fault › No heat'), 'Fault › No heat: No heat\nSmall child\nAnswered: Engineer at 16:00');
	});
	it('is the topic alone when nothing was said, and never too long', () => {
		assert.equal(draftSummary([], 'Bill'), 'Bill');
		const state = conversation(() => Array.from({ length: 40 }, () => event('note_added', ME, { text: 'x'.repeat(500) })));
		assert.ok(draftSummary(state.entries, '').length <= 4000);
	});
});
