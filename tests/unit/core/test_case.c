#include <string.h>

#include "check.h"
#include "core/case.h"
#include "core/feedback.h"

static const struct sg_id THIS = {{9, 1}}, PERSON = {{1, 1}}, FIRST = {{2, 1}}, SECOND = {{2, 2}};
static const struct actor person = {ROLE_CUSTOMER, {{1, 1}}};
static const struct actor stranger = {ROLE_CUSTOMER, {{1, 2}}};
static const struct actor agent = {ROLE_AGENT, {{3, 1}}};

static struct case_cmd command(enum case_cmd_kind kind, struct actor actor)
{
	struct case_cmd cmd = {.kind = kind, .id = THIS, .actor = actor, .now_ms = 5000};

	cmd.f.number = 1001;
	cmd.f.person = PERSON;
	cmd.f.title = STR("Where is my order?");
	cmd.f.interaction = kind == CASE_OPEN ? FIRST : SECOND;
	cmd.f.channel = CHANNEL_CHAT;
	cmd.f.outcome = OUTCOME_PARTLY;
	cmd.f.outcome_score = 4;
	cmd.f.feeling_score = 5;
	return cmd;
}

static struct decision apply(struct case_ *c, const struct case_cmd *cmd)
{
	struct decision d;

	assert_status(case_decide(c, cmd, &d), SG_OK);
	for (unsigned i = 0; i < d.n; i++) {
		assert_int_equal(d.ev[i].seq, c->seq + 1);
		case_apply(c, &d.ev[i]);
		assert_true(case_is_sound(c));
	}
	return d;
}

static struct decision take(struct case_ *c, enum case_cmd_kind kind, struct actor actor)
{
	struct case_cmd cmd = command(kind, actor);

	return apply(c, &cmd);
}

static void assert_refused(const struct case_ *c, const struct case_cmd *cmd, enum sg_status want,
			   const char *why)
{
	struct decision d;

	assert_status(case_decide(c, cmd, &d), want);
	assert_string_equal(d.why, why);
	assert_int_equal(d.n, 0);
}

static struct case_ in_status(enum case_status status)
{
	struct case_ c = {0};

	if (status == CASE_STATUS_NONE)
		return c;
	take(&c, CASE_OPEN, person);
	if (status != CASE_STATUS_OPEN) {
		struct case_cmd cmd = command(CASE_UPDATE, agent);

		cmd.f.status = status;
		apply(&c, &cmd);
	}
	assert_int_equal(c.status, status);
	return c;
}

static void opening_tells_the_case_and_its_first_contact(void **unused)
{
	(void)unused;
	struct case_ c = {0};
	struct decision d = take(&c, CASE_OPEN, person);

	assert_int_equal(d.n, 2);
	assert_int_equal(d.ev[0].kind, EVENT_CASE_OPENED);
	assert_int_equal(d.ev[0].f.number, 1001);
	assert_true(sg_id_is_none(&d.ev[0].f.interaction));
	assert_int_equal(d.ev[1].kind, EVENT_CASE_CONTACT_ADDED);
	assert_true(sg_id_eq(&d.ev[1].f.interaction, &FIRST));
	assert_int_equal(d.ev[1].f.channel, CHANNEL_CHAT);
	assert_int_equal(c.status, CASE_STATUS_OPEN);
	assert_int_equal(c.contacts, 1);

	struct case_cmd again = command(CASE_OPEN, person);

	assert_refused(&c, &again, SG_E_STATE, "already_open");
}

static void opening_needs_number_person_and_interaction(void **unused)
{
	(void)unused;
	struct case_ c = {0};
	struct case_cmd cmd = command(CASE_OPEN, agent);

	cmd.f.number = 0;
	assert_refused(&c, &cmd, SG_E_INPUT, "number");
	cmd.f.number = 1;
	cmd.f.person = SG_ID_NONE;
	assert_refused(&c, &cmd, SG_E_INPUT, "person");
	cmd.f.person = PERSON;
	cmd.f.interaction = SG_ID_NONE;
	assert_refused(&c, &cmd, SG_E_INPUT, "interaction");
}

static void contact_again_reopens_what_was_settled_and_nothing_else(void **unused)
{
	(void)unused;
	for (unsigned st = CASE_STATUS_OPEN; st < CASE_STATUS_N; st++) {
		struct case_ c = in_status((enum case_status)st);
		bool settled = st == CASE_STATUS_RESOLVED || st == CASE_STATUS_CLOSED;
		struct decision d = take(&c, CASE_CONTACT, person);

		assert_int_equal(d.n, settled ? 2 : 1);
		assert_int_equal(d.ev[0].kind, EVENT_CASE_CONTACT_ADDED);
		if (settled)
			assert_int_equal(d.ev[1].kind, EVENT_CASE_REOPENED);
		assert_int_equal(c.status, settled ? CASE_STATUS_OPEN : st);
		assert_int_equal(c.contacts, 2);
		assert_true(sg_id_eq(&c.last_interaction, &SECOND));
	}
}

