#include "net/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/net_priv.h"

enum { HELD_MS = 50 };

struct timer {
	uv_timer_t uv;
	struct loop *l;
	uint64_t id;
	sched_cb *cb;
	void *arg;
};

struct post {
	STAILQ_ENTRY(post) link;
	void (*run)(void *arg);
	void *arg;
};

STAILQ_HEAD(posts, post);

struct work {
	uv_work_t uv;
	struct loop *l;
	void (*run)(void *arg), (*done)(void *arg);
	void *arg;
};

struct on_signal {
	uv_signal_t uv;
	SLIST_ENTRY(on_signal) link;
	struct loop *l;
	sched_cb *cb;
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_async_t wake;
	uv_mutex_t lock; /* guards posts */
	struct posts posts;
	struct slots timers;
	SLIST_HEAD(, on_signal) signals;
	unsigned works;
	unsigned handles; /* open handles of this file */
	struct sched sched;
};

static struct metric held_total =
	METRIC_COUNTER("segue_loop_held_total", "Callbacks that held the loop beyond 50 ms");

uint64_t loop_watch_begin(void)
{
	return uv_hrtime();
}

void loop_watch_end(uint64_t began_ns, const char *what)
{
	uint64_t ms = (uv_hrtime() - began_ns) / 1000000;

	if (ms <= HELD_MS)
		return;
	metric_add(&held_total, 1);
	log_event(LOG_WARN, "loop_held", LF_STR("in", what), LF_INT("ms", ms));
}

static int64_t now_ms(void *self)
{
	(void)self;
	return (int64_t)(uv_hrtime() / 1000000);
}

