#include "app/flow_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"

enum {
	FLOW_TRIES_MAX = 8,    /* decisions of one work after conflicts */
	FLOW_UNSURE_MAX = 6,   /* writes of one work after I/O errors: 50 + 100 + … + 1600 ms */
	FLOW_UNSURE_FIRST_MS = 50,
};

static struct metric conflicts = METRIC_COUNTER("segue_flow_conflicts_total", "Works decided again after a conflict");
static struct metric unsure_writes = METRIC_COUNTER("segue_flow_unsure_total", "Writes given again after an I/O error");
static struct metric repeats = METRIC_COUNTER("segue_flow_repeats_total", "Repeated commands answered from the first time");

static void work_step(struct work *w);

struct flow *flow_new(struct sched *sched, struct store *store, const struct entropy *entropy)
{
	struct flow *f = calloc(1, sizeof(*f));

	SG_ASSERT(f != NULL);
	f->sched = sched;
	f->store = store;
	f->entropy = *entropy;
	aggregates_init(&f->aggregates);
	return f;
}

void flow_free(struct flow *f)
{
	if (!f)
		return;
	SG_ASSERT(f->n_works == 0);
	aggregates_fini(&f->aggregates);
	free(f);
}

void flow_watch(struct flow *f, flow_watch_fn *fn, void *arg)
{
	SG_ASSERT(f->n_watchers < FLOW_WATCHERS_MAX);
	f->watchers[f->n_watchers].fn = fn;
	f->watchers[f->n_watchers].arg = arg;
	f->n_watchers++;
}

unsigned flow_busy(const struct flow *f)
{
	return f->n_works;
}

/* ---- the end of a work ---- */

static void work_free(struct work *w)
{
	if (w->spec.free_arg)
		w->spec.free_arg(w->spec.arg);
	for (unsigned i = 0; i < w->n_touched; i++)
		w->touched[i].agg->users--;
	free(w->rows);
	arena_fini(&w->scratch);
	arena_fini(&w->own);
	w->flow->n_works--;
	free(w);
}

static void work_finish(struct work *w, enum sg_status st, struct str result)
{
	struct work_answer answer = {
		.st = st,
		.why = st == SG_OK ? NULL : w->why,
		.repeated = w->repeated,
		.result = result,
	};

	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_unblock(w->touched[i].agg, w);
	if (w->spec.done)
		w->spec.done(&answer, w->spec.arg);
	work_free(w);
}

static void work_refused(void *arg)
{
	struct work *w = arg;

	work_finish(w, w->refused, (struct str){0});
}

/* ---- decide ---- */

static void work_reset(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++)
		w->touched[i].agg->users--;
	w->n_touched = w->n_events = w->n_rows = w->n_outbox = 0;
	w->missing = NULL;
	w->why = NULL;
	w->result[0] = '\0';
	arena_fini(&w->scratch);
	arena_init(&w->scratch, FLOW_SCRATCH_MAX);
}

/* The decided states become what later works see. */
static void work_take(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		struct touched *t = &w->touched[i];

		if (!t->changed)
			continue;
		t->agg->state = t->state;
		t->agg->pending++;
	}
}

static void on_written(enum sg_status st, const struct store_done *done, void *arg);

static void work_write(struct work *w)
{
	struct store_write sw = {
		.idem_source = w->spec.idem_source,
		.idem_key = w->spec.idem_key,
		.idem_result = str_from(w->result),
		.events = w->logs,
		.n_events = w->n_events,
		.rows = w->rows,
		.n_rows = w->n_rows,
		.outbox = w->outbox,
		.n_outbox = w->n_outbox,
	};

	store_write(w->flow->store, &sw, on_written, w);
}

static void work_refuse_later(struct work *w, enum sg_status st)
{
	w->refused = st;
	sched_after(w->flow->sched, 0, work_refused, w);
}

static void work_decide(struct work *w)
{
	work_reset(w);
	enum sg_status st = w->spec.decide(w, w->spec.arg);

	if (w->missing) {
		aggregate_wait(w->missing, w);
		return;
	}
	if (st != SG_OK || (w->n_events == 0 && w->n_rows == 0 && w->n_outbox == 0)) {
		work_refuse_later(w, st);
		return;
	}
	work_take(w);
	work_write(w);
}