static void the_same_contact_is_added_once(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_OPEN);
	struct case_cmd cmd = command(CASE_CONTACT, person);

	apply(&c, &cmd);
	assert_refused(&c, &cmd, SG_E_AGAIN, "already_added");
	cmd.f.interaction = SG_ID_NONE;
	assert_refused(&c, &cmd, SG_E_INPUT, "interaction");
}

static void the_outcome_sets_the_status_from_every_status(void **unused)
{
	(void)unused;
	static const enum case_status want[OUTCOME_N] = {
		[OUTCOME_RESOLVED] = CASE_STATUS_RESOLVED,
		[OUTCOME_PARTLY] = CASE_STATUS_WAITING_COMPANY,
		[OUTCOME_UNRESOLVED] = CASE_STATUS_OPEN,
		[OUTCOME_FOLLOW_UP] = CASE_STATUS_WAITING_COMPANY,
	};

	for (unsigned out = OUTCOME_RESOLVED; out < OUTCOME_N; out++) {
		assert_int_equal(case_status_after((enum outcome)out), want[out]);
		for (unsigned st = CASE_STATUS_OPEN; st < CASE_STATUS_CLOSED; st++) {
			struct case_ c = in_status((enum case_status)st);
			struct case_cmd cmd = command(CASE_UPDATE, agent);

			cmd.f.outcome = (enum outcome)out;
			struct decision d = apply(&c, &cmd);

			assert_int_equal(d.n, 1);
			assert_int_equal(d.ev[0].f.status, want[out]);
			assert_int_equal(c.status, want[out]);
		}
	}
}

static void a_status_that_is_given_goes_before_the_outcome(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_OPEN);
	struct case_cmd cmd = command(CASE_UPDATE, agent);

	cmd.f.status = CASE_STATUS_WAITING_CUSTOMER;
	apply(&c, &cmd);
	assert_int_equal(c.status, CASE_STATUS_WAITING_CUSTOMER);
}

static void a_summary_alone_leaves_the_status(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_WAITING_CUSTOMER);
	struct case_cmd cmd = command(CASE_UPDATE, agent);

	cmd.f.outcome = OUTCOME_NONE;
	assert_refused(&c, &cmd, SG_E_INPUT, "nothing_to_update");
	cmd.f.summary = STR("Called back.");
	struct decision d = apply(&c, &cmd);

	assert_int_equal(d.ev[0].f.status, CASE_STATUS_WAITING_CUSTOMER);
}

static void a_closed_case_is_reopened_by_work_left_not_by_an_edit(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_CLOSED);
	struct case_cmd cmd = command(CASE_UPDATE, agent);

	cmd.f.status = CASE_STATUS_OPEN;
	assert_refused(&c, &cmd, SG_E_STATE, "closed");
	cmd.f.status = CASE_STATUS_NONE;
	cmd.f.outcome = OUTCOME_RESOLVED;
	apply(&c, &cmd);
	assert_int_equal(c.status, CASE_STATUS_CLOSED);

	cmd.f.outcome = OUTCOME_FOLLOW_UP;
	struct decision d = apply(&c, &cmd);

	assert_int_equal(d.n, 2);
	assert_int_equal(d.ev[0].kind, EVENT_CASE_REOPENED);
	assert_int_equal(c.status, CASE_STATUS_WAITING_COMPANY);
}

static void an_update_may_correct_the_topic(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_OPEN);
	struct case_cmd cmd = command(CASE_UPDATE, agent);

	cmd.f.topic = (struct sg_id){{8, 8}};
	apply(&c, &cmd);
	assert_true(sg_id_eq(&c.topic, &cmd.f.topic));
}

static void feedback_needs_both_scores_from_one_to_five(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_RESOLVED);

	for (int64_t score = -1; score <= 7; score++) {
		struct case_cmd cmd = command(CASE_FEEDBACK, person);
		bool ok = score >= 1 && score <= 5;

		cmd.f.outcome_score = score;
		if (!ok)
			assert_refused(&c, &cmd, SG_E_INPUT, "outcome_score");
		else
			apply(&c, &cmd);
		cmd.f.outcome_score = 3;
		cmd.f.feeling_score = score;
		if (!ok)
			assert_refused(&c, &cmd, SG_E_INPUT, "feeling_score");
		else
			apply(&c, &cmd);
	}
}

static void feedback_is_a_new_version_each_time_up_to_a_limit(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_RESOLVED);
	struct case_cmd cmd = command(CASE_FEEDBACK, person);

	cmd.f.interaction = SG_ID_NONE;
	for (unsigned i = 1; i <= CASE_FEEDBACK_MAX; i++) {
		struct decision d = apply(&c, &cmd);

		assert_int_equal(d.ev[0].f.version, i);
		assert_true(sg_id_eq(&d.ev[0].f.interaction, &FIRST));
	}
	assert_refused(&c, &cmd, SG_E_LIMIT, "too_many_answers");
}

