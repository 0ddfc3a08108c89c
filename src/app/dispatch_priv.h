/* dispatch_priv.h - the index of open interactions and of who is there: kept by dispatch.c, asked
 * by dispatch_ask.c. */
#ifndef SG_APP_DISPATCH_PRIV_H
#define SG_APP_DISPATCH_PRIV_H

#include "app/dispatch.h"
#include "base/idmap.h"
#include "core/route.h"

/* One open interaction. */
struct contact {
	struct dispatch *d;
	struct sg_id id, queue, wanted_agent, agent;
	enum interaction_state state;
	uint64_t seq; /* of the last event it knows of */
	int64_t queued_at_ms;
	int64_t accepted_at_ms; /* monotonic, 0: before this start */
	int32_t priority;
	uint32_t offer_no;
	uint64_t timer;
	bool in_hand; /* a write of ours about it is under way */
};

struct staff {
	struct dispatch *d;
	struct sg_id id;
	unsigned screens;
	uint64_t gone_timer;
};

struct dispatch {
	struct sched *sched;
	struct store *store;
	struct flow *flow;
	struct catalog *catalog;
	struct dispatch_options opt;
	struct idmap contacts, staff;
	void *route_memory;
	struct route *route;
	int64_t handle_s; /* moving mean of the time from accepted to ended */
	void (*changed)(const struct sg_id *queue, void *arg);
	void *changed_arg;
	bool pump_due, loading;
	unsigned load_state;
	void (*loaded)(enum sg_status st, void *arg);
	void *loaded_arg;
};

#endif
