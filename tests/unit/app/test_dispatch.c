#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "app/project.h"

struct stage {
	struct fx f;
	struct sg_id queue, person;
};

static void stage_open(struct stage *s)
{
	fx_open(&s->f);
	s->queue = fx_queue(&s->f, "First");
	s->person = fx_person(&s->f, "pat@example.com", "ext-1");
}

static enum presence presence_of(struct stage *s, const struct sg_id *agent)
{
	struct value key = {.id = *agent};
	bool found;

	return (enum presence)fx_row(&s->f, TABLE_AGENT, &key, &found).v[AGENT_COL_PRESENCE].i;
}

static void who_waits_is_offered_when_somebody_comes(void **state)
{
	static struct stage s;

	(void)state;
	stage_open(&s);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);
	struct dispatch_place place;

	dispatch_place(s.f.app->dispatch, &it, &place);
	assert_int_equal(place.position, 1);
	assert_int_equal(place.agents, 0);
	assert_int_equal(place.wait_s, -1);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 2);

	fx_run(&s.f, 100);
	struct interaction now = fx_interaction(&s.f, &it);

	assert_int_equal(now.state, INTERACTION_OFFERED);
	assert_true(sg_id_eq(&now.agent, &ada));
	assert_int_equal(dispatch_held(s.f.app->dispatch, &ada), 1);
	fx_close(&s.f);
}

static void without_a_screen_nothing_is_offered(void **state)
{
	static struct stage s;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 2);

	dispatch_connected(s.f.app->dispatch, &ada, -1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 1000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_QUEUED);
	dispatch_connected(s.f.app->dispatch, &ada, 1);
	fx_run(&s.f, 1000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_OFFERED);
	fx_close(&s.f);
}

static void capacity_is_kept_and_the_first_in_line_goes_first(void **state)
{
	static struct stage s;
	struct sg_id it[3];
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	for (unsigned i = 0; i < 3; i++) {
		it[i] = fx_start(&s.f, &s.person, &s.queue);
		fx_run(&s.f, 50);
	}
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 2);

	fx_run(&s.f, 100);
	assert_int_equal(fx_interaction(&s.f, &it[0]).state, INTERACTION_OFFERED);
	assert_int_equal(fx_interaction(&s.f, &it[1]).state, INTERACTION_OFFERED);
	assert_int_equal(fx_interaction(&s.f, &it[2]).state, INTERACTION_QUEUED);
	fx_do(&s.f, ROLE_AGENT, &ada, &it[0], INTERACTION_ACCEPT, &a);
	assert_status(a.st, SG_OK);
	assert_int_equal(fx_interaction(&s.f, &it[2]).state, INTERACTION_QUEUED);
	fx_do(&s.f, ROLE_AGENT, &ada, &it[1], INTERACTION_REJECT, &a);
	fx_run(&s.f, 100);
	assert_int_equal(fx_interaction(&s.f, &it[2]).state, INTERACTION_OFFERED);
	fx_close(&s.f);
}

static void who_lets_it_ring_is_away_and_the_next_one_is_asked(void **state)
{
	static struct stage s;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 1000);
	struct interaction now = fx_interaction(&s.f, &it);

	assert_true(sg_id_eq(&now.agent, &ada));
	struct sg_id ben = fx_agent(&s.f, &s.queue, "ben@example.com", 1);

	fx_run(&s.f, 5000); /* the queue's offer_ms */
	assert_int_equal(presence_of(&s, &ada), PRESENCE_AWAY);
	now = fx_interaction(&s.f, &it);
	assert_true(sg_id_eq(&now.agent, &ben));
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, &it), 2);
	fx_close(&s.f);
}

static void who_rejects_is_asked_again_after_fifteen_seconds(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_REJECT, &a);
	assert_status(a.st, SG_OK);
	assert_int_equal(presence_of(&s, &ada), PRESENCE_AVAILABLE);
	fx_run(&s.f, 14500);
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, &it), 1);
	fx_run(&s.f, 1000);
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, &it), 2);
	fx_close(&s.f);
}

