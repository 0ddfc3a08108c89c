#include "app/app.h"

#include <stdlib.h>

enum { CASE_NUMBER_FIRST = 1001 };

struct loading {
	struct app *app;
	void (*done)(enum sg_status st, void *arg);
	void *arg;
};

struct app *app_new(struct sched *sched, struct store *store, const struct entropy *entropy,
		    const struct worker *worker, const struct app_options *opt)
{
	struct app *a = calloc(1, sizeof(*a));

	SG_ASSERT(a != NULL);
	a->sched = sched;
	a->store = store;
	a->entropy = *entropy;
	a->worker = *worker;
	a->flow = flow_new(sched, store, entropy);
	a->catalog = catalog_new(a->flow, store);
	a->dispatch = dispatch_new(sched, store, a->flow, a->catalog, &opt->dispatch);
	a->outbox = outbox_new(sched, store, opt->channels);
	a->auth = auth_new(a, &opt->auth);
	return a;
}

void app_free(struct app *a)
{
	if (!a)
		return;
	auth_free(a->auth);
	outbox_free(a->outbox);
	dispatch_free(a->dispatch);
	catalog_free(a->catalog);
	flow_free(a->flow);
	free(a);
}

static void load_end(enum sg_status st, struct loading *l)
{
	l->done(st, l->arg);
	free(l);
}

static void on_auth(enum sg_status st, void *arg)
{
	struct loading *l = arg;

	if (st == SG_OK)
		outbox_kick(l->app->outbox);
	load_end(st, l);
}

static void on_dispatch(enum sg_status st, void *arg)
{
	struct loading *l = arg;

	if (st == SG_OK)
		auth_load(l->app->auth, on_auth, l);
	else
		load_end(st, l);
}

static void on_catalog(enum sg_status st, void *arg)
{
	struct loading *l = arg;

	if (st == SG_OK)
		dispatch_load(l->app->dispatch, on_dispatch, l);
	else
		load_end(st, l);
}

static void on_last_case(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct loading *l = arg;

	if (st != SG_OK) {
		load_end(st, l);
		return;
	}
	l->app->next_case_number = n ? rows[0].v[CASE_COL_NUMBER].i + 1 : 0;
	if (l->app->next_case_number < CASE_NUMBER_FIRST)
		l->app->next_case_number = CASE_NUMBER_FIRST;
	catalog_load(l->app->catalog, on_catalog, l);
}

void app_load(struct app *a, void (*done)(enum sg_status st, void *arg), void *arg)
{
	struct loading *l = malloc(sizeof(*l));
	struct store_range last = {.index = INDEX_CASE_BY_NUMBER, .descending = true, .limit = 1};

	SG_ASSERT(l != NULL);
	*l = (struct loading){.app = a, .done = done, .arg = arg};
	store_range(a->store, &last, on_last_case, l);
}
