#include "app/flow_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"

enum {
	FLOW_TRIES_MAX = 8,  /* decisions of one work after conflicts */
	FLOW_UNSURE_MAX = 6, /* writes given again after I/O errors before the sender is told: 50 +
				100 + … + 1600 ms */
	FLOW_UNSURE_FIRST_MS = 50,
};

static struct metric conflicts =
	METRIC_COUNTER("segue_flow_conflicts_total", "Works decided again after a conflict");
static struct metric unsure_writes =
	METRIC_COUNTER("segue_flow_unsure_total", "Writes given again after an I/O error");
static struct metric repeats = METRIC_COUNTER("segue_flow_repeats_total",
					      "Repeated commands answered from the first time");

static void work_step(struct work *w);
static void work_free(struct work *w);

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
	while (f->works) { /* only such as wait for a store that is out */
		SG_ASSERT(!f->works->in_store);
		sched_cancel(f->sched, f->works->timer);
		work_free(f->works);
	}
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
	struct flow *f = w->flow;

	if (w->spec.free_arg)
		w->spec.free_arg(w->spec.arg);
	for (unsigned i = 0; i < w->n_touched; i++)
		w->touched[i].agg->users--;
	*(w->prev ? &w->prev->next : &f->works) = w->next;
	if (w->next)
		w->next->prev = w->prev;
	free(w->rows);
	arena_fini(&w->scratch);
	arena_fini(&w->own);
	f->n_works--;
	free(w);
}

static void work_answer(struct work *w, enum sg_status st, struct str result)
{
	struct work_answer answer = {
		.st = st,
		.why = st == SG_OK ? NULL : w->why,
		.repeated = w->repeated,
		.result = result,
	};

	if (w->spec.done)
		w->spec.done(&answer, w->spec.arg);
	w->spec.done = NULL;
}

static void work_release(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_unblock(w->touched[i].agg, w);
	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_settle(w->touched[i].agg);
}

static void work_finish(struct work *w, enum sg_status st, struct str result)
{
	work_answer(w, st, result);
	work_release(w);
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
	char result[FLOW_RESULT_MAX + WORK_TAG + 1];

	snprintf(result, sizeof(result), "%s%s", w->result, w->tag);
	struct store_write sw = {
		.idem_source = w->spec.idem_source,
		.idem_key = w->spec.idem_key,
		.idem_result = str_from(result),
		.events = w->logs,
		.n_events = w->n_events,
		.rows = w->rows,
		.n_rows = w->n_rows,
		.outbox = w->outbox,
		.n_outbox = w->n_outbox,
	};

	w->in_store = true;
	store_write(w->flow->store, &sw, on_written, w);
}

static void work_refuse_later(struct work *w, enum sg_status st)
{
	w->refused = st;
	w->timer = sched_after(w->flow->sched, 0, work_refused, w);
}

static void work_was_done(struct work *w, struct str stored);

/* Was it refused for what another work wanted, and that did not happen or may not have happened? */
static bool was_premature(const struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		if (!w->touched[i].agg->loaded || w->touched[i].agg->blocked_by)
			return true;
	}
	return false;
}

static void on_asked(enum sg_status st, const struct store_done *done, void *arg)
{
	struct work *w = arg;

	w->in_store = false;
	if (st == SG_OK)
		work_was_done(w, done->idem_result);
	else if (st == SG_E_NOT_FOUND && was_premature(w) && w->tries++ < FLOW_TRIES_MAX)
		work_step(w);
	else
		work_finish(w, st == SG_E_NOT_FOUND ? w->refused : st, (struct str){0});
}

/* What was done the first time may be just why it is refused now ("closed"): a repeat is told what
 * the first was. */
static void work_turn_down(struct work *w, enum sg_status st)
{
	struct store_write question = {
		.idem_source = w->spec.idem_source,
		.idem_key = w->spec.idem_key,
		.is_question = true,
	};

	if (w->own_key[0] || st == SG_OK) {
		work_refuse_later(w, st);
		return;
	}
	w->refused = st;
	w->in_store = true;
	store_write(w->flow->store, &question, on_asked, w);
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
		work_turn_down(w, st);
		return;
	}
	work_take(w);
	w->given_no = ++w->flow->next_given;
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
	struct work *w = arg;

	w->timer = 0;
	work_step(w);
}

void work_tell_unknown(struct work *w)
{
	if (work_is_own(w) || w->told)
		return;
	w->told = true;
	work_answer(w, SG_E_IO, (struct str){0});
}

/* The store is out. Whoever waits for an answer is told so; the write itself is given again until
 * its outcome is known, for if it happened the watchers must learn of it. */
static void work_overdue(struct work *w)
{
	w->overdue = true;
	log_event(LOG_ERROR, "write_overdue", LF_INT("events", w->n_events));
	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_refuse_waiters(w->touched[i].agg, SG_E_IO);
	work_tell_unknown(w);
}

