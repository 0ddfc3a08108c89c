/* ops_staff.c - what agents and managers look at: persons, timelines, queues, colleagues, desk,
 * board. */
#include <stdlib.h>
#include <string.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "api/resource.h"
#include "app/project.h"
#include "core/person.h"
#include "core/route.h"

enum { FOUND_MAX = 20, WORK_MAX = 50, WAITING_SHOWN_MAX = 100, TIMELINE_MAX = 100 };

/* ---- persons ---- */

static void on_identities(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (call_got(c, st) != SG_OK)
		return;
	json_begin_array(&c->j, "identities");
	for (unsigned i = 0; i < n && i < 50; i++) {
		json_begin_object(&c->j, NULL);
		json_cstr(&c->j, "kind",
			  identity_kind_names[rows[i].v[IDENTITY_COL_IDENTITY_KIND].i]);
		json_str(&c->j, "value", rows[i].v[IDENTITY_COL_VALUE_TEXT].s);
		json_bool(&c->j, "verified", rows[i].v[IDENTITY_COL_VERIFIED].i);
		json_close(&c->j);
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

static void on_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = call_range(INDEX_IDENTITY_BY_PERSON, &c->id);

	(void)n;
	if (call_got(c, st) != SG_OK)
		return;
	resource_person(&c->j, NULL, rows, true);
	call_ask(c, &q, on_identities);
}

void op_get_person(struct call *c)
{
	c->id = params_id(c->params, "person");
	call_get(c, TABLE_PERSON, &c->id, on_person);
}

static bool has_prefix(struct str s, struct str prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

static void on_names(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct str q = str_from(c->more);

	if (call_got(c, st) != SG_OK)
		return;
	for (unsigned i = 0; i < n && has_prefix(rows[i].v[PERSON_COL_NAME].s, q); i++) {
		if (!sg_id_eq(&rows[i].v[PERSON_COL_ID].id, &c->id))
			resource_person(&c->j, NULL, &rows[i], false);
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

/* By name: the rows from the typed words on, as names are written (first letter large). */
static void find_by_name(struct call *c)
{
	struct store_range q = {.index = INDEX_PERSON_BY_NAME,
				.limit = FOUND_MAX,
				.n_after = 2}; /* the id none: the name itself, too */

	q.after[0].s = str_from(c->more);
	call_ask(c, &q, on_names);
}

static void on_found_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (st != SG_E_NOT_FOUND && call_got(c, st) != SG_OK)
		return;
	if (n == 1) {
		c->id = rows[0].v[PERSON_COL_ID].id;
		resource_person(&c->j, NULL, rows, false);
	}
	find_by_name(c);
}

static void on_external(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	on_found_person(st, rows, n ? 1 : 0, arg);
}

static void on_identity(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = {.index = INDEX_PERSON_BY_EXTERNAL, .n_eq = 1, .limit = 1};

	if (st != SG_E_NOT_FOUND && call_got(c, st) != SG_OK)
		return;
	q.eq[0].s = params_str(c->params, "q");
	if (n == 1)
		call_get(c, TABLE_PERSON, &rows[0].v[IDENTITY_COL_PERSON].id, on_found_person);
	else
		call_ask(c, &q, on_external);
}

void op_find_persons(struct call *c)
{
	struct str q = params_str(c->params, "q");
	char *words = strndup(q.p, q.n);

	SG_ASSERT(words != NULL);
	if (words[0] >= 'a' && words[0] <= 'z')
		words[0] = (char)(words[0] - 'a' + 'A');
	c->more = words;
	call_begin(c);
	json_begin_array(&c->j, "rows");
	struct value key[2] = {{.i = IDENTITY_KIND_PHONE}, {.s = q}};
	char email[256];

	if (memchr(q.p, '@', q.n)) {
		key[0].i = IDENTITY_KIND_EMAIL;
		key[1].s = (struct str){.p = email, .n = person_email_key(email, sizeof(email), q)};
	}

	store_get(c->app->store, TABLE_IDENTITY, key, on_identity, c);
}

static void on_timeline_items(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (call_got(c, st) != SG_OK)
		return;
	json_begin_array(&c->j, "items");
	for (unsigned i = 0; i < n; i++)
		resource_item(&c->j, NULL, &rows[i]);
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

static void on_timeline_cases(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = call_range(INDEX_ITEM_BY_PERSON, &c->id);

	if (call_got(c, st) != SG_OK)
		return;
	json_begin_array(&c->j, "cases");
	for (unsigned i = 0; i < n; i++)
		resource_case(&c->j, NULL, &rows[i]);
	json_close(&c->j);
	q.limit = TIMELINE_MAX;
	call_ask(c, &q, on_timeline_items);
}

static void on_timeline(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = call_range(INDEX_CASE_BY_PERSON, &c->id);

	if (call_got(c, st) != SG_OK)
		return;
	call_begin(c);
	json_begin_array(&c->j, "interactions");
	for (unsigned i = 0; i < n; i++)
		resource_interaction(&c->j, NULL, c->app, &rows[i]);
	json_close(&c->j);
	q.limit = TIMELINE_MAX;
	call_ask(c, &q, on_timeline_cases);
}

void op_get_timeline(struct call *c)
{
	struct store_range q;

	c->id = params_id(c->params, "person");
	q = call_range(INDEX_INTERACTION_BY_PERSON, &c->id);
	q.limit = TIMELINE_MAX;
	call_ask(c, &q, on_timeline);
}

/* ---- lists from the catalogue ---- */

static void write_queue(struct json *j, const struct row *r)
{
	json_begin_object(j, NULL);
	json_id(j, "id", &r->v[QUEUE_COL_ID].id);
	json_str(j, "name", r->v[QUEUE_COL_NAME].s);
	json_int(j, "offer_ms", r->v[QUEUE_COL_OFFER_MS].i);
	json_close(j);
}

static void write_canned(struct json *j, const struct row *r)
{
	json_begin_object(j, NULL);
	json_id(j, "id", &r->v[CANNED_COL_ID].id);
	json_str(j, "name", r->v[CANNED_COL_NAME].s);
	json_str(j, "title", r->v[CANNED_COL_TITLE].s);
	json_str(j, "text", r->v[CANNED_COL_TEXT].s);
	json_close(j);
}

void op_list_queues(struct call *c)
{
	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (unsigned i = 0; i < catalog_count(c->app->catalog, TABLE_QUEUE); i++) {
		const struct row *r = &catalog_at(c->app->catalog, TABLE_QUEUE, i)->row;

		if (r->v[QUEUE_COL_ACTIVE].i)
			write_queue(&c->j, r);
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

void op_list_canned(struct call *c)
{
	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (unsigned i = 0; i < catalog_count(c->app->catalog, TABLE_CANNED); i++) {
		const struct row *r = &catalog_at(c->app->catalog, TABLE_CANNED, i)->row;

		if (r->v[CANNED_COL_ACTIVE].i)
			write_canned(&c->j, r);
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

static void write_agents(struct json *j, const char *key, const struct app *a)
{
	json_begin_array(j, key);
	for (unsigned i = 0; i < catalog_count(a->catalog, TABLE_AGENT); i++) {
		const struct row *r = &catalog_at(a->catalog, TABLE_AGENT, i)->row;

		if (r->v[AGENT_COL_ACTIVE].i && r->v[AGENT_COL_ROLE].i == ROLE_AGENT)
			resource_agent(j, NULL, a, r);
	}
	json_close(j);
}

void op_list_agents(struct call *c)
{
	call_begin(c);
	write_agents(&c->j, "rows", c->app);
	json_close(&c->j);
	call_answer(c);
}

/* ---- desk ---- */

/* Writing a desk takes three looks: what is offered, active, to wrap up. */
struct desk_writing {
	const struct app *app;
	struct json *j;
	struct sg_id agent;
	unsigned state;
	ops_written_fn *done;
	void *arg;
};

static const char *const desk_states[] = {"offered", "active", "wrapup"};

static void desk_ask(struct desk_writing *w);

static void on_desk_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct desk_writing *w = arg;

	for (unsigned i = 0; st == SG_OK && i < n; i++)
		resource_interaction(w->j, NULL, w->app, &rows[i]);
	if (st == SG_OK && ++w->state < sizeof(desk_states) / sizeof(desk_states[0])) {
		desk_ask(w);
		return;
	}
	json_close(w->j);
	json_close(w->j);
	w->done(st, w->arg);
	free(w);
}

static void desk_ask(struct desk_writing *w)
{
	struct store_range q = {.index = INDEX_INTERACTION_BY_AGENT, .n_eq = 2, .limit = WORK_MAX};

	q.eq[0].id = w->agent;
	q.eq[1].s = str_from(desk_states[w->state]);
	store_range(w->app->store, &q, on_desk_rows, w);
}

void ops_write_desk(struct json *j, const char *key, const struct app *a, const struct sg_id *agent,
		    ops_written_fn *done, void *arg)
{
	const struct catalog_entry *me = catalog_find(a->catalog, TABLE_AGENT, agent);
	int64_t presence = me ? me->row.v[AGENT_COL_PRESENCE].i : 0;
	int64_t reason = me ? me->row.v[AGENT_COL_PRESENCE_REASON].i : 0;
	struct desk_writing *w = malloc(sizeof(*w));

	SG_ASSERT(w != NULL);
	*w = (struct desk_writing){.app = a, .j = j, .agent = *agent, .done = done, .arg = arg};
	json_begin_object(j, key);
	json_cstr(j, "presence", presence_names[presence ? presence : PRESENCE_OFFLINE]);
	json_cstr(j, "presence_reason", reason ? reason_names[reason] : NULL);
	json_int(j, "capacity", me ? me->row.v[AGENT_COL_CAPACITY].i : 0);
	json_begin_array(j, "work");
	desk_ask(w);
}

static void on_written(enum sg_status st, void *arg)
{
	struct call *c = arg;

	if (call_got(c, st) == SG_OK)
		call_answer(c);
}

void op_get_desk(struct call *c)
{
	ops_write_desk(&c->j, NULL, c->app, &c->viewer.actor.id, on_written, c);
}

static void on_presence(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (answer->st == SG_OK || answer->st == SG_E_AGAIN)
		call_ok(c);
	else
		call_refuse(c, answer->st, answer->why);
}

void op_set_presence(struct call *c)
{
	struct contact_call cc = call_contact(c);

	cc.done = on_presence;
	contact_presence(
		c->app, &cc, &c->viewer.actor.id,
		(enum presence)params_enum(c->params, "presence", presence_names, PRESENCE_N));
}

/* ---- board ---- */

static const struct row *day_of(const struct row *days, unsigned n, const struct sg_id *queue)
{
	for (unsigned i = 0; i < n; i++) {
		if (sg_id_eq(&days[i].v[QUEUE_DAY_COL_QUEUE].id, queue))
			return &days[i];
	}
	return NULL;
}

struct board_writing {
	const struct app *app;
	struct json *j;
	ops_written_fn *done;
	void *arg;
};

static void board_end(struct board_writing *w, enum sg_status st)
{
	json_close(w->j);
	w->done(st, w->arg);
	free(w);
}

static void on_board_waiting(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct board_writing *w = arg;

	for (unsigned i = 0; st == SG_OK && i < n; i++)
		resource_interaction(w->j, NULL, w->app, &rows[i]);
	json_close(w->j);
	board_end(w, st);
}

/* Those that ring at an agent wait, too: they come first. */
static void on_board_ringing(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct board_writing *w = arg;
	struct store_range q = {
		.index = INDEX_INTERACTION_BY_STATE, .n_eq = 1, .limit = WAITING_SHOWN_MAX};

	json_begin_array(w->j, "waiting");
	for (unsigned i = 0; st == SG_OK && i < n; i++)
		resource_interaction(w->j, NULL, w->app, &rows[i]);
	q.eq[0].s = STR("queued");
	store_range(w->app->store, &q, on_board_waiting, w);
}

static void on_board_days(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct board_writing *w = arg;
	const struct catalog *cat = w->app->catalog;
	struct store_range q = {
		.index = INDEX_INTERACTION_BY_STATE, .n_eq = 1, .limit = WAITING_SHOWN_MAX};

	if (st != SG_OK) {
		board_end(w, st);
		return;
	}
	json_begin_array(w->j, "queues");
	for (unsigned i = 0; i < catalog_count(cat, TABLE_QUEUE); i++) {
		const struct catalog_entry *e = catalog_at(cat, TABLE_QUEUE, i);

		if (e->row.v[QUEUE_COL_ACTIVE].i)
			resource_board_queue(w->j, NULL, w->app, &e->row, day_of(rows, n, &e->id));
	}
	json_close(w->j);
	write_agents(w->j, "agents", w->app);
	q.eq[0].s = STR("offered");
	store_range(w->app->store, &q, on_board_ringing, w);
}

void ops_write_board(struct json *j, const char *key, const struct app *a, ops_written_fn *done,
		     void *arg)
{
	struct board_writing *w = malloc(sizeof(*w));
	struct store_range q = {
		.index = INDEX_QUEUE_DAY_BY_DAY, .n_eq = 1, .limit = ROUTE_QUEUES_MAX};

	SG_ASSERT(w != NULL);
	*w = (struct board_writing){.app = a, .j = j, .done = done, .arg = arg};
	json_begin_object(j, key);
	json_time(j, "at", sched_wall_ms(a->sched));
	q.eq[0].i = sched_wall_ms(a->sched) / DAY_MS;
	store_range(a->store, &q, on_board_days, w);
}

void op_get_board(struct call *c)
{
	ops_write_board(&c->j, NULL, c->app, on_written, c);
}