static void bad_answers_and_wishes_ask_for_attention(void **unused)
{
	(void)unused;
	for (int64_t score = FEEDBACK_WORST; score <= FEEDBACK_BEST; score++) {
		struct facts f = {.outcome_score = score, .feeling_score = FEEDBACK_BEST};

		assert_int_equal(feedback_needs_attention(&f), score <= 2);
		f = (struct facts){.outcome_score = FEEDBACK_BEST, .feeling_score = score};
		assert_int_equal(feedback_needs_attention(&f), score <= 2);
		f.follow_up = true;
		assert_true(feedback_needs_attention(&f));
	}
}

/* Letters: '.' taken, N not found, S state; for its person, a stranger, an agent, a manager, an
 * admin, an integrator and Segue. */
static void every_command_by_everybody_is_as_the_oracle_says(void **unused)
{
	(void)unused;
	static const struct actor actors[] = {
		{ROLE_CUSTOMER, {{1, 1}}}, {ROLE_CUSTOMER, {{1, 2}}}, {ROLE_AGENT, {{3, 1}}},
		{ROLE_MANAGER, {{3, 2}}},  {ROLE_ADMIN, {{3, 3}}},    {ROLE_INTEGRATOR, {{3, 4}}},
		{.role = ROLE_NONE},
	};
	static const struct {
		const char *new, *existing;
	} oracle[CASE_CMD_N] = {
		[CASE_OPEN] = {".N...N.", "SNSSSNS"},
		[CASE_CONTACT] = {"NNNNNNN", ".N...N."},
		[CASE_UPDATE] = {"NNNNNNN", "NN...N."},
		[CASE_FEEDBACK] = {"NNNNNNN", ".NNNNNN"},
	};

	for (unsigned kind = 0; kind < CASE_CMD_N; kind++) {
		for (unsigned st = CASE_STATUS_NONE; st < CASE_STATUS_N; st++) {
			for (unsigned who = 0; who < 7; who++) {
				const struct case_ before = in_status((enum case_status)st);
				struct case_ c = before;
				struct case_cmd cmd =
					command((enum case_cmd_kind)kind, actors[who]);
				struct decision d;
				const char *row = st ? oracle[kind].existing : oracle[kind].new;
				enum sg_status want = row[who] == '.'   ? SG_OK
						      : row[who] == 'N' ? SG_E_NOT_FOUND
									: SG_E_STATE;

				assert_status(case_decide(&c, &cmd, &d), want);
				assert_memory_equal(&c, &before, sizeof(c));
				assert_int_equal(d.n > 0, want == SG_OK);
			}
		}
	}
}

static void a_person_sees_their_own_and_staff_see_all(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_OPEN), none = {0};

	assert_true(case_may_see(&c, person));
	assert_false(case_may_see(&c, stranger));
	assert_true(case_may_see(&c, agent));
	assert_false(case_may_see(&c, (struct actor){ROLE_INTEGRATOR, PERSON}));
	assert_false(case_may_see(&none, agent));
}

static void a_case_that_contradicts_itself_is_not_sound(void **unused)
{
	(void)unused;
	struct case_ c = in_status(CASE_STATUS_OPEN);

	c.status = CASE_STATUS_NONE;
	assert_false(case_is_sound(&c));
	c = in_status(CASE_STATUS_OPEN);
	c.person = SG_ID_NONE;
	assert_false(case_is_sound(&c));
	c = in_status(CASE_STATUS_OPEN);
	c.last_interaction = SG_ID_NONE;
	assert_false(case_is_sound(&c));
	c = in_status(CASE_STATUS_OPEN);
	c.feedback_version = CASE_FEEDBACK_MAX + 1;
	assert_false(case_is_sound(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_tells_the_case_and_its_first_contact),
		cmocka_unit_test(opening_needs_number_person_and_interaction),
		cmocka_unit_test(contact_again_reopens_what_was_settled_and_nothing_else),
		cmocka_unit_test(the_same_contact_is_added_once),
		cmocka_unit_test(the_outcome_sets_the_status_from_every_status),
		cmocka_unit_test(a_status_that_is_given_goes_before_the_outcome),
		cmocka_unit_test(a_summary_alone_leaves_the_status),
		cmocka_unit_test(a_closed_case_is_reopened_by_work_left_not_by_an_edit),
		cmocka_unit_test(an_update_may_correct_the_topic),
		cmocka_unit_test(feedback_needs_both_scores_from_one_to_five),
		cmocka_unit_test(feedback_is_a_new_version_each_time_up_to_a_limit),
		cmocka_unit_test(bad_answers_and_wishes_ask_for_attention),
		cmocka_unit_test(every_command_by_everybody_is_as_the_oracle_says),
		cmocka_unit_test(a_person_sees_their_own_and_staff_see_all),
		cmocka_unit_test(a_case_that_contradicts_itself_is_not_sound),
	};
	return cmocka_run_group_tests_name("core/case", tests, NULL, NULL);
}
