// Whom a contact can be handed to, the reachable first. Pure.
import type { Agent, Queue } from '$shared/types';
import { fuzzyFind } from './text';

const RANK: Record<string, number> = { available: 0, busy: 1, away: 2, offline: 3 };

export function agentsByReach(agents: readonly Agent[]): Agent[] {
	const free = (agent: Agent): number => agent.capacity - agent.held;
	return [...agents].sort((a, b) => (RANK[a.presence] ?? 9) - (RANK[b.presence] ?? 9) || free(b) - free(a) || a.name.localeCompare(b.name));
}

export function transferTargets(query: string, queues: readonly Queue[], agents: readonly Agent[]): { queues: Queue[]; agents: Agent[] } {
	if (query.trim() === '') return { queues: [...queues], agents: [...agents] };
	const queueName = (id: string): string => queues.find((queue) => queue.id === id)?.name ?? '';
	return {
		queues: fuzzyFind(query, queues, (queue) => [queue.name], 50),
		agents: fuzzyFind(query, agents, (agent) => [agent.name, ...agent.queues.map(queueName)], 50),
	};
}
