#include "sim/life_sched.h"

#include <stdlib.h>

#include "base/status.h"

enum { DRAIN_MAX = 1000000 };

struct life_task {
	struct life_task *prev, *next;
	struct life_sched *l;
	uint64_t no;
	uint64_t timer; /* of the world */
	int64_t due_ms;
	sched_cb *cb;
	void *arg;
};

static int64_t life_now(void *self)
{
	struct life_sched *l = self;

	return l->ended ? l->now_ms : sched_now_ms(l->world);
}

static int64_t life_wall(void *self)
{
	struct life_sched *l = self;

	return sched_wall_ms(l->world);
}

static void unlink_task(struct life_task *t)
{
	*(t->prev ? &t->prev->next : &t->l->first) = t->next;
	if (t->next)
		t->next->prev = t->prev;
}

static void run(void *arg)
{
	struct life_task *t = arg;
	sched_cb *cb = t->cb;
	void *cb_arg = t->arg;

	unlink_task(t);
	free(t);
	cb(cb_arg);
}

static uint64_t life_after(void *self, int64_t delay_ms, sched_cb *cb, void *arg)
{
	struct life_sched *l = self;
	struct life_task *t = calloc(1, sizeof(*t));

	SG_ASSERT(t != NULL && delay_ms >= 0);
	*t = (struct life_task){
		.l = l, .no = ++l->next_no, .due_ms = life_now(l) + delay_ms, .cb = cb, .arg = arg};
	t->next = l->first;
	if (t->next)
		t->next->prev = t;
	l->first = t;
	if (!l->ended)
		t->timer = sched_after(l->world, delay_ms, run, t);
	return t->no;
}

static void life_cancel(void *self, uint64_t timer)
{
	struct life_sched *l = self;

	for (struct life_task *t = l->first; t && t->no >= timer; t = t->next) {
		if (t->no != timer)
			continue;
		sched_cancel(l->world, t->timer);
		unlink_task(t);
		free(t);
		return;
	}
}

static const struct sched_ops life_ops = {
	.now_ms = life_now,
	.wall_ms = life_wall,
	.after = life_after,
	.cancel = life_cancel,
};

void life_sched_init(struct life_sched *l, struct sched *world)
{
	*l = (struct life_sched){.world = world};
	l->sched = (struct sched){.ops = &life_ops, .self = l};
}

void life_sched_drop(struct life_sched *l)
{
	while (l->first)
		life_cancel(l, l->first->no);
}

void life_sched_end(struct life_sched *l)
{
	l->now_ms = sched_now_ms(l->world);
	l->ended = true;
	for (struct life_task *t = l->first; t; t = t->next) {
		sched_cancel(l->world, t->timer);
		t->timer = 0;
	}
}

void life_sched_drain(struct life_sched *l, int64_t gap_ms)
{
	struct life_task *next;

	for (unsigned n = 0; (next = l->first) != NULL; n++) {
		SG_ASSERT(n < DRAIN_MAX);
		for (struct life_task *t = next->next; t; t = t->next) {
			if (t->due_ms <= next->due_ms) /* older ones are further on */
				next = t;
		}
		if (next->due_ms > l->now_ms && next->due_ms - l->now_ms > gap_ms)
			return;
		if (next->due_ms > l->now_ms)
			l->now_ms = next->due_ms;
		run(next);
	}
}
