/* ops_integrator.c - persons and items from other systems, by their external ids. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "api/resource.h"
#include "core/item.h"
#include "core/person.h"

/* A new one's id comes from its external id, so that two requests at the same time make one, not
 * two. UUID version 8 (RFC 9562 section 5.8). */
static struct sg_id id_for(struct str kind, struct str external_id)
{
	char name[2048], hash[AUTH_TOKEN_TEXT + 1], text[SG_ID_TEXT + 1];
	struct sg_id id;
	int n = snprintf(name, sizeof(name), "%.*s %.*s", (int)kind.n, kind.p, (int)external_id.n,
			 external_id.p);

	SG_ASSERT(n > 0 && (size_t)n < sizeof(name));
	auth_hash_token(str_from(name), hash);
	(void)snprintf(text, sizeof(text), "%.8s-%.4s-8%.3s-8%.3s-%.12s", hash, hash + 8, hash + 12,
		       hash + 15, hash + 18);
	enum sg_status st = sg_id_parse(str_from(text), &id);

	SG_ASSERT(st == SG_OK);
	return id;
}

/* ---- persons ---- */

static void on_person_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	if (call_got(c, st) != SG_OK)
		return;
	resource_person(&c->j, NULL, rows, false);
	call_answer(c);
}

static void on_person_put(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (call_got(c, answer->st) == SG_OK)
		call_get(c, TABLE_PERSON, &c->id, on_person_row);
}

struct putting {
	char email[256], old[256]; /* as they are looked up */
};

/* The integrator vouches for the e-mail address it gives: it is a verified identity. One it has
 * taken away is none any more. */
static void put_person(struct call *c, bool unlink_old)
{
	const struct putting *p = c->more;
	struct contact_call cc = call_contact(c);
	struct event ev[4] = {{.kind = EVENT_PERSON_PUT}, {.kind = EVENT_IDENTITY_LINKED}};
	unsigned n_ev = 2;

	ev[0].f = (struct facts){
		.name = params_str(c->params, "name"),
		.ring = (enum ring)params_enum(c->params, "ring", ring_names, RING_N),
		.email = str_from(p->email[0] ? p->email : NULL),
		.phone = params_str(c->params, "phone"),
		.zip = params_str(c->params, "zip"),
		.lang = params_str(c->params, "lang"),
		.value = params_int(c->params, "value", 0),
		.since_at = params_time(c->params, "since_at"),
		.external_id = params_str(c->params, "external_id"),
	};
	ev[1].f = (struct facts){
		.identity_kind = IDENTITY_KIND_ACCOUNT,
		.value_text = params_str(c->params, "external_id"),
		.verified = true,
	};
	if (unlink_old) {
		ev[n_ev].kind = EVENT_IDENTITY_UNLINKED;
		ev[n_ev++].f = (struct facts){.identity_kind = IDENTITY_KIND_EMAIL,
					      .value_text = str_from(p->old)};
	}
	if (p->email[0]) {
		ev[n_ev].kind = EVENT_IDENTITY_LINKED;
		ev[n_ev++].f = (struct facts){
			.identity_kind = IDENTITY_KIND_EMAIL,
			.value_text = str_from(p->email),
			.verified = true,
		};
	}
	for (unsigned i = 0; i < n_ev; i++)
		ev[i].stream = c->id;
	cc.done = on_person_put;
	contact_put(c->app, &cc, ev, n_ev);
}

static void get_email(struct call *c, const char *email, store_rows_cb *cb)
{
	struct value key[2] = {{.i = IDENTITY_KIND_EMAIL}, {.s = str_from(email)}};

	store_get(c->app->store, TABLE_IDENTITY, key, cb, c);
}

/* Only what is theirs is taken away. */
static void on_old_email(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (st != SG_E_NOT_FOUND && call_got(c, st) != SG_OK)
		return;
	put_person(c, n == 1 && sg_id_eq(&rows[0].v[IDENTITY_COL_PERSON].id, &c->id));
}

static void check_old_email(struct call *c)
{
	const struct putting *p = c->more;

	if (p->old[0] && strcmp(p->old, p->email) != 0)
		get_email(c, p->old, on_old_email);
	else
		put_person(c, false);
}

