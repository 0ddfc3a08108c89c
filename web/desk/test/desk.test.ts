import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newDesk, reduceDesk } from '$shared/reducer';
import type { DeskState } from '$shared/reducer';
import type { InteractionRow } from '$shared/types';
import { measure, noOffset } from '../src/lib/clock';
import { aboutOf, addLost, lostBetween, neighbour, offerKey, presenceWords, workIn } from '../src/lib/desk';

const ME = 'agent-me';
const T0 = Date.parse('2026-11-22T10:00:00Z');

function row(id: string, state: string, more: Partial<InteractionRow> = {}): InteractionRow {
	const base = { id, seq: 1, state, agent: ME, person_name: `Person ${id}`, item_title: null, topic_title: null, case_number: 7, since_at: `2026-11-22T09:0${id.length}:00Z`, offer_no: 1, expires_at: null };
	return { ...base, ...more } as InteractionRow;
}
function deskWith(...rows: InteractionRow[]): DeskState {
	return reduceDesk(newDesk(ME), { type: 'snapshot', topic: 'desk', desk: { presence: 'available', presence_reason: null, capacity: 3, work: rows } });
}
const change = (state: DeskState, interaction: InteractionRow): DeskState => reduceDesk(state, { type: 'change', topic: 'desk', interaction });

describe('offers that leave', () => {
	const offer = row('a', 'offered', { expires_at: new Date(T0).toISOString(), topic_title: 'Fault › No heat' });

	it('tells of an offer whose time ran out', () => {
		const before = deskWith(offer);
		const after = change(before, { ...offer, seq: 2, state: 'queued', agent: null });
		assert.deepEqual(lostBetween(before, after, new Set(), T0 + 20), [{ key: 'a:1', who: 'Person a', about: 'Fault › No heat', why: 'expired' }]);
	});
	it('says withdrawn when there was time left', () => {
		const before = deskWith(offer);
		const after = change(before, { ...offer, seq: 2, state: 'queued', agent: null });
		assert.equal(lostBetween(before, after, new Set(), T0 - 9000)[0]?.why, 'withdrawn');
	});
	it('says nothing of an offer I took or passed on', () => {
		const before = deskWith(offer);
		const taken = change(before, { ...offer, seq: 2, state: 'active' });
		const passed = change(before, { ...offer, seq: 2, state: 'queued', agent: null });
		assert.deepEqual(lostBetween(before, taken, new Set(), T0 + 20), []);
		assert.deepEqual(lostBetween(before, passed, new Set([offerKey(offer)]), T0 + 20), []);
	});
	it('finds what ran out while the line was down, from the next snapshot', () => {
		const before = deskWith(offer, row('b', 'active'));
		const after = reduceDesk(before, { type: 'snapshot', topic: 'desk', desk: { presence: 'away', presence_reason: 'missed', capacity: 3, work: [row('b', 'active')] } });
		assert.equal(lostBetween(before, after, new Set(), T0 + 60_000)[0]?.key, 'a:1');
	});
	it('tells of the first offer when the same contact is offered again', () => {
		const before = deskWith(offer);
		const after = deskWith({ ...offer, seq: 5, offer_no: 2, expires_at: new Date(T0 + 30_000).toISOString() });
		assert.deepEqual(
			lostBetween(before, after, new Set(), T0 + 20).map((one) => one.key),
			['a:1'],
		);
	});
	it('keeps the newest four and each once', () => {
		const lost = (key: string) => ({ key, who: '', about: '', why: 'expired' as const });
		const all = ['1', '2', '3', '4', '5', '5'].reduce<ReturnType<typeof lost>[]>((list, key) => addLost(list, [lost(key)]), []);
		assert.deepEqual(
			all.map((one) => one.key),
			['5', '4', '3', '2'],
		);
	});
});

describe('the way from one contact to the next', () => {
	const desk = deskWith(row('a', 'offered'), row('bb', 'active'), row('ccc', 'active'), row('d', 'wrapup'));
	it('goes round over active and wrap-up, never to an offer', () => {
		assert.deepEqual([neighbour(desk, 'bb', 1), neighbour(desk, 'ccc', 1), neighbour(desk, 'd', 1), neighbour(desk, 'bb', -1)], ['ccc', 'd', 'bb', 'd']);
	});
	it('begins at an end when nothing, or something gone, is open', () => {
		assert.deepEqual([neighbour(desk, null, 1), neighbour(desk, 'gone', -1), neighbour(deskWith(), null, 1)], ['bb', 'd', null]);
	});
	it('parts the work by state', () => {
		assert.deepEqual(
			(['offered', 'active', 'wrapup'] as const).map((part) => workIn(desk, part).length),
			[1, 2, 1],
		);
	});
});

describe('what a contact is about', () => {
	const about = { item: 'i', item_title: 'Heat pump', topic_title: 'Fault › No heat', case_number: 7 };
	it('names item and topic, and the topic only once when there is no item', () => {
		assert.equal(aboutOf(about), 'Heat pump · Fault › No heat');
		assert.equal(aboutOf({ ...about, item: null, item_title: 'No heat' }), 'Fault › No heat');
		assert.equal(aboutOf({ ...about, item: null, topic_title: null }), 'Case 7');
	});
});

describe('presence', () => {
	it('tells of a missed offer, and is silent when I chose it', () => {
		assert.match(presenceWords('away', 'missed'), /missed an offer/);
		assert.equal(presenceWords('away', 'requested'), '');
		assert.equal(presenceWords('available', 'missed'), '');
	});
});

describe('the clock', () => {
	const at = new Date(T0).toISOString();
	it('takes our clock for wrong by what a fresh offer shows', () => {
		assert.deepEqual(measure(noOffset, at, T0 + 40_000, true), { ms: 40_000, fresh: true });
	});
	it('keeps the quickest of several fresh ones, for the rest was travel', () => {
		const first = measure(noOffset, at, T0 + 900, true);
		assert.equal(measure(first, at, T0 + 80, true).ms, 80);
		assert.equal(measure(first, at, T0 + 2000, true).ms, 900);
	});
	it('does not take an old thing for a slow clock', () => {
		assert.equal(measure(noOffset, at, T0 + 600_000, false).ms, 0);
	});
	it('knows from anything of the future that our clock is behind', () => {
		assert.equal(measure(noOffset, at, T0 - 7000, false).ms, -7000);
	});
	it('leaves out what has no time', () => {
		assert.equal(measure(noOffset, null, T0, true), noOffset);
	});
});