static void when_the_agent_is_gone_the_person_returns_to_their_place(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_ACCEPT, &a);
	int64_t queued_at = fx_interaction(&s.f, &it).queued_at_ms;

	dispatch_connected(s.f.app->dispatch, &ada, -1);
	fx_run(&s.f, 9000);
	dispatch_connected(s.f.app->dispatch, &ada, 1); /* back in time */
	fx_run(&s.f, 60000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_ACTIVE);
	dispatch_connected(s.f.app->dispatch, &ada, -1);
	fx_run(&s.f, 11000);
	assert_int_equal(presence_of(&s, &ada), PRESENCE_OFFLINE);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_ACTIVE);
	fx_run(&s.f, 20000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_QUEUED);
	assert_int_equal(fx_interaction(&s.f, &it).queued_at_ms, queued_at);
	fx_close(&s.f);
}

/* The write that takes it back fails at first: it is tried until it is known. */
static void a_store_that_is_out_does_not_strand_who_was_with_a_gone_agent(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_ACCEPT, &a);
	fx_fate(&s.f, 1, FATE_REFUSED, 40);
	dispatch_connected(s.f.app->dispatch, &ada, -1);
	fx_run(&s.f, 200000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_QUEUED);
	fx_close(&s.f);
}

static void who_waits_for_one_agent_is_not_kept_for_one_who_is_gone(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id ben = fx_agent(&s.f, &s.queue, "ben@example.com", 0);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_ACCEPT, &a);
	struct contact_call call = fx_call(ROLE_AGENT, &ada, NULL, &a);
	struct interaction_cmd cmd = {.kind = INTERACTION_TRANSFER, .id = it};

	cmd.f.agent = ben;
	contact_command(s.f.app, &call, &cmd);
	fx_run(&s.f, 15000);
	assert_status(a.st, SG_OK);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_QUEUED);
	fx_run(&s.f, 7000);
	struct interaction now = fx_interaction(&s.f, &it);

	assert_true(sg_id_eq(&now.agent, &ada));
	fx_close(&s.f);
}

static void after_a_restart_what_rang_is_offered_again_and_what_is_held_counts(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 2);
	struct sg_id one = fx_start(&s.f, &s.person, &s.queue),
		     two = fx_start(&s.f, &s.person, &s.queue);
	struct sg_id three = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &one, INTERACTION_ACCEPT, &a);
	fx_restart(&s.f);
	assert_int_equal(fx_interaction(&s.f, &two).state,
			 INTERACTION_QUEUED); /* nobody saw it ring */
	assert_int_equal(dispatch_held(s.f.app->dispatch, &ada), 1);
	dispatch_connected(s.f.app->dispatch, &ada, 1);
	fx_run(&s.f, 100);
	assert_int_equal(fx_interaction(&s.f, &two).state, INTERACTION_OFFERED);
	assert_int_equal(fx_interaction(&s.f, &three).state, INTERACTION_QUEUED);
	assert_int_equal(dispatch_held(s.f.app->dispatch, &ada), 2);
	fx_close(&s.f);
}

static void one_sent_elsewhere_while_it_is_being_offered_is_matched_anew(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id other = fx_queue(&s.f, "Second");
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);

	dispatch_connected(s.f.app->dispatch, &ada, -1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue), boss = fx_id(&s.f);
	struct contact_call call = fx_call(ROLE_MANAGER, &boss, NULL, &a);
	struct interaction_cmd cmd = {.kind = INTERACTION_TRANSFER, .id = it};

	cmd.f.queue = other;
	fx_fate(&s.f, 1, FATE_LATE, 1); /* the transfer is decided, and its answer 20 s away */
	contact_command(s.f.app, &call, &cmd);
	dispatch_connected(s.f.app->dispatch, &ada, 1);
	fx_run(&s.f, 60000);
	struct interaction now = fx_interaction(&s.f, &it);

	assert_int_equal(now.state, INTERACTION_QUEUED);
	assert_true(sg_id_eq(&now.queue, &other));
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, &it), 0);
	assert_int_equal(dispatch_held(s.f.app->dispatch, &ada), 0);
	fx_close(&s.f);
}

