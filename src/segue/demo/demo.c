#include "segue/demo/demo.h"

#include <sodium.h>
#include <stdlib.h>

#include "app/auth.h"
#include "base/log.h"
#include "segue/demo/demo_priv.h"

enum {
	IN_FLIGHT_MAX = 4,
	PERSONS = 2000,
	ITEMS = 10000,
	CONTACTS = 12000,
	PERSON_TEXT_MAX = 1024,
	NOW_LEAST_DAYS = 4 * 365
};

static const char password[] = "halden-demo";

void *demo_take(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	SG_ASSERT(p != NULL);
	return p;
}

static void demo_free(struct demo *d)
{
	demo_history_free(d);
	free(d->persons);
	free(d->items);
	demo_write_fini(&d->write);
	demo_content_fini(&d->content);
	arena_fini(&d->texts);
	free(d);
}

/* ---- the end ---- */

static struct demo_login login_of(const struct demo *d, struct str key)
{
	for (unsigned i = 0; i < d->content.n_agents; i++) {
		const struct demo_agent *a = &d->content.agents[i];

		if (str_eq(a->key, key))
			return (struct demo_login){.id = a->id, .name = a->name, .email = a->email};
	}
	return (struct demo_login){.name = STR(""), .email = STR("")};
}

static void sum_up(struct demo *d)
{
	struct demo_summary *s = &d->sum;

	s->password = password;
	s->company_domain = d->content.domain;
	s->maya = login_of(d, STR("maya"));
	s->omar = login_of(d, STR("omar"));
	s->ruth = login_of(d, STR("ruth"));
	s->fault = d->content.fault;
	s->events = d->write.events_sent;
	s->persons = d->n_persons;
	s->items = d->n_items;
	s->cases = d->n_cases;
	for (unsigned i = 0; i < d->n_cases; i++) {
		enum case_status st = d->cases[i].st.status;

		s->open_cases += st != CASE_STATUS_RESOLVED && st != CASE_STATUS_CLOSED;
	}
	if (d->persons)
		s->customer = (struct demo_login){.id = d->persons[0].id,
						  .name = d->persons[0].name,
						  .email = d->persons[0].email};
}

static void finish(void *arg)
{
	struct demo *d = arg;

	sum_up(d);
	d->done(d->st, &d->sum, d->arg);
	demo_free(d);
}

/* ---- writing, a few at a time ---- */

static void pump(struct demo *d);

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	struct demo *d = arg;

	(void)done;
	d->in_flight--;
	if (st != SG_OK && d->st == SG_OK)
		d->st = st;
	pump(d);
}

static bool generate(struct demo *d)
{
	return demo_catalog_next(d) || demo_history_next(d);
}

static void pump(struct demo *d)
{
	while (d->st == SG_OK && !d->is_made && d->in_flight < IN_FLIGHT_MAX) {
		while (!demo_write_is_full(&d->write) && !d->is_made)
			d->is_made = !generate(d);
		if (!d->write.n_events)
			break;
		d->in_flight++;
		demo_write_send(&d->write, on_written, d);
	}
	if (!d->in_flight)
		finish(d);
}

/* ---- the beginning ---- */

static void prepare(struct demo *d)
{
	int failed = sodium_init() < 0;

	SG_ASSERT(!failed);
	auth_hash_password(password, NULL, NULL, 0, d->password_hash);
	d->start_ms = d->opt.now_ms - (DEMO_HISTORY_DAYS + 1) * DEMO_DAY_MS;
	d->n_persons = d->opt.persons;
	d->n_items = d->opt.items > DEMO_HERO_ITEMS ? d->opt.items : DEMO_HERO_ITEMS;
	arena_init(&d->texts, ((size_t)d->n_persons + 1) * PERSON_TEXT_MAX);
	demo_catalog_prepare(d);
	demo_people_make(d);
	demo_items_make(d);
	demo_history_prepare(d);
}

static void begin(void *arg)
{
	struct demo *d = arg;

	if (d->opt.now_ms < NOW_LEAST_DAYS * DEMO_DAY_MS) {
		d->st = SG_E_INPUT;
		finish(d);
		return;
	}
	d->st = demo_content_load(&d->content, d->opt.content_dir);
	if (d->st != SG_OK) {
		log_event(LOG_ERROR, "demo_content", LF_STR("fault", d->content.fault));
		finish(d);
		return;
	}
	prepare(d);
	pump(d);
}

void demo_fill(struct sched *sched, struct store *store, const struct demo_options *opt,
	       void (*done)(enum sg_status st, const struct demo_summary *sum, void *arg),
	       void *arg)
{
	struct demo *d = demo_take(1, sizeof(*d));
	struct {
		struct demo_random *r;
		uint64_t tag;
	} dice[] = {{&d->ids, 1},    {&d->catalog, 2},  {&d->people, 3},
		    {&d->things, 4}, {&d->arrivals, 5}, {&d->talk, 6}};

	d->sched = sched;
	d->opt = *opt;
	d->opt.persons = opt->persons ? opt->persons : PERSONS;
	d->opt.items = opt->items ? opt->items : ITEMS;
	d->opt.contacts = opt->contacts ? opt->contacts : CONTACTS;
	d->done = done;
	d->arg = arg;
	for (unsigned i = 0; i < sizeof(dice) / sizeof(dice[0]); i++)
		demo_random_init(dice[i].r, opt->seed, dice[i].tag);
	arena_init(&d->texts, PERSON_TEXT_MAX);
	demo_write_init(&d->write, store, demo_random_entropy(&d->ids));
	sched_after(sched, 0, begin, d);
}
