/* ops_case.c - cases and feedback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "api/resource.h"

enum { CASES_DEFAULT = 30 };

static bool visible(const struct call *c, const struct row *r)
{
	return c->viewer.actor.role != ROLE_CUSTOMER ||
	       sg_id_eq(&r->v[CASE_COL_PERSON].id, &c->viewer.actor.id);
}

/* ---- list ---- */

static void on_list(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	unsigned limit = (unsigned)params_int(c->params, "limit", CASES_DEFAULT);
	unsigned status = params_enum(c->params, "status", case_status_names, CASE_STATUS_N);

	if (call_got(c, st) != SG_OK)
		return;
	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (unsigned i = 0; i < n && i < limit; i++) {
		if (visible(c, &rows[i]) && (!status || rows[i].v[CASE_COL_STATUS].i == status))
			resource_case(&c->j, NULL, &rows[i]);
	}
	json_close(&c->j);
	if (n > limit)
		call_write_cursor(c, &rows[limit - 1].v[CASE_COL_UPDATED_AT],
				  &rows[limit - 1].v[CASE_COL_ID]);
	else
		json_add_null(&c->j, "next");
	json_close(&c->j);
	call_answer(c);
}

void op_list_cases(struct call *c)
{
	struct sg_id person = params_id(c->params, "person");
	int64_t number = params_int(c->params, "number", 0);
	unsigned status = params_enum(c->params, "status", case_status_names, CASE_STATUS_N);
	struct store_range q = {.descending = true};

	if (c->viewer.actor.role == ROLE_CUSTOMER)
		person = c->viewer.actor.id;
	q.limit = (unsigned)params_int(c->params, "limit", CASES_DEFAULT) + 1;
	q.n_eq = 1;
	if (number) {
		q.index = INDEX_CASE_BY_NUMBER;
		q.eq[0].i = number;
	} else if (!sg_id_is_none(&person)) {
		q.index = INDEX_CASE_BY_PERSON;
		q.eq[0].id = person;
	} else if (status) {
		q.index = INDEX_CASE_BY_STATUS;
		q.eq[0].i = status;
	} else {
		q.index = INDEX_CASE_BY_UPDATED;
		q.n_eq = 0;
	}
	if (call_read_cursor(c, &q))
		call_ask(c, &q, on_list);
}

/* ---- one case, whole: case, item, its interactions, feedback, events ---- */

static void on_events(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct call *c = arg;

	if (call_got(c, st) != SG_OK)
		return;
	json_begin_array(&c->j, "events");
	for (unsigned i = 0; i < n; i++) {
		if (resource_event_visible(&ev[i], c->viewer.actor))
			resource_event(&c->j, NULL, c->app, &ev[i], c->viewer.actor, STR(""));
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

static void on_feedback(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	if (call_got(c, st) != SG_OK)
		return;
	json_begin_array(&c->j, "feedback");
	for (unsigned i = 0; i < n; i++)
		resource_feedback(&c->j, NULL, &rows[i]);
	json_close(&c->j);
	store_events(c->app->store, &c->id, 0, STORE_RANGE_MAX, on_events, c);
}

static void on_interactions(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = call_range(INDEX_FEEDBACK_BY_CASE, &c->id);

	if (call_got(c, st) != SG_OK)
		return;
	json_begin_array(&c->j, "interactions");
	for (unsigned i = 0; i < n; i++)
		resource_interaction(&c->j, NULL, c->app, &rows[i]);
	json_close(&c->j);
	call_ask(c, &q, on_feedback);
}

static void on_item(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct store_range q = call_range(INDEX_INTERACTION_BY_CASE, &c->id);

	if (st != SG_E_NOT_FOUND && call_got(c, st) != SG_OK)
		return;
	if (n == 1)
		resource_item(&c->j, "item", rows);
	else
		json_add_null(&c->j, "item");
	call_ask(c, &q, on_interactions);
}

static void on_case(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	char topic[420];

	(void)n;
	if (st == SG_OK && !visible(c, rows))
		st = SG_E_NOT_FOUND;
	if (call_got(c, st) != SG_OK)
		return;
	c->id2 = rows[0].v[CASE_COL_ITEM].id;
	catalog_topic_path(c->app->catalog, &rows[0].v[CASE_COL_TOPIC].id, topic, sizeof(topic));
	call_begin(c);
	resource_case(&c->j, "case", rows);
	json_cstr(&c->j, "topic", topic[0] ? topic : NULL);
	call_get(c, TABLE_ITEM, &c->id2, on_item);
}

void op_get_case(struct call *c)
{
	c->id = params_id(c->params, "case");
	call_get(c, TABLE_CASE, &c->id, on_case);
}

/* ---- feedback ---- */

static void on_given(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (answer->st != SG_OK) {
		call_refuse(c, answer->st, answer->why);
		return;
	}
	/* The result's members are ours: "version":N,"at":"…". */
	char members[FLOW_RESULT_MAX + 3];
	int n = snprintf(members, sizeof(members), "{%.*s}", (int)answer->result.n,
			 answer->result.p);

	SG_ASSERT(n > 0 && (size_t)n < sizeof(members));
	json_t *first = json_loads(members, 0, NULL);

	SG_ASSERT(first != NULL);
	call_begin(c);
	json_int(&c->j, "version", params_int(first, "version", 0));
	json_str(&c->j, "at", params_str(first, "at"));
	json_decref(first);
	json_int(&c->j, "outcome_score", params_int(c->params, "outcome_score", 0));
	json_int(&c->j, "feeling_score", params_int(c->params, "feeling_score", 0));
	json_str(&c->j, "text", params_str(c->params, "text"));
	json_bool(&c->j, "follow_up", params_bool(c->params, "follow_up"));
	json_close(&c->j);
	call_answer(c);
}

void op_give_feedback(struct call *c)
{
	struct sg_id id = params_id(c->params, "case");
	struct contact_call cc = call_contact(c);
	struct facts f = {
		.outcome_score = params_int(c->params, "outcome_score", 0),
		.feeling_score = params_int(c->params, "feeling_score", 0),
		.text = params_str(c->params, "text"),
		.follow_up = params_bool(c->params, "follow_up"),
	};

	cc.done = on_given;
	contact_feedback(c->app, &cc, &id, &f);
}
