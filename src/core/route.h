/* route.h - who gets what next: the routing index, in memory it is handed.
 *
 * First rule: within a queue the highest priority, then the longest wait (queued_at, then id);
 * among free agents of the queue the least loaded, then the longest idle, then id. An interaction
 * wanted by one agent waits for that agent only. Event-driven: each change answers the matches that
 * follow from it, there is no tick. Costs O(log n) in waiting interactions per queue and agents per
 * queue.
 *
 * An agent who rejected or missed an interaction is not offered the same one again while another
 * free agent of the queue exists; see route_reject.
 */
#ifndef SG_CORE_ROUTE_H
#define SG_CORE_ROUTE_H

#include "base/id.h"
#include "base/status.h"

struct route;

enum {
	ROUTE_QUEUES_MAX = 64,
	ROUTE_AGENT_QUEUES_MAX = 16,
	ROUTE_CAPACITY_MAX = 10,
	ROUTE_REJECTS_MAX = 4
};

struct route_limits {
	uint32_t agents;  /* at most this many known */
	uint32_t waiting; /* at most this many waiting or held */
};

struct route_match {
	struct sg_id interaction;
	struct sg_id agent;
};

/* Bytes needed for these limits; route_init writes into such a block (aligned to 16) and returns
 * it. */
size_t route_size(const struct route_limits *limits);
struct route *route_init(void *memory, const struct route_limits *limits);

struct route_agent {
	struct sg_id id;
	struct sg_id queues[ROUTE_AGENT_QUEUES_MAX];
	uint8_t n_queues;
	uint8_t capacity; /* interactions at once, 1..ROUTE_CAPACITY_MAX */
	bool available;
};

struct route_contact {
	struct sg_id id;
	struct sg_id queue;
	struct sg_id wanted_agent; /* none: anybody of the queue */
	int64_t queued_at_ms;
	int32_t priority;
};

/* Known agents only gain capacity by these; now_ms stamps idleness. SG_E_LIMIT: full (agents or
 * queues). SG_E_INPUT: a capacity or number of queues out of range, or no id. */
SG_CHECKED enum sg_status route_agent_set(struct route *r, const struct route_agent *a,
					  int64_t now_ms);
void route_agent_remove(struct route *r, const struct sg_id *agent);

/* Starts waiting (or moves, when it already waits; or returns, when it is held). SG_E_LIMIT: too
 * many waiting or queues. SG_E_INPUT: no id or no queue. */
SG_CHECKED enum sg_status route_enqueue(struct route *r, const struct route_contact *c);
void route_dequeue(struct route *r, const struct sg_id *interaction);

/* The agent holds one more (offered, or active after a restart) or one less. An interaction that is
 * held does not wait. route_hold ends its waiting. The agent need not be known yet, nor the
 * interaction, but both must fit the limits. */
void route_hold(struct route *r, const struct sg_id *interaction, const struct sg_id *agent);
void route_release(struct route *r, const struct sg_id *interaction, int64_t now_ms);

/* Remembers that this agent, who is available, did not take it. They are not matched again until
 * route_forgive, or they become available anew, or it is dequeued or enters another queue; while
 * nobody else of the queue is free, it waits. The last ROUTE_REJECTS_MAX are remembered, through
 * release and enqueue in whatever order. */
void route_reject(struct route *r, const struct sg_id *interaction, const struct sg_id *agent);

/* Forgets who rejected it: it was taken, or enough time has passed to ask the same agents again. */
void route_forgive(struct route *r, const struct sg_id *interaction);

/* The next pair to offer, if any; call until it answers false, calling route_hold for each. */
bool route_next(struct route *r, struct route_match *match_out);

/* 1-based place of a waiting interaction in its queue, 0 when it does not wait. */
uint32_t route_position(const struct route *r, const struct sg_id *interaction);
uint32_t route_waiting(const struct route *r, const struct sg_id *queue);
/* queued_at of the longest waiting, 0 when none waits. */
int64_t route_oldest_ms(const struct route *r, const struct sg_id *queue);
/* Agents of the queue who are available at all, and their free places. */
void route_staff(const struct route *r, const struct sg_id *queue, uint32_t *agents_out,
		 uint32_t *free_out);
/* Interactions this agent holds. */
uint32_t route_held(const struct route *r, const struct sg_id *agent);

#endif