static void the_first_who_comes_when_all_is_full_is_told_so(void **state)
{
	static struct stage s;
	struct fx_answer a;
	struct facts facts = {.channel = CHANNEL_CHAT};

	(void)state;
	stage_open(&s);
	facts.person = s.person;
	facts.queue = s.queue;
	for (unsigned i = 0; i < 1000; i++) {
		struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, NULL, &a);

		contact_start(s.f.app, &call, &facts, STR("Something"));
		fx_run(&s.f, 2);
		assert_status(a.st, SG_OK);
	}
	assert_true(dispatch_is_full(s.f.app->dispatch));
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, NULL, &a);

	contact_start(s.f.app, &call, &facts, STR("Something"));
	fx_run(&s.f, 2);
	assert_status(a.st, SG_E_LIMIT);
	assert_string_equal(a.why, "busy");
	fx_close(&s.f);
}

static uint32_t position_of(struct stage *s, const struct sg_id *it)
{
	struct dispatch_place place;

	dispatch_place(s->f.app->dispatch, it, &place);
	return place.position;
}

static void on_put(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)done;
	assert_status(st, SG_OK);
	++*(unsigned *)arg;
}

/* One that is there from before, without its history. */
static struct sg_id put_open(struct stage *s, enum interaction_state state,
			     const struct sg_id *agent)
{
	struct row_op op;
	struct store_write w = {.rows = &op, .n_rows = 1};
	struct sg_id id = fx_id(&s->f);
	unsigned n = 0;

	row_put(&op, TABLE_INTERACTION);
	row_id(&op, INTERACTION_COL_ID, &id);
	row_int(&op, INTERACTION_COL_SEQ, 9);
	row_str(&op, INTERACTION_COL_STATE, str_from(interaction_state_names[state]));
	row_id(&op, INTERACTION_COL_PERSON, &s->person);
	row_id(&op, INTERACTION_COL_CASE, &s->person);
	row_id(&op, INTERACTION_COL_QUEUE, &s->queue);
	row_id(&op, INTERACTION_COL_AGENT, agent);
	row_int(&op, INTERACTION_COL_OFFER_NO, 1);
	row_int(&op, INTERACTION_COL_QUEUED_AT, 1 + (int64_t)s->f.entropy_no);
	store_write(s->f.inner, &w, on_put, &n);
	fx_run(&s->f, 1);
	assert_int_equal(n, 1);
	return id;
}

static void it_starts_with_more_open_than_are_let_in(void **state)
{
	static struct stage s;
	enum { WAIT = FLOW_WORKS_MAX + 100, HELD = 3 };
	struct sg_id last;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 0);

	for (unsigned i = 0; i < WAIT; i++)
		last = put_open(&s, INTERACTION_QUEUED, &SG_ID_NONE);
	for (unsigned i = 0; i < HELD; i++)
		(void)put_open(&s, INTERACTION_ACTIVE, &ada);
	s.f.open_max = 2;
	fx_restart(&s.f);
	assert_true(dispatch_is_full(s.f.app->dispatch));
	assert_int_equal(position_of(&s, &last), WAIT);
	assert_int_equal(dispatch_held(s.f.app->dispatch, &ada), HELD);
	/* Else they would be taken back, for which they lack a history. */
	dispatch_connected(s.f.app->dispatch, &ada, 1);
	fx_close(&s.f);
}

static void starts_under_way_that_pass_the_limit_together_all_get_a_place(void **state)
{
	static struct stage s;
	enum { N = 6 };
	struct fx_answer a[N];
	struct dispatch_queue q;

	(void)state;
	stage_open(&s);
	s.f.open_max = 3;
	fx_restart(&s.f);
	struct facts facts = {.person = s.person, .queue = s.queue, .channel = CHANNEL_CHAT};

	for (unsigned i = 0; i < N; i++) {
		struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, NULL, &a[i]);

		contact_start(s.f.app, &call, &facts, STR("Something"));
	}
	fx_run(&s.f, 100);
	for (unsigned i = 0; i < N; i++)
		assert_status(a[i].st, SG_OK);
	dispatch_queue(s.f.app->dispatch, &s.queue, &q);
	assert_int_equal(q.waiting, N);
	fx_close(&s.f);
}