/* The write may or may not have happened: nobody passes on these aggregates until that is known. */
static void work_unsure(struct work *w)
{
	unsigned doublings = w->unsure < FLOW_UNSURE_MAX ? w->unsure : FLOW_UNSURE_MAX - 1;

	metric_add(&unsure_writes, 1);
	w->unsure++;
	for (unsigned i = 0; i < w->n_touched; i++)
		aggregate_block(w->touched[i].agg, w);
	if (w->unsure > FLOW_UNSURE_MAX && !w->overdue)
		work_overdue(w);
	w->timer = sched_after(w->flow->sched, (int64_t)FLOW_UNSURE_FIRST_MS << doublings,
			       work_retry, w);
}

static void work_conflict(struct work *w)
{
	bool too_late = w->told;

	metric_add(&conflicts, 1);
	work_untake(w);
	work_invalidate(w);
	w->unsure = 0;
	w->overdue = false;
	if (too_late || ++w->tries > FLOW_TRIES_MAX) {
		work_finish(w, SG_E_CONFLICT, (struct str){0});
		return;
	}
	work_release(w);
	work_step(w);
}

/* Done by an earlier giving of the same command; stored: the result it had, and its tag. */
static void work_was_done(struct work *w, struct str stored)
{
	struct str result = {.p = stored.p, .n = stored.n >= WORK_TAG ? stored.n - WORK_TAG : 0};

	metric_add(&repeats, 1);
	w->repeated = true;
	work_finish(w, SG_OK, result);
}

static bool is_own_result(const struct work *w, struct str stored)
{
	return stored.n >= WORK_TAG &&
	       memcmp(stored.p + stored.n - WORK_TAG, w->tag, WORK_TAG) == 0;
}

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	struct work *w = arg;

	w->in_store = false;
	if (st == SG_E_IO ||
	    (w->unsure && st == SG_E_LIMIT)) { /* a refused repeat says nothing of the first */
		work_unsure(w);
		return;
	}
	if (st == SG_E_CONFLICT) {
		work_conflict(w);
		return;
	}
	/* After an unknown outcome a repeat is our own write, seen at last; unless a twin of the
	 * same key passed. */
	if (st == SG_OK &&
	    (!done->repeated || (w->unsure && is_own_result(w, done->idem_result)))) {
		w->written = true;
		work_step(w);
		return;
	}
	work_untake(w);
	work_invalidate(w);
	if (st == SG_OK)
		work_was_done(w, done->idem_result);
	else
		work_finish(w, st, (struct str){0});
}

/* ---- the way through ---- */

/* Whose unsure write must be known before this work goes on: anybody's if it has not been given,
 * those given before it if it has (the total order of given_no keeps two from waiting for each
 * other). */
static bool stands_behind(const struct work *w, const struct aggregate *agg)
{
	const struct work *by = agg->blocked_by;

	return by && by != w && (!work_is_given(w) || by->given_no < w->given_no);
}

/* Blocked aggregates make a work stand in line; then a durable one is told, an unsure one gives its
 * write again, others decide. */
static void work_step(struct work *w)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		if (stands_behind(w, w->touched[i].agg)) {
			aggregate_wait(w->touched[i].agg, w);
			return;
		}
	}
	if (w->written) {
		work_untake(w);
		work_publish(w);
		work_finish(w, SG_OK, str_from(w->result));
	} else if (w->unsure) {
		work_write(w);
	} else {
		work_decide(w);
	}
}

void work_wake(struct work *w)
{
	work_step(w);
}

void work_fail(struct work *w, enum sg_status st)
{
	work_refuse_later(w, st);
}

bool work_is_given(const struct work *w)
{
	return w->unsure || w->written;
}

bool work_is_own(const struct work *w)
{
	return w->spec.actor.role == ROLE_NONE;
}

struct work *work_next_unsure(const struct aggregate *a, const struct work *but)
{
	struct work *first = NULL;

	for (struct work *w = a->flow->works; w; w = w->next) {
		if (w == but || !w->unsure || w->written ||
		    (first && first->given_no < w->given_no))
			continue;
		for (unsigned i = 0; i < w->n_touched; i++) {
			if (w->touched[i].agg == a)
				first = w;
		}
	}
	return first;
}

static void spec_copy(struct work *w, const struct work_spec *spec)
{
	struct sg_id key = sg_id_make(w->now_ms, &w->flow->entropy);

	sg_id_text(&key, w->own_key);
	w->tag[0] = '\n';
	memcpy(w->tag + 1, w->own_key + SG_ID_TEXT - WORK_TAG + 1, WORK_TAG);
	w->own_key[0] = '\0';
	w->spec = *spec;
	if (spec->idem_key.p) {
		w->spec.idem_source = arena_str(&w->own, spec->idem_source);
		w->spec.idem_key = arena_str(&w->own, spec->idem_key);
		return;
	}
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
	w->next = f->works;
	if (w->next)
		w->next->prev = w;
	f->works = w;
	f->n_works++;
	work_step(w);
	return SG_OK;
}
