/* decision.h - what a command asks, and what the core answers: the events that follow from it.
 *
 * decide(state, command) -> events, or a status and no events
 * apply(state, event)    -> state; never fails on an event that decide gave
 *
 * The effects follow from the events: what watches the log after the commit (routing, live screens,
 * the outbox) acts on them. So nothing acts on what is not durable.
 */
#ifndef SG_CORE_DECISION_H
#define SG_CORE_DECISION_H

#include "core/event.h"

enum { DECISION_MAX = 4 };

struct decision {
	struct event ev[DECISION_MAX];
	unsigned n;
	const char *why; /* when refused: a short stable token, e.g. "not_your_interaction" */
};

/* Appends a blank event of this kind and lends it for filling. */
struct event *decision_add(struct decision *d, enum event_kind kind, const struct sg_id *stream,
			   struct actor actor, int64_t at_ms);

/* Empties the decision, notes why and gives st back, so that a rule can end in one return. */
SG_CHECKED enum sg_status decision_refuse(struct decision *d, enum sg_status st, const char *why);

/* Numbers the events after seq. SG_E_INPUT (why: the fact's name): a text is longer than its fact
 * allows or is not UTF-8. */
SG_CHECKED enum sg_status decision_finish(struct decision *d, uint64_t seq);

#endif
