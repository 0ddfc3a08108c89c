#include "fixture.h"

#include <stdio.h>
#include <string.h>

/* The store with one person and one interaction that waits. */
struct stage {
	struct fx f;
	struct sg_id queue, person, it;
};

static void stage_open(struct stage *s)
{
	fx_open(&s->f);
	s->queue = fx_queue(&s->f, "First");
	s->person = fx_person(&s->f, "pat@example.com", "ext-1");
	s->it = fx_start(&s->f, &s->person, &s->queue);
}

static void a_message_is_durable_and_published_when_it_is_acknowledged(void **state)
{
	static struct stage s;
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	fx_say(&s.f, &s.person, &s.it, "m1", &a);
	assert_int_equal(a.n, 0); /* never inside the call */
	fx_run(&s.f, 10);
	assert_int_equal(a.n, 1);
	assert_status(a.st, SG_OK);
	assert_int_equal(fx_interaction(&s.f, &s.it).messages, 1);
	assert_int_equal(fx_count(&s.f, EVENT_MESSAGE_SENT, &s.it), 1);
	assert_non_null(strstr(a.result, "\"seq\":3,\"at\":\"2026-"));
	fx_close(&s.f);
}

/* Every way a write may go, at each of the writes of one command: one end, or a clean refusal. */
static void each_fate_of_each_write_ends_in_the_same_state(void **state)
{
	static struct stage s;

	(void)state;
	for (unsigned times = 1; times <= 12; times++) {
		for (int fate = 0; fate < FATE_N; fate++) {
			struct fx_answer a, again;

			stage_open(&s);
			fx_fate(&s.f, 1, (enum hostile_fate)fate, times);
			fx_say(&s.f, &s.person, &s.it, "m1", &a);
			fx_run(&s.f, 60000);
			assert_int_equal(a.n, 1);
			if (fate == FATE_LIMIT)
				assert_status(a.st, SG_E_LIMIT);
			else if ((fate == FATE_LOST || fate == FATE_REFUSED) && times > 6)
				assert_status(a.st, SG_E_IO);
			else
				assert_status(a.st, SG_OK);
			fx_fate(&s.f, 0, FATE_DONE, 0);
			fx_say(&s.f, &s.person, &s.it, "m1", &again);
			fx_run(&s.f, 60000);
			assert_status(again.st, SG_OK);
			if (a.st == SG_OK)
				assert_string_equal(a.result, again.result);
			assert_int_equal(again.repeated, a.st == SG_OK || fate == FATE_LOST ||
								 fate == FATE_REFUSED);
			assert_int_equal(fx_interaction(&s.f, &s.it).messages, 1);
			assert_int_equal(fx_count(&s.f, EVENT_MESSAGE_SENT, &s.it), 1);
			fx_close(&s.f);
		}
	}
}

static void a_repeat_is_told_what_the_first_was_told(void **state)
{
	static struct stage s;
	struct fx_answer first, second;

	(void)state;
	stage_open(&s);
	fx_say(&s.f, &s.person, &s.it, "m1", &first);
	fx_run(&s.f, 5000);
	fx_say(&s.f, &s.person, &s.it, "m1", &second);
	fx_run(&s.f, 5000);
	assert_true(second.repeated);
	assert_false(first.repeated);
	assert_string_equal(first.result, second.result);
	assert_int_equal(fx_count(&s.f, EVENT_MESSAGE_SENT, &s.it), 1);
	fx_close(&s.f);
}

static void a_repeat_after_the_end_is_not_refused(void **state)
{
	static struct stage s;
	struct fx_answer first, end, again, fresh;

	(void)state;
	stage_open(&s);
	fx_say(&s.f, &s.person, &s.it, "m1", &first);
	fx_run(&s.f, 100);
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, "e1", &end);

	contact_end(s.f.app, &call, &s.it, REASON_NONE);
	fx_run(&s.f, 100);
	assert_status(end.st, SG_OK);
	fx_say(&s.f, &s.person, &s.it, "m1", &again);
	fx_say(&s.f, &s.person, &s.it, "m2", &fresh);
	fx_run(&s.f, 100);
	assert_status(again.st, SG_OK);
	assert_string_equal(again.result, first.result);
	assert_status(fresh.st, SG_E_STATE);
	assert_string_equal(fresh.why, "closed");
	fx_close(&s.f);
}