/* ---- after the write ---- */

static void work_untake(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		if (w->touched[i].changed)
			w->touched[i].agg->pending--;
	}
}

static void work_invalidate(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		if (w->touched[i].changed)
			aggregate_forget(w->touched[i].agg);
	}
}

static void work_publish(struct work *w)
{
	struct flow *f = w->flow;

	for (unsigned i = 0; i < w->n_events; i++) {
		for (unsigned k = 0; k < f->n_watchers; k++)
			f->watchers[k].fn(&w->events[i], &w->logs[i], f->watchers[k].arg);
	}
}

static void work_retry(void *arg)
{
	work_step(arg);
}

/* The write may or may not have happened: nobody passes on these aggregates until that is known. */
static void work_unsure(struct work *w)
{
	metric_add(&unsure_writes, 1);
	w->unsure++;
	if (w->unsure > FLOW_UNSURE_MAX) {
		log_event(LOG_ERROR, "write_given_up", LF_INT("events", w->n_events));
		work_untake(w);
		work_invalidate(w);
		work_finish(w, SG_E_IO, (struct str){0});
		return;
	}
	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_block(w->touched[i].agg, w);
	sched_after(w->flow->sched, (int64_t)FLOW_UNSURE_FIRST_MS << (w->unsure - 1), work_retry, w);
}

static void work_conflict(struct work *w)
{
	metric_add(&conflicts, 1);
	work_untake(w);
	work_invalidate(w);
	w->unsure = 0;
	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_unblock(w->touched[i].agg, w);
	if (++w->tries > FLOW_TRIES_MAX) {
		work_finish(w, SG_E_CONFLICT, (struct str){0});
		return;
	}
	work_step(w);
}

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	struct work *w = arg;

	if (st == SG_E_IO) {
		work_unsure(w);
		return;
	}
	if (st == SG_E_CONFLICT) {
		work_conflict(w);
		return;
	}
	work_untake(w);
	/* After an unknown outcome a repeat is our own write, seen at last. */
	if (st == SG_OK && done->repeated && !w->unsure) {
		metric_add(&repeats, 1);
		w->repeated = true;
		work_invalidate(w);
		work_finish(w, SG_OK, done->idem_result);
		return;
	}
	if (st == SG_OK)
		work_publish(w);
	else
		work_invalidate(w);
	work_finish(w, st, str_from(w->result));
}

/* ---- the way through ---- */

/* Blocked aggregates make a work stand in line; an unsure one gives its write again, others decide. */
static void work_step(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		struct aggregate *agg = w->touched[i].agg;

		if (agg->blocked_by && agg->blocked_by != w) {
			aggregate_wait(agg, w);
			return;
		}
	}
	if (w->unsure)
		work_write(w);
	else
		work_decide(w);
}

void work_wake(struct work *w)
{
	work_step(w);
}

void work_fail(struct work *w, enum sg_status st)
{
	work_refuse_later(w, st);
}

static void spec_copy(struct work *w, const struct work_spec *spec)
{
	w->spec = *spec;
	if (spec->idem_key.p) {
		w->spec.idem_source = arena_str(&w->own, spec->idem_source);
		w->spec.idem_key = arena_str(&w->own, spec->idem_key);
		return;
	}
	struct sg_id key = sg_id_make(w->now_ms, &w->flow->entropy);

	sg_id_text(&key, w->own_key);
	w->spec.idem_source = STR("segue");
	w->spec.idem_key = str_from(w->own_key);
}

enum sg_status flow_submit(struct flow *f, const struct work_spec *spec)
{
	if (f->n_works >= FLOW_WORKS_MAX)
		return SG_E_LIMIT;
	struct work *w = calloc(1, sizeof(*w));

	SG_ASSERT(w != NULL);
	w->flow = f;
	w->no = ++f->next_no;
	w->now_ms = sched_wall_ms(f->sched);
	arena_init(&w->own, FLOW_OWN_MAX);
	arena_init(&w->scratch, FLOW_SCRATCH_MAX);
	spec_copy(w, spec);
	f->n_works++;
	work_step(w);
	return SG_OK;
}