static int64_t wall_ms(void *self)
{
	struct timespec t;

	(void)self;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void timer_closed(uv_handle_t *h)
{
	struct timer *t = h->data;

	t->l->handles--;
	free(t);
}

static void timer_end(struct timer *t)
{
	slots_remove(&t->l->timers, t->id);
	uv_close((uv_handle_t *)&t->uv, timer_closed);
}

static void on_timer(uv_timer_t *h)
{
	struct timer *t = h->data;
	uint64_t began = loop_watch_begin();
	sched_cb *cb = t->cb;
	void *arg = t->arg;

	timer_end(t);
	cb(arg);
	loop_watch_end(began, "timer");
}

static uint64_t after(void *self, int64_t delay_ms, sched_cb *cb, void *arg)
{
	struct loop *l = self;
	struct timer *t = calloc(1, sizeof(*t));

	SG_ASSERT(t && cb);
	t->l = l;
	t->cb = cb;
	t->arg = arg;
	t->uv.data = t;
	t->id = slots_add(&l->timers, t);
	SG_ASSERT(t->id);
	SG_ASSERT(!uv_timer_init(&l->uv, &t->uv));
	l->handles++;
	/* libuv counts from the start of this turn, which may be long ago. */
	uv_update_time(&l->uv);
	SG_ASSERT(!uv_timer_start(&t->uv, on_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0));
	return t->id;
}

static void cancel(void *self, uint64_t timer)
{
	struct loop *l = self;
	struct timer *t = slots_find(&l->timers, timer);

	if (t)
		timer_end(t);
}

static const struct sched_ops OPS = {
	.now_ms = now_ms, .wall_ms = wall_ms, .after = after, .cancel = cancel};

static void on_wake(uv_async_t *h)
{
	struct loop *l = h->data;
	struct posts now = STAILQ_HEAD_INITIALIZER(now);
	struct post *p;

	uv_mutex_lock(&l->lock);
	STAILQ_CONCAT(&now, &l->posts);
	uv_mutex_unlock(&l->lock);
	while ((p = STAILQ_FIRST(&now))) {
		uint64_t began = loop_watch_begin();

		STAILQ_REMOVE_HEAD(&now, link);
		p->run(p->arg);
		free(p);
		loop_watch_end(began, "post");
	}
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	SG_ASSERT(l);
	/* A peer that has gone is an error of the write, not a signal. */
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a limit on files is an error of a write, not our end */
	SG_ASSERT(!uv_loop_init(&l->uv));
	SG_ASSERT(!uv_mutex_init(&l->lock));
	SG_ASSERT(!uv_async_init(&l->uv, &l->wake, on_wake));
	l->wake.data = l;
	l->handles = 1;
	STAILQ_INIT(&l->posts);
	SLIST_INIT(&l->signals);
	slots_init(&l->timers);
	l->sched = (struct sched){.ops = &OPS, .self = l};
	return l;
}

struct sched *loop_sched(struct loop *l)
{
	return &l->sched;
}

struct uv_loop_s *loop_uv(struct loop *l)
{
	return &l->uv;
}

void loop_post(struct loop *l, void (*run)(void *arg), void *arg)
{
	struct post *p = malloc(sizeof(*p));

	SG_ASSERT(p);
	p->run = run;
	p->arg = arg;
	uv_mutex_lock(&l->lock);
	STAILQ_INSERT_TAIL(&l->posts, p, link);
	uv_mutex_unlock(&l->lock);
	uv_async_send(&l->wake);
}

static void work_run(uv_work_t *req)
{
	struct work *w = req->data;

	w->run(w->arg);
}

static void work_done(uv_work_t *req, int status)
{
	struct work *w = req->data;
	uint64_t began = loop_watch_begin();

	(void)status; /* nobody cancels */
	w->l->works--;
	w->done(w->arg);
	free(w);
	loop_watch_end(began, "work_done");
}

enum sg_status loop_work(struct loop *l, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	struct work *w;

	if (l->works >= LOOP_WORK_MAX)
		return SG_E_LIMIT;
	w = calloc(1, sizeof(*w));
	SG_ASSERT(w);
	w->l = l;
	w->run = run;
	w->done = done;
	w->arg = arg;
	w->uv.data = w;
	SG_ASSERT(!uv_queue_work(&l->uv, &w->uv, work_run, work_done));
	l->works++;
	return SG_OK;
}

static void got_signal(uv_signal_t *h, int signum)
{
	struct on_signal *g = h->data;
	uint64_t began = loop_watch_begin();

	(void)signum;
	g->cb(g->arg);
	loop_watch_end(began, "signal");
}

void loop_on_signal(struct loop *l, int signum, sched_cb *cb, void *arg)
{
	struct on_signal *g = calloc(1, sizeof(*g));

	SG_ASSERT(g);
	g->l = l;
	g->cb = cb;
	g->arg = arg;
	g->uv.data = g;
	SG_ASSERT(!uv_signal_init(&l->uv, &g->uv));
	SG_ASSERT(!uv_signal_start(&g->uv, got_signal, signum));
	l->handles++;
	SLIST_INSERT_HEAD(&l->signals, g, link);
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

static void signal_closed(uv_handle_t *h)
{
	struct on_signal *g = h->data;

	g->l->handles--;
	free(g);
}

static void wake_closed(uv_handle_t *h)
{
	struct loop *l = h->data;

	l->handles--;
}

void loop_fini_handles(struct loop *l)
{
	struct on_signal *g;

	/* Helpers may still post: let them finish while the door is open. */
	while (l->works)
		uv_run(&l->uv, UV_RUN_ONCE);
	for (uint32_t i = 0; i < l->timers.cap; i++) {
		struct timer *t = slots_at(&l->timers, i);

		if (t)
			timer_end(t);
	}
	while ((g = SLIST_FIRST(&l->signals))) {
		SLIST_REMOVE_HEAD(&l->signals, link);
		uv_close((uv_handle_t *)&g->uv, signal_closed);
	}
	if (!uv_is_closing((uv_handle_t *)&l->wake))
		uv_close((uv_handle_t *)&l->wake, wake_closed);
	while (l->handles)
		uv_run(&l->uv, UV_RUN_NOWAIT);
}

void loop_free(struct loop *l)
{
	struct post *p;

	if (!l)
		return;
	loop_fini_handles(l);
	uv_run(&l->uv, UV_RUN_NOWAIT);
	SG_ASSERT(!uv_loop_close(&l->uv));
	while ((p = STAILQ_FIRST(&l->posts))) {
		STAILQ_REMOVE_HEAD(&l->posts, link);
		free(p);
	}
	uv_mutex_destroy(&l->lock);
	slots_fini(&l->timers);
	free(l);
}