static void works_behind_an_unsure_write_keep_their_order(void **state)
{
	static struct stage s;
	struct fx_answer a[6];
	static const char *const keys[] = {"m0", "m1", "m2", "m3", "m4", "m5"};

	(void)state;
	for (int fate = FATE_LOST; fate <= FATE_REFUSED; fate++) {
		stage_open(&s);
		fx_fate(&s.f, 1, (enum hostile_fate)fate, 3);
		for (unsigned i = 0; i < 3; i++)
			fx_say(&s.f, &s.person, &s.it, keys[i], &a[i]);
		fx_run(&s.f, 20);
		for (unsigned i = 3; i < 6; i++)
			fx_say(&s.f, &s.person, &s.it, keys[i], &a[i]);
		fx_run(&s.f, 20000);
		for (unsigned i = 0; i < 6; i++) {
			char want[16];

			assert_status(a[i].st, SG_OK);
			snprintf(want, sizeof(want), "\"seq\":%u,", 3 + i);
			assert_memory_equal(a[i].result, want, strlen(want));
			assert_true(i == 0 || a[i].order > a[i - 1].order);
		}
		for (unsigned i = 1; i < s.f.n_events; i++)
			assert_true(!sg_id_eq(&s.f.events[i].stream, &s.it) ||
				    s.f.events[i].seq == 1 ||
				    s.f.events[i].seq > s.f.events[i - 1].seq ||
				    !sg_id_eq(&s.f.events[i - 1].stream, &s.it));
		fx_close(&s.f);
	}
}

/* Given in one go, the first not done: the store refuses what was built on it, and it is decided
 * again. */
static void a_conflict_is_decided_again(void **state)
{
	static struct stage s;
	struct fx_answer a, b;

	(void)state;
	stage_open(&s);
	fx_fate(&s.f, 1, FATE_LIMIT, 1);
	fx_say(&s.f, &s.person, &s.it, "m1", &a);
	fx_say(&s.f, &s.person, &s.it, "m2", &b);
	fx_run(&s.f, 1000);
	assert_status(a.st, SG_E_LIMIT);
	assert_status(b.st, SG_OK);
	assert_memory_equal(b.result, "\"seq\":3,", 8);
	assert_int_equal(fx_interaction(&s.f, &s.it).messages, 1);
	fx_close(&s.f);
}

/* What is decided again is not passed by what comes meanwhile, however late the answers are. */
static void what_is_decided_again_keeps_its_place(void **state)
{
	static struct stage s;
	static const enum hostile_fate fates[] = {FATE_LIMIT, FATE_DONE, FATE_LATE};
	struct fx_answer a[4];

	(void)state;
	stage_open(&s);
	fx_fates(&s.f, fates, 3);
	fx_say(&s.f, &s.person, &s.it, "m0", &a[0]);
	fx_say(&s.f, &s.person, &s.it, "m1", &a[1]);
	fx_say(&s.f, &s.person, &s.it, "m2", &a[2]);
	fx_run(&s.f, 1000);
	fx_say(&s.f, &s.person, &s.it, "m3", &a[3]);
	fx_run(&s.f, 30000);
	assert_status(a[0].st, SG_E_LIMIT);
	assert_memory_equal(a[1].result, "\"seq\":3,", 8);
	assert_memory_equal(a[2].result, "\"seq\":4,", 8);
	assert_memory_equal(a[3].result, "\"seq\":5,", 8);
	fx_close(&s.f);
}

/* The end comes before the messages but has to wait for its case: its event is the last one. */
static void streams_are_published_in_their_order_not_in_that_of_the_commands(void **state)
{
	static struct stage s;
	static const enum hostile_fate fates[] = {FATE_LOST};
	struct fx_answer a[4];
	uint64_t last = 0;

	(void)state;
	stage_open(&s);
	fx_restart(&s.f);
	fx_say(&s.f, &s.person, &s.it, "m0",
	       &a[0]); /* brings the interaction, not its case, into memory */
	fx_run(&s.f, 100);
	fx_fates(&s.f, fates, 1);
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, "e", &a[2]);

	contact_end(s.f.app, &call, &s.it, REASON_NONE);
	fx_say(&s.f, &s.person, &s.it, "m1", &a[1]);
	fx_say(&s.f, &s.person, &s.it, "m2", &a[3]);
	fx_run(&s.f, 5000);
	for (unsigned i = 0; i < 4; i++)
		assert_status(a[i].st, SG_OK);
	for (unsigned i = 0; i < s.f.n_events; i++) {
		if (!sg_id_eq(&s.f.events[i].stream, &s.it))
			continue;
		assert_int_equal(s.f.events[i].seq, last + 1);
		last = s.f.events[i].seq;
	}
	assert_int_equal(last, fx_interaction(&s.f, &s.it).seq);
	fx_close(&s.f);
}

