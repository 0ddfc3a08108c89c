/* core_priv.h - the records of the routing index (core/route.h), shared by its files.
 *
 * Everything is a numbered record (from 1; 0 is none) in an array of fixed size, found by id
 * through a slotmap and ordered by ranktrees over the numbers. An entry is an interaction that
 * waits or is held, a seat is an agent. The trees:
 *
 * - line, of each queue: all who wait, with a sum in each subtree (struct route_sum);
 * - wish, of each seat: those who wait for this agent only. They stand in the line as well, for
 *   their place in it, but are passed over there;
 * - free, of each queue: its seats with a place;
 * - ready: seats with a place and somebody in their wish whom they have not rejected.
 */
#ifndef SG_CORE_CORE_PRIV_H
#define SG_CORE_CORE_PRIV_H

#include "core/ranktree.h"
#include "core/rejects.h"
#include "core/route.h"
#include "core/slotmap.h"

enum route_entry_state {
	ENTRY_WAITING,
	ENTRY_HELD,
	ENTRY_SHELVED, /* neither; kept for its rejects while there is room */
};

struct route_entry {
	struct sg_id id; /* first, for slotmap */
	struct sg_id queue_id;
	int64_t queued_at_ms;
	struct rejects rejects;
	int32_t priority;
	uint32_t holder; /* seat, while HELD */
	uint32_t wanted; /* seat, while WAITING; 0: anybody */
	uint32_t queue;  /* while WAITING */
	enum route_entry_state state;
	uint32_t prev, next; /* on the shelf, or the list of unused records */
};

/* Over a subtree of entries. A subtree can be passed over whole when all of its entries were
 * rejected by all of the free agents: that is, when these are in the intersection of the rejects.
 */
struct route_sum {
	int64_t oldest_ms;
	struct rejects common;
};

struct route_seat {
	struct sg_id id; /* first, for slotmap */
	uint64_t tag;    /* of this time of being available; names it in rejects */
	int64_t idle_since_ms;
	uint32_t queues[ROUTE_AGENT_QUEUES_MAX];
	uint32_t n_queues;
	uint32_t capacity;
	uint32_t held;
	uint32_t wish; /* root */
	bool known;    /* else only here for what it holds or who waits for it */
	bool available;
	bool is_in;    /* counted in its queues */
	bool is_ready; /* in the tree `ready` */
	uint32_t next; /* list of unused records */
};

struct route_queue {
	struct sg_id id;     /* none: unused */
	uint32_t line, free; /* roots */
	uint32_t members;    /* known agents */
	uint32_t available;
	uint32_t places;
};

struct route {
	struct route_limits limits;
	struct route_queue queues[ROUTE_QUEUES_MAX];
	struct route_seat *seats;
	struct route_entry *entries;
	struct slotmap seat_map, entry_map;
	struct route_sum *line_sums, *wish_sums;
	struct ranktree line, wish, free, ready;
	uint32_t ready_root;
	uint64_t sessions;                 /* times an agent became available */
	uint32_t seats_used, seats_unused; /* never used beyond; list of used before */
	uint32_t entries_used, entries_unused;
	uint32_t shelf_first, shelf_last; /* in the order of arrival */
};

/* By priority, then place in line, then id. */
int route_entry_cmp(const void *route, uint32_t a, uint32_t b);

/* The seat a member number (a seat in one of its queues) belongs to. */
uint32_t route_member_seat(uint32_t member);

/* Who is excluded from an entry as it stands in its line. */
const struct rejects *route_rejects_in_line(const struct route_entry *e);

/* The first entry of a line or wish that one of these agents may be offered, or 0. */
uint32_t route_first_for(const struct route *r, bool in_wish, uint32_t root, const uint64_t *tags,
			 uint32_t n_tags);

#endif
