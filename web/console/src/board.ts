// What the live page shows of a board. Pure.
import type { Agent, Board, BoardQueue, InteractionRow } from '$shared/types';

export interface Totals {
	waiting: number;
	oldest_at: string | null;
	active: number;
	agents: number;
	free: number;
	answered_today: number;
	mean_wait_s: number;
	abandoned_today: number;
}

function isHere(agent: Agent): boolean {
	return agent.presence !== 'offline';
}

/** An agent in three queues is one agent: people and their places are counted from the people, not from the rows. */
export function totalsOf(board: Board): Totals {
	const sum = (of: (queue: BoardQueue) => number): number => board.queues.reduce((total, queue) => total + of(queue), 0);
	const oldest = board.queues.map((queue) => queue.oldest_at).filter((at): at is string => at !== null);
	const here = board.agents.filter((agent) => isHere(agent) && agent.queues.length > 0);
	const answered = sum((queue) => queue.answered_today);
	return {
		waiting: sum((queue) => queue.waiting),
		oldest_at: oldest.sort()[0] ?? null,
		active: sum((queue) => queue.active),
		agents: here.length,
		free: here.filter((agent) => agent.presence === 'available').reduce((total, agent) => total + Math.max(0, agent.capacity - agent.held), 0),
		answered_today: answered,
		mean_wait_s: answered === 0 ? 0 : Math.round(sum((queue) => queue.mean_wait_s * queue.answered_today) / answered),
		abandoned_today: sum((queue) => queue.abandoned_today),
	};
}

export function waitingIn(board: Board, queue: string | null): InteractionRow[] {
	const rows = queue === null ? board.waiting : board.waiting.filter((row) => row.queue === queue);
	return [...rows].sort((a, b) => (a.queued_at ?? '').localeCompare(b.queued_at ?? '') || a.id.localeCompare(b.id));
}

const RANK: Record<string, number> = { available: 0, busy: 1, away: 2, offline: 3 };

/** Fixed by presence, then name: a board that sorts itself by load jumps under the pointer. */
export function agentsIn(board: Board, queue: string | null): Agent[] {
	const rows = board.agents.filter((agent) => agent.role === 'agent' && (queue === null || agent.queues.includes(queue)));
	return [...rows].sort((a, b) => (RANK[a.presence] ?? 9) - (RANK[b.presence] ?? 9) || a.name.localeCompare(b.name));
}

/** The end of the time axis: the first round time that holds the longest wait. */
export function axisEnd(longestMs: number): number {
	const steps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440].map((minutes) => minutes * 60_000);
	return steps.find((step) => step >= longestMs) ?? Math.ceil(longestMs / 86_400_000) * 86_400_000;
}

/** "45 s", "3 min", "2 h": for means and promises, where seconds would pretend to know more than we do. */
export function roughly(seconds: number): string {
	if (seconds < 60) return `${Math.round(seconds)} s`;
	if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.round((seconds % 3600) / 60);
	return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
}