/* The second giving sees what the first wants; when that did not happen, it must not be refused for
 * it. */
static void nobody_is_refused_for_what_did_not_happen(void **state)
{
	static struct stage s;
	static const enum hostile_fate fates[] = {FATE_REFUSED};
	struct fx_answer a, b;

	(void)state;
	stage_open(&s);
	fx_fates(&s.f, fates, 1);
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, "e1", &a);

	contact_end(s.f.app, &call, &s.it, REASON_NONE);
	call = fx_call(ROLE_CUSTOMER, &s.person, "e1", &b);
	contact_end(s.f.app, &call, &s.it, REASON_NONE);
	fx_run(&s.f, 5000);
	assert_status(a.st, SG_OK);
	assert_status(b.st, SG_OK);
	assert_string_equal(a.result, b.result);
	fx_close(&s.f);
}

/* A repeat that the full queue refuses says nothing about the first giving. */
static void a_limit_after_an_unknown_outcome_is_no_refusal(void **state)
{
	static struct stage s;
	static const enum hostile_fate fates[] = {FATE_LOST, FATE_LIMIT, FATE_LIMIT};
	struct fx_answer a;

	(void)state;
	stage_open(&s);
	fx_fates(&s.f, fates, 3);
	fx_say(&s.f, &s.person, &s.it, "m1", &a);
	fx_run(&s.f, 5000);
	assert_status(a.st, SG_OK);
	assert_int_equal(fx_count(&s.f, EVENT_MESSAGE_SENT, &s.it), 1);
	fx_close(&s.f);
}

static void an_outage_is_told_within_five_seconds_and_heals_by_itself(void **state)
{
	static struct stage s;
	struct fx_answer a, b, c;

	(void)state;
	stage_open(&s);
	fx_fate(&s.f, 1, FATE_REFUSED, 1000000);
	fx_say(&s.f, &s.person, &s.it, "m1", &a);
	fx_run(&s.f, 100);
	fx_say(&s.f, &s.person, &s.it, "m2", &b);
	fx_run(&s.f, 4900);
	assert_status(a.st, SG_E_IO);
	assert_status(b.st, SG_E_IO); /* stood behind it */
	fx_say(&s.f, &s.person, &s.it, "m3", &c);
	fx_run(&s.f, 100);
	assert_int_equal(c.n, 1); /* and who comes now need not wait at all */
	assert_status(c.st, SG_E_IO);
	fx_fate(&s.f, 0, FATE_DONE, 0);
	fx_run(&s.f, 5000);
	fx_say(&s.f, &s.person, &s.it, "m3", &c);
	fx_run(&s.f, 100);
	assert_status(c.st, SG_OK);
	assert_int_equal(a.n, 1);
	assert_int_equal(b.n, 1);
	assert_int_equal(fx_count(&s.f, EVENT_MESSAGE_SENT, &s.it),
			 fx_interaction(&s.f, &s.it).messages);
	fx_close(&s.f);
}

/* What happened in the outage and was told to nobody is published when the store is back. */
static void a_start_whose_answer_was_lost_for_long_is_served_all_the_same(void **state)
{
	static struct stage s;
	struct fx_answer a, again;
	struct facts facts = {.channel = CHANNEL_CHAT};

	(void)state;
	stage_open(&s);
	facts.person = s.person;
	facts.queue = s.queue;
	fx_fate(&s.f, 1, FATE_LOST, 9);
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, "s1", &a);

	contact_start(s.f.app, &call, &facts, STR("Something"));
	fx_run(&s.f, 30000);
	assert_status(a.st, SG_E_IO);
	call = fx_call(ROLE_CUSTOMER, &s.person, "s1", &again);
	contact_start(s.f.app, &call, &facts, STR("Something"));
	fx_run(&s.f, 100);
	assert_status(again.st, SG_OK);
	assert_true(again.repeated);
	assert_int_equal(fx_count(&s.f, EVENT_INTERACTION_STARTED, NULL), 2);
	fx_agent(&s.f, &s.queue, "ada@example.com", 3);
	fx_run(&s.f, 1000);
	assert_int_equal(fx_count(&s.f, EVENT_OFFERED, NULL), 2);
	fx_close(&s.f);
}

