/* dispatch_priv.h - the index of open interactions and of who is there: kept by dispatch.c, asked
 * by dispatch_ask.c; what Segue does about it is dispatch_order.c. */
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
	bool missed; /* let an offer ring; the write that says they are away is under way */
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

/* dispatch_order.c: one work each; what came of it is seen in the log. */

/* One at a time for each interaction; none while one is under way. INTERACTION_END: of one in
 * wrap-up, and its case says that there is no summary. */
void dispatch_order(struct contact *c, enum interaction_cmd_kind kind, enum reason reason);
void dispatch_order_offer(struct contact *c, const struct sg_id *agent, int64_t expires_at);
void dispatch_order_presence(struct dispatch *d, const struct sg_id *agent, enum presence presence,
			     enum reason reason);

/* dispatch.c, when it is done */
void dispatch_wait(struct contact *c); /* enters its line */
void dispatch_leave_line(struct contact *c);
void dispatch_resync(struct dispatch *d, const struct sg_id *id); /* as the store has it */
void dispatch_sync_agent(struct staff *s);                        /* as the catalogue has them */

#endif
