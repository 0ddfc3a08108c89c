/* route.h - who gets what next: the routing index, in memory it is handed.
 *
 * First rule: within a queue the highest priority, then the longest wait (queued_at, then id); among
 * free agents of the queue the least loaded, then the longest idle, then id. An interaction wanted by
 * one agent waits for that agent only. Event-driven: each change answers the matches that follow from
 * it, there is no tick. Costs O(log n) in waiting interactions per queue and agents per queue.
 *
 * An agent who rejected or missed an interaction is not offered the same one again while another free
 * agent of the queue exists; see route_reject.
 */
#ifndef SG_CORE_ROUTE_H
#define SG_CORE_ROUTE_H

#include "base/id.h"
#include "base/status.h"

struct route;

enum { ROUTE_QUEUES_MAX = 64, ROUTE_AGENT_QUEUES_MAX = 16, ROUTE_CAPACITY_MAX = 10 };

struct route_limits {
	uint32_t agents;  /* at most this many known */
	uint32_t waiting; /* at most this many waiting or held */
};

struct route_match {
	struct sg_id interaction;
	struct sg_id agent;
};

/* Bytes needed for these limits; route_init writes into such a block (aligned to 16) and returns it. */
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

/* Known agents only gain capacity by these; now_ms stamps idleness. SG_E_LIMIT: full. */
SG_CHECKED enum sg_status route_agent_set(struct route *r, const struct route_agent *a, int64_t now_ms);
void route_agent_remove(struct route *r, const struct sg_id *agent);

/* Starts waiting (or moves, when it already waits). SG_E_LIMIT: too many waiting. */
SG_CHECKED enum sg_status route_enqueue(struct route *r, const struct route_contact *c);
void route_dequeue(struct route *r, const struct sg_id *interaction);

/* The agent holds one more (offered, or active after a restart) or one less. An interaction that is
 * held does not wait. route_hold ends its waiting. */
void route_hold(struct route *r, const struct sg_id *interaction, const struct sg_id *agent);
void route_release(struct route *r, const struct sg_id *interaction, int64_t now_ms);

/* Remembers that this agent did not take it (forgotten when it is dequeued or taken by another). */
void route_reject(struct route *r, const struct sg_id *interaction, const struct sg_id *agent);

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