/* Two starts with one key make different ids; the one that was not done must not tell its own. */
static void of_twins_only_the_one_that_was_done_is_published(void **state)
{
	static struct stage s;
	struct fx_answer a, b;
	struct facts facts = {.channel = CHANNEL_CHAT};

	(void)state;
	stage_open(&s);
	facts.person = s.person;
	facts.queue = s.queue;
	fx_fate(&s.f, 1, FATE_REFUSED, 1);
	struct contact_call one = fx_call(ROLE_CUSTOMER, &s.person, "s1", &a);
	struct contact_call two = fx_call(ROLE_CUSTOMER, &s.person, "s1", &b);

	contact_start(s.f.app, &one, &facts, STR("Something"));
	contact_start(s.f.app, &two, &facts, STR("Something"));
	fx_run(&s.f, 5000);
	assert_status(a.st, SG_OK);
	assert_status(b.st, SG_OK);
	assert_string_equal(a.result, b.result);
	assert_int_equal(fx_count(&s.f, EVENT_INTERACTION_STARTED, NULL),
			 2); /* the stage's, and one */
	fx_close(&s.f);
}

static void an_id_asked_for_as_something_else_does_not_hide_what_it_is(void **state)
{
	static struct stage s;
	struct fx_answer a;
	struct facts score = {.outcome_score = 5, .feeling_score = 5};

	(void)state;
	stage_open(&s);
	struct sg_id case_id = fx_interaction(&s.f, &s.it).case_id;

	fx_restart(&s.f);
	fx_say(&s.f, &s.person, &case_id, "m1", &a);
	fx_run(&s.f, 100);
	assert_status(a.st, SG_E_NOT_FOUND);
	struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, "f1", &a);

	contact_feedback(s.f.app, &call, &case_id, &score);
	fx_run(&s.f, 100);
	assert_status(a.st, SG_OK);
	fx_close(&s.f);
}

static void more_than_the_bound_is_refused_at_once(void **state)
{
	static struct stage s;
	static struct fx_answer a[FLOW_WORKS_MAX + 1];

	(void)state;
	stage_open(&s);
	fx_fate(&s.f, 1, FATE_LATE, 1);
	for (unsigned i = 0; i <= FLOW_WORKS_MAX; i++) {
		struct contact_call call = fx_call(ROLE_CUSTOMER, &s.person, NULL, &a[i]);
		struct interaction_cmd cmd = {.kind = INTERACTION_READ, .id = s.it};

		cmd.f.read_seq = 1;
		contact_command(s.f.app, &call, &cmd);
	}
	fx_run(&s.f, 10);
	assert_int_equal(a[FLOW_WORKS_MAX].n, 1);
	assert_status(a[FLOW_WORKS_MAX].st, SG_E_LIMIT);
	assert_string_equal(a[FLOW_WORKS_MAX].why, "busy");
	fx_close(&s.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_durable_and_published_when_it_is_acknowledged),
		cmocka_unit_test(each_fate_of_each_write_ends_in_the_same_state),
		cmocka_unit_test(a_repeat_is_told_what_the_first_was_told),
		cmocka_unit_test(a_repeat_after_the_end_is_not_refused),
		cmocka_unit_test(works_behind_an_unsure_write_keep_their_order),
		cmocka_unit_test(a_conflict_is_decided_again),
		cmocka_unit_test(what_is_decided_again_keeps_its_place),
		cmocka_unit_test(streams_are_published_in_their_order_not_in_that_of_the_commands),
		cmocka_unit_test(nobody_is_refused_for_what_did_not_happen),
		cmocka_unit_test(a_limit_after_an_unknown_outcome_is_no_refusal),
		cmocka_unit_test(an_outage_is_told_within_five_seconds_and_heals_by_itself),
		cmocka_unit_test(a_start_whose_answer_was_lost_for_long_is_served_all_the_same),
		cmocka_unit_test(of_twins_only_the_one_that_was_done_is_published),
		cmocka_unit_test(an_id_asked_for_as_something_else_does_not_hide_what_it_is),
		cmocka_unit_test(more_than_the_bound_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