/* Two persons with one address: a sign-in link would open the wrong one. */
static void on_new_email(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (st != SG_E_NOT_FOUND && call_got(c, st) != SG_OK)
		return;
	if (n == 0 || !rows[0].v[IDENTITY_COL_VERIFIED].i ||
	    sg_id_eq(&rows[0].v[IDENTITY_COL_PERSON].id, &c->id)) {
		check_old_email(c);
		return;
	}
	struct problem p = problem_field("email", "This address is another person's.");

	call_problem(c, &p);
}

static void on_person_known(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (call_got(c, st) != SG_OK)
		return;
	struct putting *p = calloc(1, sizeof(*p));

	SG_ASSERT(p != NULL);
	c->more = p;
	c->id = n ? rows[0].v[PERSON_COL_ID].id
		  : id_for(STR("person"), params_str(c->params, "external_id"));
	person_email_key(p->email, sizeof(p->email), params_str(c->params, "email"));
	if (n)
		person_email_key(p->old, sizeof(p->old), rows[0].v[PERSON_COL_EMAIL].s);
	if (p->email[0])
		get_email(c, p->email, on_new_email);
	else
		check_old_email(c);
}

void op_put_person(struct call *c)
{
	struct store_range q = {.index = INDEX_PERSON_BY_EXTERNAL, .n_eq = 1, .limit = 1};

	q.eq[0].s = params_str(c->params, "external_id");
	call_ask(c, &q, on_person_known);
}

/* ---- items ---- */

static void on_item_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	if (call_got(c, st) != SG_OK)
		return;
	resource_item(&c->j, NULL, rows);
	call_answer(c);
}

static void on_item_put(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (call_got(c, answer->st) == SG_OK)
		call_get(c, TABLE_ITEM, &c->id, on_item_row);
}

static void on_item_known(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct contact_call cc = call_contact(c);
	const json_t *attrs = params_json(c->params, "attrs");
	struct event ev = {.kind = EVENT_ITEM_PUT};

	if (call_got(c, st) != SG_OK)
		return;
	c->id = n ? rows[0].v[ITEM_COL_ID].id
		  : id_for(params_str(c->params, "kind"), params_str(c->params, "external_id"));
	char *attrs_text = attrs ? json_dumps(attrs, JSON_COMPACT) : NULL;

	ev.stream = c->id;
	ev.f = (struct facts){
		.person = c->id2,
		.kind = params_str(c->params, "kind"),
		.external_id = params_str(c->params, "external_id"),
		.title = params_str(c->params, "title"),
		.state = params_str(c->params, "state"),
		.occurred_at = params_time(c->params, "occurred_at"),
		.due_at = params_time(c->params, "due_at"),
		.amount = params_int(c->params, "amount", 0),
		.currency = params_str(c->params, "currency"),
		.attrs = str_from(attrs_text),
	};
	const char *fault = item_fault(&ev.f);

	if (fault) {
		struct problem p =
			problem_field(fault, "This %s does not fit an item of this kind.", fault);

		call_problem(c, &p);
	} else {
		cc.done = on_item_put;
		contact_put(c->app, &cc, &ev, 1);
	}
	free(attrs_text);
}

static void on_item_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = {.index = INDEX_ITEM_BY_EXTERNAL, .n_eq = 2, .limit = 1};

	if (call_got(c, st) != SG_OK)
		return;
	if (n == 0) {
		struct problem p =
			problem_field("person", "There is no person with this external id.");

		call_problem(c, &p);
		return;
	}
	c->id2 = rows[0].v[PERSON_COL_ID].id;
	q.eq[0].s = params_str(c->params, "kind");
	q.eq[1].s = params_str(c->params, "external_id");
	call_ask(c, &q, on_item_known);
}

void op_put_item(struct call *c)
{
	struct store_range q = {.index = INDEX_PERSON_BY_EXTERNAL, .n_eq = 1, .limit = 1};

	q.eq[0].s = params_str(c->params, "person");
	call_ask(c, &q, on_item_person);
}
