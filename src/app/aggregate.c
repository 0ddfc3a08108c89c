/* aggregate.c - the states of streams in memory: loading, waiting in line, forgetting. */
#include <stdlib.h>

#include "app/flow_priv.h"
#include "app/rows.h"
#include "base/log.h"

void aggregates_init(struct aggregates *as)
{
	*as = (struct aggregates){.n = 0};
	for (unsigned i = 0; i < STREAM_KIND_N; i++)
		idmap_init(&as->map[i]);
}

void aggregates_fini(struct aggregates *as)
{
	struct aggregate *a = as->newest;

	while (a) {
		struct aggregate *older = a->older;

		free(a);
		a = older;
	}
	for (unsigned i = 0; i < STREAM_KIND_N; i++)
		idmap_fini(&as->map[i]);
}

static void unlink_aggregate(struct aggregates *as, struct aggregate *a)
{
	*(a->newer ? &a->newer->older : &as->newest) = a->older;
	*(a->older ? &a->older->newer : &as->oldest) = a->newer;
	a->newer = a->older = NULL;
	as->n--;
}

static void link_newest(struct aggregates *as, struct aggregate *a)
{
	a->older = as->newest;
	*(as->newest ? &as->newest->newer : &as->oldest) = a;
	as->newest = a;
	as->n++;
}

static bool is_idle(const struct aggregate *a)
{
	return !a->users && !a->pending && !a->waiters && !a->blocked_by && !a->loading;
}

/* Busy ones at the old end are passed over by making them new: each is looked at once a round at
 * most. */
static void trim(struct aggregates *as)
{
	for (unsigned tries = 0; as->n > AGGREGATES_MAX && tries < 8; tries++) {
		struct aggregate *a = as->oldest;

		unlink_aggregate(as, a);
		if (!is_idle(a)) {
			link_newest(as, a);
			continue;
		}
		idmap_remove(&as->map[a->state.kind], &a->id);
		free(a);
	}
}

void aggregate_blank(struct aggregate_state *s, enum stream_kind kind, const struct sg_id *id)
{
	*s = (struct aggregate_state){.kind = kind};
	if (kind == STREAM_INTERACTION)
		s->interaction.id = *id;
	else if (kind == STREAM_CASE)
		s->case_.id = *id;
	else if (kind == STREAM_AGENT)
		s->agent.id = *id;
}

uint64_t aggregate_seq(const struct aggregate_state *s)
{
	if (s->kind == STREAM_INTERACTION)
		return s->interaction.seq;
	if (s->kind == STREAM_CASE)
		return s->case_.seq;
	if (s->kind == STREAM_AGENT)
		return s->agent.seq;
	return s->seq;
}

struct aggregate *aggregate_get(struct flow *f, enum stream_kind kind, const struct sg_id *id)
{
	struct aggregates *as = &f->aggregates;
	struct aggregate *a = idmap_find(&as->map[kind], id);

	if (a) {
		unlink_aggregate(as, a);
		link_newest(as, a);
		return a;
	}
	a = calloc(1, sizeof(*a));
	SG_ASSERT(a != NULL);
	a->id = *id;
	a->flow = f;
	aggregate_blank(&a->state, kind, id);
	idmap_put(&as->map[kind], id, a);
	link_newest(as, a);
	trim(as);
	return a;
}

bool aggregate_ready(const struct aggregate *a, const struct work *w)
{
	return a->loaded && (!a->blocked_by || a->blocked_by == w);
}

/* ---- waiting and loading ---- */

static void wake_all(struct aggregate *a)
{
	struct work *list = a->waiters;

	a->waiters = NULL;
	a->users++; /* stays while its waiters run */
	while (list) {
		struct work *w = list;

		list = w->next_waiter;
		w->next_waiter = NULL;
		work_wake(w);
	}
	a->users--;
}

