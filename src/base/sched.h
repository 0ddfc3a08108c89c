/* sched.h - the only clock and the only way to run something later.
 *
 * Production implements it over libuv (net/loop.c), the simulation over a virtual clock
 * (tests/sim/sched_sim.c). Code below this seam calls no clock. A callback never runs inside the
 * call that registered it. Timers run on the monotonic clock; the wall clock may jump and is used
 * only to stamp what happened, never to order it or to wait.
 */
#ifndef SG_BASE_SCHED_H
#define SG_BASE_SCHED_H

#include <stdint.h>

typedef void sched_cb(void *arg);

struct sched_ops {
	int64_t (*now_ms)(void *self);  /* monotonic */
	int64_t (*wall_ms)(void *self); /* since 1970-01-01T00:00Z */
	uint64_t (*after)(void *self, int64_t delay_ms, sched_cb *cb, void *arg);
	void (*cancel)(void *self, uint64_t timer);
};

struct sched {
	const struct sched_ops *ops;
	void *self;
};

static inline int64_t sched_now_ms(struct sched *s)
{
	return s->ops->now_ms(s->self);
}

static inline int64_t sched_wall_ms(struct sched *s)
{
	return s->ops->wall_ms(s->self);
}

/* Returns a timer number, never 0. The number is dead once cb has run. */
static inline uint64_t sched_after(struct sched *s, int64_t delay_ms, sched_cb *cb, void *arg)
{
	return s->ops->after(s->self, delay_ms, cb, arg);
}

/* Does nothing for 0 or a dead number. */
static inline void sched_cancel(struct sched *s, uint64_t timer)
{
	if (timer)
		s->ops->cancel(s->self, timer);
}

#endif
