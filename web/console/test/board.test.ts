import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Board } from '$shared/types';
import { agentsIn, axisEnd, roughly, totalsOf, waitingIn } from '../src/board';

const queue = (id: string, more: object) => ({ queue: id, name: id, waiting: 0, oldest_at: null, active: 0, agents: 0, free: 0, wait_s: null, answered_today: 0, mean_wait_s: 0, abandoned_today: 0, ...more });
const agent = (id: string, presence: string, queues: string[], held = 0) => ({ id, name: id, role: 'agent', presence, presence_at: null, queues, capacity: 3, held });
const board = {
	at: '2026-11-22T10:00:00Z',
	queues: [
		queue('q1', { waiting: 2, oldest_at: '2026-11-22T09:58:00Z', agents: 2, free: 5, answered_today: 30, mean_wait_s: 20 }),
		queue('q2', { waiting: 1, oldest_at: '2026-11-22T09:50:00Z', agents: 2, free: 5, answered_today: 10, mean_wait_s: 100, abandoned_today: 2 }),
	],
	agents: [agent('Zoe', 'available', ['q1', 'q2'], 1), agent('Ben', 'busy', ['q2']), agent('Ada', 'available', ['q1'], 4), agent('Off', 'offline', ['q1'])],
	waiting: [
		{ id: 'b', queue: 'q1', queued_at: '2026-11-22T09:59:00Z' },
		{ id: 'a', queue: 'q2', queued_at: '2026-11-22T09:50:00Z' },
		{ id: 'c', queue: 'q1', queued_at: '2026-11-22T09:58:00Z' },
	],
} as unknown as Board;

describe('the board', () => {
	it('counts an agent of two queues once, and only places that can be used', () => {
		const totals = totalsOf(board);
		assert.deepEqual([totals.waiting, totals.agents, totals.free], [3, 3, 2]);
	});
	it('weighs the mean wait by who was answered, and finds the longest wait of all', () => {
		const totals = totalsOf(board);
		assert.equal(totals.mean_wait_s, 40);
		assert.equal(totals.oldest_at, '2026-11-22T09:50:00Z');
		assert.equal(totalsOf({ ...board, queues: [] }).mean_wait_s, 0);
	});
	it('lists who waits, longest first, of one queue or all', () => {
		assert.deepEqual(
			waitingIn(board, null).map((row) => row.id),
			['a', 'c', 'b'],
		);
		assert.deepEqual(
			waitingIn(board, 'q1').map((row) => row.id),
			['c', 'b'],
		);
	});
	it('lists agents by presence, then name, whatever they hold', () => {
		assert.deepEqual(
			agentsIn(board, null).map((one) => one.id),
			['Ada', 'Zoe', 'Ben', 'Off'],
		);
		assert.deepEqual(
			agentsIn(board, 'q2').map((one) => one.id),
			['Zoe', 'Ben'],
		);
	});
	it('ends the axis at a round time that holds the longest wait', () => {
		assert.deepEqual([axisEnd(30_000), axisEnd(61_000), axisEnd(600_000), axisEnd(90_000_000)], [60_000, 120_000, 600_000, 172_800_000]);
	});
	it('says times roughly', () => {
		assert.deepEqual([roughly(5), roughly(90), roughly(3600), roughly(5400)], ['5 s', '2 min', '1 h', '1 h 30 min']);
	});
});
