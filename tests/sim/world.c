#include "sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAIL_MS = 300, DELAY_MS = 30, START_AGAIN_MS = 400, AGAIN_MS = 5 };

uint32_t draw(struct world *w, uint32_t bound)
{
	return tape_below(&w->tape, bound);
}

void fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->failed)
		return;
	w->failed = true;
	printf("FAIL seed %" PRIu64 " at %" PRId64 " ms: ", w->seed, w->sim.now_ms);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n  replay: sim %" PRIu64 " 1\n", w->seed);
}

/* Not from the tape: past its end all ids would be one. */
static void fill(void *self, void *out, unsigned n)
{
	struct world *w = self;

	tape_fill(w->seed * UINT64_C(1000003) + ++w->entropy_no, out, n);
}

struct entropy world_entropy(struct world *w)
{
	return (struct entropy){.fill = fill, .self = w};
}

/* ---- what the process stands on ---- */

struct job {
	struct life *life;
	void (*done)(void *arg);
	void *arg;
};

static void job_done(void *arg)
{
	struct job job = *(struct job *)arg;

	free(arg);
	job.done(job.arg);
}

static enum sg_status worker_submit(void *self, void (*run)(void *arg), void (*done)(void *arg),
				    void *arg)
{
	struct life *life = self;
	struct job *job = malloc(sizeof(*job));

	SG_ASSERT(job != NULL);
	*job = (struct job){.life = life, .done = done, .arg = arg};
	run(arg);
	sched_after(&life->app_time.sched, 0, job_done, job);
	return SG_OK;
}

struct post {
	struct life *life;
	struct sg_id id;
	channel_done_cb *done;
	void *arg;
	bool lost;
};

static void post_arrives(void *arg)
{
	struct post p = *(struct post *)arg;

	free(arg);
	if (!p.lost && !p.life->ended)
		model_delivered(p.life->w, &p.id);
	p.done(p.lost || p.life->ended ? SG_E_IO : SG_OK, p.arg);
}

static void post(void *self, const struct delivery *d, channel_done_cb *done, void *arg)
{
	struct life *life = self;
	struct post *p = malloc(sizeof(*p));

	SG_ASSERT(p != NULL);
	*p = (struct post){.life = life, .id = d->id, .done = done, .arg = arg};
	p->lost = life->w->faults && !life->w->quiet && draw(life->w, 4) == 3;
	sched_after(&life->app_time.sched, life->ended ? 0 : draw(life->w, MAIL_MS), post_arrives,
		    p);
}

/* ---- lives ---- */

bool life_is_up(const struct world *w)
{
	return w->life && w->life->loaded && !w->life->ended;
}

static void loaded(enum sg_status st, void *arg)
{
	struct life *life = arg;

	life->loaded = st == SG_OK;
	life->failed_to_load = st != SG_OK;
}

static const struct app_options options = {
	.dispatch = {.agents_max = 8, .open_max = 64, .gone_ms = 4000, .requeue_ms = 8000},
	.auth = {.public_url = "https://help.example.com",
		 .company = "Example",
		 .agent_session_ms = 3600000,
		 .customer_session_ms = 3600000,
		 .link_ms = 900000},
};

void life_begin(struct world *w)
{
	struct life *life = calloc(1, sizeof(*life));
	struct entropy entropy = world_entropy(w);
	struct app_options opt = options;

	SG_ASSERT(life != NULL);
	life->w = w;
	life->no = ++w->lives;
	life_sched_init(&life->app_time, &w->sim.sched);
	life_sched_init(&life->store_time, &w->sim.sched);
	hostile_init(&life->store, &life->store_time.sched, w->inner);
	life->store.tape = &w->tape;
	life->store.delay_ms = w->set_up ? draw(w, DELAY_MS) : 0;
	life->store.fault_in = w->faults && !w->quiet && w->set_up ? 8 + draw(w, 60) : 0;
	life->store.hooks =
		(struct hostile_hooks){.given = model_given, .durable = model_durable, .arg = life};
	life->mail = (struct channel_port){.name = "email", .deliver = post, .self = life};
	life->channels[0] = &life->mail;
	opt.channels = life->channels;
	struct worker worker = {.submit = worker_submit, .self = life};

	w->life = life;
	model_new_life(w);
	life->app = app_new(&life->app_time.sched, &life->store.base, &entropy, &worker, &opt);
	flow_watch(life->app->flow, model_published, life);
	app_load(life->app, loaded, life);
}

static void bury(void *arg)
{
	struct life *life = arg;
	struct world *w = life->w;

	if (life->store.inner_busy) { /* what was handed to the disk is done before anybody reads it
					 again */
		sched_after(&w->sim.sched, AGAIN_MS, bury, life);
		return;
	}
	hostile_fini(&life->store);
	free(life);
	w->life = NULL;
	life_begin(w);
}

void life_kill(struct world *w)
{
	struct life *life = w->life;

	if (!life || life->ended)
		return;
	life->ended = true;
	w->trouble_ms = w->sim.now_ms;
	model_crashed(w);
	people_new_life(w);
	life_sched_drop(&life->store_time);
	life_sched_end(&life->app_time);
	hostile_kill(&life->store, &life->app_time.sched);
	life_sched_drain(&life->app_time, DRAIN_GAP_MS);
	app_free(life->app);
	life->app = NULL;
	life_sched_drain(&life->app_time, INT64_MAX);
	sched_after(&w->sim.sched, draw(w, START_AGAIN_MS), bury, life);
}