static void it_starts_with_more_agents_than_are_let_in(void **state)
{
	static struct stage s;
	enum { N = 300 };
	struct sg_id agents[N];
	struct dispatch_queue q;

	(void)state;
	stage_open(&s);
	for (unsigned i = 0; i < N; i++) {
		char email[32];

		snprintf(email, sizeof(email), "a%u@example.com", i);
		agents[i] = fx_agent(&s.f, &s.queue, email, 1);
	}
	s.f.agents_max = 1;
	fx_restart(&s.f);
	for (unsigned i = 0; i < N; i++)
		dispatch_connected(s.f.app->dispatch, &agents[i], 1);
	dispatch_queue(s.f.app->dispatch, &s.queue, &q);
	assert_int_equal(q.agents, N);
	fx_close(&s.f);
}

static void who_found_no_room_in_the_index_gets_a_place_later(void **state)
{
	static struct stage s;
	struct sg_id it[ROUTE_QUEUES_MAX + 1];
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	for (unsigned i = 0; i <= ROUTE_QUEUES_MAX; i++) {
		struct sg_id queue = fx_queue(&s.f, "One of many");

		it[i] = fx_start(&s.f, &s.person, &queue);
	}
	assert_int_equal(position_of(&s, &it[ROUTE_QUEUES_MAX]), 0);
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, NULL, &a);

	contact_end(s.f.app, &call, &it[0], REASON_NONE);
	fx_run(&s.f, 10000);
	assert_status(a.st, SG_OK);
	assert_int_equal(position_of(&s, &it[ROUTE_QUEUES_MAX]), 1);
	fx_close(&s.f);
}

static void the_wrap_up_of_an_agent_who_is_gone_is_closed_without_them(void **state)
{
	static struct stage s;
	struct fx_answer a;
	struct row row;
	bool found;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_ACCEPT, &a);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_END, &a);
	struct interaction now = fx_interaction(&s.f, &it);
	struct value key = {.id = now.case_id};

	assert_int_equal(now.state, INTERACTION_WRAPUP);
	dispatch_connected(s.f.app->dispatch, &ada, -1);
	fx_run(&s.f, 29000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_WRAPUP);
	fx_run(&s.f, 2000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_CLOSED);
	assert_int_equal(dispatch_held(s.f.app->dispatch, &ada), 0);
	row = fx_row(&s.f, TABLE_CASE, &key, &found);
	assert_true(found);
	assert_int_equal(row.v[CASE_COL_STATUS].i, CASE_STATUS_WAITING_COMPANY);
	assert_int_equal(fx_count(&s.f, EVENT_CASE_UPDATED, &now.case_id), 1);
	fx_close(&s.f);
}

static enum sg_status decide_resolve(struct work *w, void *arg)
{
	struct case_cmd cmd = {.kind = CASE_UPDATE, .id = *(struct sg_id *)arg};
	const struct case_ *c = work_case(w, &cmd.id);
	struct decision dec = {.n = 0};

	if (!c)
		return SG_E_AGAIN;
	cmd.now_ms = work_now(w);
	cmd.f.status = CASE_STATUS_RESOLVED;
	cmd.f.summary = STR("All is well.");
	SG_TRY(case_decide(c, &cmd, &dec));
	work_emit(w, &dec);
	return SG_OK;
}

static void a_case_that_is_settled_stays_so_when_a_wrap_up_is_closed(void **state)
{
	static struct stage s;
	struct fx_answer a;
	struct row row;
	bool found;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id it = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_ACCEPT, &a);
	fx_do(&s.f, ROLE_AGENT, &ada, &it, INTERACTION_END, &a);
	struct sg_id case_id = fx_interaction(&s.f, &it).case_id;
	struct work_spec spec = {.decide = decide_resolve, .arg = &case_id};
	struct value key = {.id = case_id};

	assert_status(flow_submit(s.f.app->flow, &spec), SG_OK);
	dispatch_connected(s.f.app->dispatch, &ada, -1);
	fx_run(&s.f, 31000);
	assert_int_equal(fx_interaction(&s.f, &it).state, INTERACTION_CLOSED);
	row = fx_row(&s.f, TABLE_CASE, &key, &found);
	assert_true(found);
	assert_int_equal(row.v[CASE_COL_STATUS].i, CASE_STATUS_RESOLVED);
	fx_close(&s.f);
}