static void loaded(struct aggregate *a, enum sg_status st)
{
	a->loading = false;
	if (st == SG_OK || st == SG_E_NOT_FOUND) {
		a->loaded = true;
		wake_all(a);
		return;
	}
	log_event(LOG_WARN, "load_failed", LF_STR("status", sg_status_name(st)));
	struct work *list = a->waiters;

	a->waiters = NULL;
	while (list) {
		struct work *w = list;

		list = w->next_waiter;
		w->next_waiter = NULL;
		if (work_is_given(w))
			work_wake(w);
		else
			work_fail(w, st);
	}
}

static void on_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct aggregate *a = arg;

	if (st == SG_OK && n == 1) {
		if (a->state.kind == STREAM_INTERACTION)
			rows_interaction(rows, &a->state.interaction);
		else if (a->state.kind == STREAM_CASE)
			rows_case(rows, &a->state.case_);
		else
			rows_agent(rows, &a->state.agent);
	}
	loaded(a, st);
}

static void load_plain(struct aggregate *a);

static void on_plain(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct aggregate *a = arg;

	if (st == SG_OK && n > 0)
		a->state.seq = ev[n - 1].seq;
	if (st == SG_OK && n == STORE_RANGE_MAX)
		load_plain(a);
	else
		loaded(a, st);
}

static void load_plain(struct aggregate *a)
{
	store_events(a->flow->store, &a->id, a->state.seq, STORE_RANGE_MAX, on_plain, a);
}

static void load(struct aggregate *a)
{
	struct value key = {.id = a->id};
	enum stream_kind kind = a->state.kind;

	a->loading = true;
	aggregate_blank(&a->state, kind, &a->id);
	if (kind == STREAM_INTERACTION)
		store_get(a->flow->store, TABLE_INTERACTION, &key, on_row, a);
	else if (kind == STREAM_CASE)
		store_get(a->flow->store, TABLE_CASE, &key, on_row, a);
	else if (kind == STREAM_AGENT)
		store_get(a->flow->store, TABLE_AGENT, &key, on_row, a);
	else
		load_plain(a);
}

/* A load while writes are under way would see some of them and not others, and who came late would
 * pass those that are decided again. Behind an unsure write it would see the past. */
void aggregate_settle(struct aggregate *a)
{
	if (a->waiters && !a->loaded && !a->loading && !a->pending && !a->blocked_by)
		load(a);
}

/* Whose write has been given goes first, in the order of the writes; the rest as they came. */
static bool stands_before(const struct work *a, const struct work *b)
{
	bool given = work_is_given(a);

	if (given != work_is_given(b))
		return given;
	return given ? a->given_no < b->given_no : a->no < b->no;
}

void aggregate_wait(struct aggregate *a, struct work *w)
{
	struct work **at = &a->waiters;

	if (a->blocked_by && a->blocked_by->overdue && work_is_given(w))
		work_tell_unknown(w);
	if (a->blocked_by && a->blocked_by->overdue && !work_is_given(w) && !work_is_own(w)) {
		work_fail(w, SG_E_IO);
		return;
	}
	while (*at && stands_before(*at, w))
		at = &(*at)->next_waiter;
	w->next_waiter = *at;
	*at = w;
	aggregate_settle(a);
}

void aggregate_forget(struct aggregate *a)
{
	a->loaded = false;
}

void aggregate_block(struct aggregate *a, struct work *w)
{
	if (!a->blocked_by || w->given_no < a->blocked_by->given_no)
		a->blocked_by = w;
}

void aggregate_unblock(struct aggregate *a, struct work *w)
{
	if (a->blocked_by != w)
		return;
	a->blocked_by = work_next_unsure(a, w);
	wake_all(a); /* those who need it loaded stand in line again */
}

void aggregate_refuse_waiters(struct aggregate *a, enum sg_status st)
{
	struct work **at = &a->waiters;

	while (*at) {
		struct work *w = *at;

		if (work_is_given(w) || work_is_own(w)) {
			if (work_is_given(w))
				work_tell_unknown(w);
			at = &w->next_waiter;
			continue;
		}
		*at = w->next_waiter;
		w->next_waiter = NULL;
		work_fail(w, st);
	}
}
