/* dispatch.h - brings waiting interactions to agents: feeds the routing index from the log, offers
 * what it matches, times offers out, and takes work back from agents who are gone.
 *
 * Event-driven: every match follows from an event, a connection or a timer of one interaction;
 * nothing polls. What it holds in memory is only an index of the open interactions and is rebuilt
 * from the store at start.
 */
#ifndef SG_APP_DISPATCH_H
#define SG_APP_DISPATCH_H

#include "app/catalog.h"
#include "app/flow.h"

struct dispatch;

struct dispatch_options {
	uint32_t agents_max, open_max;
	int64_t gone_ms;    /* no connection for so long: the agent is set offline */
	int64_t requeue_ms; /* … and what they were talking in goes back to its queue */
};

struct dispatch *dispatch_new(struct sched *sched, struct store *store, struct flow *flow,
			      struct catalog *catalog, const struct dispatch_options *opt);
void dispatch_free(struct dispatch *d);
/* Reads the open interactions; the catalogue must be loaded. */
void dispatch_load(struct dispatch *d, void (*done)(enum sg_status st, void *arg), void *arg);

/* An agent's screen came (+1) or went (-1). Without one nothing is offered to them. */
void dispatch_connected(struct dispatch *d, const struct sg_id *agent, int by);

/* fn(queue) after anything about who waits or serves there has changed. */
void dispatch_on_change(struct dispatch *d, void (*fn)(const struct sg_id *queue, void *arg),
			void *arg);

/* How it stands for one waiting interaction. */
struct dispatch_place {
	uint32_t position; /* from 1; 0: does not wait */
	uint32_t agents;   /* available now in its queue */
	int64_t wait_s;    /* expected, -1: nobody is there to say */
	struct sg_id queue;
};
void dispatch_place(const struct dispatch *d, const struct sg_id *interaction,
		    struct dispatch_place *out);

struct dispatch_queue {
	uint32_t waiting; /* in line, or ringing at an agent */
	uint32_t active, agents, free;
	int64_t oldest_ms; /* queued_at of the longest waiting, 0: none */
	int64_t wait_s;    /* expected for the next one, -1: nobody is there */
};
void dispatch_queue(const struct dispatch *d, const struct sg_id *queue,
		    struct dispatch_queue *out);
uint32_t dispatch_held(const struct dispatch *d, const struct sg_id *agent);
bool dispatch_is_full(const struct dispatch *d); /* open_max reached: no new interactions */

#endif