static void who_lets_it_ring_is_not_offered_the_next_one(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	struct sg_id ada = fx_agent(&s.f, &s.queue, "ada@example.com", 1);
	struct sg_id one = fx_start(&s.f, &s.person, &s.queue);

	fx_run(&s.f, 100);
	struct sg_id two = fx_start(&s.f, &s.person, &s.queue);

	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, &one), 1);
	fx_fate(&s.f, 2, FATE_LATE, 1); /* that they are away is known late */
	fx_run(&s.f, 60000);
	assert_int_equal(presence_of(&s, &ada), PRESENCE_AWAY);
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, NULL), 1);
	/* There again, they are asked again. */
	struct contact_call call = fx_call(ROLE_AGENT, &ada, NULL, &a);

	contact_presence(s.f.app, &call, &ada, PRESENCE_AVAILABLE);
	fx_run(&s.f, 100);
	assert_status(a.st, SG_OK);
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, NULL), 2);
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, &two), 0);
	fx_close(&s.f);
}

static void a_repeated_start_is_told_of_the_first_also_when_all_is_full(void **state)
{
	static struct stage s;
	struct fx_answer first, again, other;

	(void)state;
	stage_open(&s);
	s.f.open_max = 1;
	fx_restart(&s.f);
	struct facts facts = {.person = s.person, .queue = s.queue, .channel = CHANNEL_CHAT};
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, "start-1", &first);

	contact_start(s.f.app, &call, &facts, STR("Something"));
	fx_run(&s.f, 100);
	assert_status(first.st, SG_OK);
	call = fx_call(ROLE_CUSTOMER, &s.person, "start-1", &again);
	contact_start(s.f.app, &call, &facts, STR("Something"));
	call = fx_call(ROLE_CUSTOMER, &s.person, "start-2", &other);
	contact_start(s.f.app, &call, &facts, STR("Something"));
	fx_run(&s.f, 100);
	assert_status(again.st, SG_OK);
	assert_true(again.repeated);
	assert_string_equal(again.result, first.result);
	assert_status(other.st, SG_E_LIMIT);
	assert_string_equal(other.why, "busy");
	fx_close(&s.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_is_offered_when_somebody_comes),
		cmocka_unit_test(without_a_screen_nothing_is_offered),
		cmocka_unit_test(capacity_is_kept_and_the_first_in_line_goes_first),
		cmocka_unit_test(who_lets_it_ring_is_away_and_the_next_one_is_asked),
		cmocka_unit_test(who_rejects_is_asked_again_after_fifteen_seconds),
		cmocka_unit_test(when_the_agent_is_gone_the_person_returns_to_their_place),
		cmocka_unit_test(a_store_that_is_out_does_not_strand_who_was_with_a_gone_agent),
		cmocka_unit_test(who_waits_for_one_agent_is_not_kept_for_one_who_is_gone),
		cmocka_unit_test(
			after_a_restart_what_rang_is_offered_again_and_what_is_held_counts),
		cmocka_unit_test(one_sent_elsewhere_while_it_is_being_offered_is_matched_anew),
		cmocka_unit_test(the_first_who_comes_when_all_is_full_is_told_so),
		cmocka_unit_test(it_starts_with_more_open_than_are_let_in),
		cmocka_unit_test(starts_under_way_that_pass_the_limit_together_all_get_a_place),
		cmocka_unit_test(it_starts_with_more_agents_than_are_let_in),
		cmocka_unit_test(who_found_no_room_in_the_index_gets_a_place_later),
		cmocka_unit_test(the_wrap_up_of_an_agent_who_is_gone_is_closed_without_them),
		cmocka_unit_test(a_case_that_is_settled_stays_so_when_a_wrap_up_is_closed),
		cmocka_unit_test(who_lets_it_ring_is_not_offered_the_next_one),
		cmocka_unit_test(a_repeated_start_is_told_of_the_first_also_when_all_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
