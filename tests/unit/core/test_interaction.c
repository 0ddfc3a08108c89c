#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/interaction.h"
#include "core/reservation.h"
#include "walk_interaction.h"

static const struct sg_id THIS = {{9, 1}}, PERSON = {{1, 1}}, STRANGER = {{1, 2}};
static const struct sg_id AGENT = {{2, 1}}, OTHER_AGENT = {{2, 2}}, MANAGER = {{3, 1}};
static const struct sg_id ADMIN = {{3, 2}}, CASE = {{4, 1}}, QUEUE = {{5, 1}}, QUEUE_2 = {{5, 2}};

static const struct actor segue = {.role = ROLE_NONE};
static const struct actor person = {ROLE_CUSTOMER, {{1, 1}}};
static const struct actor holder = {ROLE_AGENT, {{2, 1}}};
static const struct actor manager = {ROLE_MANAGER, {{3, 1}}};

static struct interaction_cmd command(enum interaction_cmd_kind kind, struct actor actor,
				      const struct interaction *it)
{
	struct interaction_cmd cmd = {.kind = kind, .id = THIS, .actor = actor, .now_ms = 5000};

	cmd.f.person = PERSON;
	cmd.f.case_id = CASE;
	cmd.f.queue = kind == INTERACTION_START ? QUEUE : QUEUE_2;
	cmd.f.channel = CHANNEL_CHAT;
	cmd.f.offer_no = it->offer_no;
	cmd.f.text = STR("hello");
	cmd.f.read_seq = (int64_t)it->seq;
	cmd.f.outcome = OUTCOME_RESOLVED;
	cmd.f.expires_at = 25000;
	if (kind == INTERACTION_OFFER)
		cmd.f.agent = AGENT;
	if (kind == INTERACTION_LEG_JOIN)
		cmd.f.leg = LEG_VOICE;
	if (kind == INTERACTION_LEG_LEAVE)
		cmd.f.leg = LEG_CHAT;
	return cmd;
}

static struct decision apply(struct interaction *it, const struct interaction_cmd *cmd)
{
	struct decision d;

	assert_status(interaction_decide(it, cmd, &d), SG_OK);
	for (unsigned i = 0; i < d.n; i++)
		interaction_apply(it, &d.ev[i]);
	return d;
}

static struct decision take(struct interaction *it, enum interaction_cmd_kind kind,
			    struct actor actor)
{
	struct interaction_cmd cmd = command(kind, actor, it);

	return apply(it, &cmd);
}

static void assert_refused(const struct interaction *it, const struct interaction_cmd *cmd,
			   enum sg_status want, const char *why)
{
	struct decision d;

	assert_status(interaction_decide(it, cmd, &d), want);
	assert_string_equal(d.why, why);
	assert_int_equal(d.n, 0);
}

static struct interaction in_state(enum interaction_state state)
{
	struct interaction it = {0};

	if (state >= INTERACTION_QUEUED)
		take(&it, INTERACTION_START, person);
	if (state >= INTERACTION_OFFERED)
		take(&it, INTERACTION_OFFER, segue);
	if (state >= INTERACTION_ACTIVE)
		take(&it, INTERACTION_ACCEPT, holder);
	if (state >= INTERACTION_WRAPUP)
		take(&it, INTERACTION_END, person);
	if (state >= INTERACTION_CLOSED)
		take(&it, INTERACTION_WRAP_UP, holder);
	assert_int_equal(it.state, state);
	return it;
}

/* The rules once more, written by hand and whole: who gets which answer when. */
static const char actor_letters[] = "pqabmdis";
static const struct actor actors[] = {
	{ROLE_CUSTOMER, {{1, 1}}},   /* p: its person */
	{ROLE_CUSTOMER, {{1, 2}}},   /* q: another person */
	{ROLE_AGENT, {{2, 1}}},      /* a: its agent (in offered, active, wrapup) */
	{ROLE_AGENT, {{2, 2}}},      /* b: another agent */
	{ROLE_MANAGER, {{3, 1}}},    /* m */
	{ROLE_ADMIN, {{3, 2}}},      /* d */
	{ROLE_INTEGRATOR, {{3, 3}}}, /* i */
	{ROLE_NONE, {{0}}},          /* s: Segue itself */
};

/* Letters of an answer: '.' taken, N not found, S state, A again; in the order p q a b m d i s.
 * Then the state it leads to by first letter, '-' where nobody may. */
static const struct oracle_row {
	enum interaction_cmd_kind kind;
	const char *answer[INTERACTION_STATE_N];
	const char *to;
} oracle[] = {
	/* new, queued, offered, active, wrapup, closed */
	{INTERACTION_START,
	 {".NNNNNNN", "SNNNNNNN", "SNNNNNNN", "SNNNNNNN", "SNNNNNNN", "SNNNNNNN"},
	 "q-----"},
	{INTERACTION_OFFER,
	 {"NNNNNNNN", "NNNNNNN.", "NNNNNNNS", "NNNNNNNS", "NNNNNNNS", "NNNNNNNS"},
	 "-o----"},
	{INTERACTION_ACCEPT,
	 {"NNNNNNNN", "NNSSSSNN", "NN.NNNNN", "NNSSSSNN", "NNSSSSNN", "NNSSSSNN"},
	 "--a---"},
	{INTERACTION_REJECT,
	 {"NNNNNNNN", "NNSSSSNN", "NN.NNNNN", "NNSSSSNN", "NNSSSSNN", "NNSSSSNN"},
	 "--q---"},
	{INTERACTION_EXPIRE,
	 {"NNNNNNNN", "NNNNNNNS", "NNNNNNN.", "NNNNNNNS", "NNNNNNNS", "NNNNNNNS"},
	 "--q---"},
	{INTERACTION_WITHDRAW,
	 {"NNNNNNNN", "NNNNNNNS", "NNNNNNN.", "NNNNNNNS", "NNNNNNNS", "NNNNNNNS"},
	 "--q---"},
	{INTERACTION_MESSAGE,
	 {"NNNNNNNN", ".NNNNNNN", ".NSNNNNN", ".N.NNNNN", "SNSSSSNN", "SNSSSSNN"},
	 "-qoa--"},
	{INTERACTION_NOTE,
	 {"NNNNNNNN", "NN....NN", "NN....NN", "NN....NN", "NN....NN", "NN....NN"},
	 "-qoawc"},
	{INTERACTION_READ,
	 {"NNNNNNNN", "SNSSSSNN", "SNSSSSNN", ".N.NNNNN", ".N.NNNNN", ".NNNNNNN"},
	 "---awc"},
	{INTERACTION_LEG_JOIN,
	 {"NNNNNNNN", "NNSSSSNN", "NNSSSSNN", "NN.NNNNN", "NNSSSSNN", "NNSSSSNN"},
	 "---a--"},
	{INTERACTION_LEG_LEAVE,
	 {"NNNNNNNN", "NNSSSSNN", "NNSSSSNN", "NN.NNNNN", "NNSSSSNN", "NNSSSSNN"},
	 "---a--"},
	{INTERACTION_TRANSFER,
	 {"NNNNNNNN", "NNNN..NN", "NNSN..NN", "NN.N..NN", "NNSSSSNN", "NNSSSSNN"},
	 "-qqq--"},
	{INTERACTION_REQUEUE,
	 {"NNNNNNNN", "NNNNNNNA", "NNNNNNN.", "NNNNNNN.", "NNNNNNNS", "NNNNNNNS"},
	 "--qq--"},
	{INTERACTION_END,
	 {"NNNNNNNN", ".NNN..N.", ".NSN..N.", ".N.N..N.", "SNSN..N.", "SNSSSSNS"},
	 "-ccwc-"},
	{INTERACTION_WRAP_UP,
	 {"NNNNNNNN", "NNSSSSNN", "NNSSSSNN", "NN.NNNNN", "NN.NNNNN", "NNSSSSNN"},
	 "---cc-"},
};

static enum sg_status status_of(char letter)
{
	switch (letter) {
	case '.':
		return SG_OK;
	case 'N':
		return SG_E_NOT_FOUND;
	case 'S':
		return SG_E_STATE;
	default:
		return SG_E_AGAIN;
	}
}

static void check_cell(const struct oracle_row *row, enum interaction_state state, unsigned who)
{
	const struct interaction before = in_state(state);
	struct interaction it = before;
	struct interaction_cmd cmd = command(row->kind, actors[who], &before);
	struct decision d;
	enum sg_status got = interaction_decide(&it, &cmd, &d);

	if (got != status_of(row->answer[state][who]))
		fail_msg("command %u in %s by %c: %s", row->kind, interaction_state_names[state],
			 actor_letters[who], sg_status_name(got));
	assert_memory_equal(&it, &before, sizeof(it));
	if (got != SG_OK) {
		assert_int_equal(d.n, 0);
		assert_non_null(d.why);
		return;
	}
	for (unsigned i = 0; i < d.n; i++) {
		assert_int_equal(d.ev[i].seq, it.seq + 1);
		interaction_apply(&it, &d.ev[i]);
		assert_true(interaction_is_sound(&it));
	}
	if (interaction_state_names[it.state][0] != row->to[state])
		fail_msg("command %u in %s leads to %s", row->kind, interaction_state_names[state],
			 interaction_state_names[it.state]);
}

static void every_command_in_every_state_by_everybody_is_as_the_oracle_says(void **unused)
{
	(void)unused;
	unsigned cells = 0;

	for (unsigned i = 0; i < sizeof(oracle) / sizeof(oracle[0]); i++) {
		assert_int_equal(oracle[i].kind, i);
		for (unsigned st = 0; st < INTERACTION_STATE_N; st++) {
			for (unsigned who = 0; who < sizeof(actors) / sizeof(actors[0]); who++) {
				check_cell(&oracle[i], (enum interaction_state)st, who);
				cells++;
			}
		}
	}
	assert_int_equal(cells, INTERACTION_CMD_N * INTERACTION_STATE_N * 8);
}

static void a_start_tells_the_context_and_the_place_in_line(void **unused)
{
	(void)unused;
	struct interaction it = {0};
	struct interaction_cmd cmd = command(INTERACTION_START, person, &it);

	cmd.f.priority = 7;
	cmd.f.urgent = true;
	cmd.f.page = STR("/orders/12");
	cmd.f.summary = STR("not a fact of a start");

	struct decision d = apply(&it, &cmd);

	assert_int_equal(d.n, 2);
	assert_int_equal(d.ev[0].kind, EVENT_INTERACTION_STARTED);
	assert_true(str_eq(d.ev[0].f.page, STR("/orders/12")));
	assert_null(d.ev[0].f.summary.p);
	assert_int_equal(d.ev[1].kind, EVENT_QUEUED);
	assert_int_equal(d.ev[1].f.reason, REASON_START);
	assert_int_equal(d.ev[1].f.queued_at, 5000);
	assert_int_equal(d.ev[1].f.priority, 7);
	assert_true(sg_id_eq(&it.queue, &QUEUE));
	assert_int_equal(it.legs, 1 << LEG_CHAT);
	assert_int_equal(it.priority, 7);
	assert_true(it.urgent);
}

static void only_a_chat_begins_with_the_chat_leg(void **unused)
{
	(void)unused;
	struct interaction it = {0};
	struct interaction_cmd cmd = command(INTERACTION_START, person, &it);

	cmd.f.channel = CHANNEL_EMAIL;
	apply(&it, &cmd);
	assert_int_equal(it.legs, 0);
}

static void a_start_needs_case_queue_and_channel(void **unused)
{
	(void)unused;
	struct interaction it = {0};
	struct interaction_cmd cmd = command(INTERACTION_START, person, &it);

	cmd.f.case_id = SG_ID_NONE;
	assert_refused(&it, &cmd, SG_E_INPUT, "case");
	cmd.f.case_id = CASE;
	cmd.f.queue = SG_ID_NONE;
	assert_refused(&it, &cmd, SG_E_INPUT, "queue");
	cmd.f.queue = QUEUE;
	cmd.f.channel = CHANNEL_NONE;
	assert_refused(&it, &cmd, SG_E_INPUT, "channel");
	cmd.f.channel = CHANNEL_WEB;
	cmd.f.priority = INT64_C(1) << 31;
	assert_refused(&it, &cmd, SG_E_INPUT, "priority");
}

static void an_offer_counts_and_answers_to_older_ones_are_dropped(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_OFFERED);

	assert_int_equal(it.offer_no, 1);
	assert_int_equal(it.expires_at_ms, 25000);
	take(&it, INTERACTION_EXPIRE, segue);
	take(&it, INTERACTION_OFFER, segue);
	assert_int_equal(it.offer_no, 2);

	struct interaction_cmd late = command(INTERACTION_ACCEPT, holder, &it);

	late.f.offer_no = 1;
	assert_refused(&it, &late, SG_E_AGAIN, "older_offer");
	late.actor.id = OTHER_AGENT; /* whoever it was offered to then */
	assert_refused(&it, &late, SG_E_AGAIN, "older_offer");
	late.f.offer_no = 3;
	assert_refused(&it, &late, SG_E_INPUT, "offer_no");
}

static void an_offer_not_taken_keeps_the_place_in_line(void **unused)
{
	(void)unused;
	static const struct {
		enum interaction_cmd_kind kind;
		enum reason reason;
	} ways[] = {{INTERACTION_REJECT, REASON_REJECTED},
		    {INTERACTION_EXPIRE, REASON_EXPIRED},
		    {INTERACTION_WITHDRAW, REASON_WITHDRAWN}};

	for (unsigned i = 0; i < 3; i++) {
		struct interaction it = in_state(INTERACTION_OFFERED);
		struct interaction_cmd cmd = command(ways[i].kind, i == 0 ? holder : segue, &it);

		cmd.now_ms = 90000;
		struct decision d = apply(&it, &cmd);

		assert_int_equal(d.n, 1);
		assert_int_equal(d.ev[0].kind, EVENT_OFFER_ENDED);
		assert_int_equal(d.ev[0].f.reason, ways[i].reason);
		assert_true(sg_id_eq(&d.ev[0].f.agent, &AGENT));
		assert_int_equal(it.state, INTERACTION_QUEUED);
		assert_int_equal(it.queued_at_ms, 5000);
		assert_int_equal(it.since_ms, 90000);
		assert_true(sg_id_is_none(&it.agent));
		assert_int_equal(it.expires_at_ms, 0);
	}
}

static void an_offer_must_name_an_agent_and_a_time_to_come(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_QUEUED);
	struct interaction_cmd cmd = command(INTERACTION_OFFER, segue, &it);

	cmd.f.expires_at = cmd.now_ms;
	assert_refused(&it, &cmd, SG_E_INPUT, "expires_at");
	cmd.f.expires_at++;
	cmd.f.agent = SG_ID_NONE;
	assert_refused(&it, &cmd, SG_E_INPUT, "agent");
}

static void a_transferred_person_does_not_wait_anew(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_TRANSFER, holder, &it);

	cmd.now_ms = 99000;
	struct decision d = apply(&it, &cmd);

	assert_int_equal(d.n, 2);
	assert_int_equal(d.ev[0].kind, EVENT_TRANSFERRED);
	assert_true(str_eq(d.ev[0].f.text, STR("hello")));
	assert_int_equal(d.ev[1].f.reason, REASON_TRANSFER);
	assert_int_equal(d.ev[1].f.queued_at, 5000);
	assert_int_equal(it.queued_at_ms, 5000);
	assert_int_equal(it.since_ms, 99000);
	assert_true(sg_id_eq(&it.queue, &QUEUE_2));
	assert_true(sg_id_is_none(&it.agent));
}

static struct interaction waiting_for_other_agent(void)
{
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_TRANSFER, holder, &it);

	cmd.f.queue = SG_ID_NONE;
	cmd.f.agent = OTHER_AGENT;
	apply(&it, &cmd);
	return it;
}

static void a_transfer_to_a_person_waits_for_them_in_the_same_queue(void **unused)
{
	(void)unused;
	struct interaction it = waiting_for_other_agent();
	struct interaction_cmd cmd = command(INTERACTION_OFFER, segue, &it);

	assert_true(sg_id_eq(&it.wanted_agent, &OTHER_AGENT));
	assert_true(sg_id_eq(&it.queue, &QUEUE));
	assert_refused(&it, &cmd, SG_E_STATE, "waits_for_another_agent");
	cmd.f.agent = OTHER_AGENT;
	apply(&it, &cmd);

	/* what they do not take is anybody's */
	take(&it, INTERACTION_EXPIRE, segue);
	assert_true(sg_id_is_none(&it.wanted_agent));
}

static void when_the_wanted_agent_is_gone_it_is_anybodys(void **unused)
{
	(void)unused;
	struct interaction it = waiting_for_other_agent();
	struct decision d = take(&it, INTERACTION_REQUEUE, segue);

	assert_int_equal(d.ev[0].f.reason, REASON_AGENT_GONE);
	assert_true(sg_id_is_none(&it.wanted_agent));
	assert_int_equal(it.queued_at_ms, 5000);
}

static void a_transfer_to_where_it_is_changes_nothing(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_TRANSFER, holder, &it);

	cmd.f.agent = AGENT;
	assert_refused(&it, &cmd, SG_E_AGAIN, "same_agent");
	cmd.f.agent = cmd.f.queue = SG_ID_NONE;
	assert_refused(&it, &cmd, SG_E_INPUT, "queue");

	it = in_state(INTERACTION_QUEUED);
	cmd = command(INTERACTION_TRANSFER, manager, &it);
	cmd.f.queue = QUEUE;
	assert_refused(&it, &cmd, SG_E_AGAIN, "same_queue");
}

static void a_manager_who_moves_an_offered_one_takes_the_offer_back(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_OFFERED);
	struct decision d = take(&it, INTERACTION_TRANSFER, manager);

	assert_int_equal(d.n, 3);
	assert_int_equal(d.ev[0].kind, EVENT_OFFER_ENDED);
	assert_int_equal(d.ev[0].f.reason, REASON_WITHDRAWN);
	assert_int_equal(d.ev[1].kind, EVENT_TRANSFERRED);
	assert_int_equal(d.ev[2].kind, EVENT_QUEUED);
}

static void taken_back_from_an_agent_who_is_gone_it_has_its_old_place(void **unused)
{
	(void)unused;
	static const enum interaction_state from[] = {INTERACTION_OFFERED, INTERACTION_ACTIVE};

	for (unsigned i = 0; i < 2; i++) {
		struct interaction it = in_state(from[i]);
		struct interaction_cmd cmd = command(INTERACTION_REQUEUE, segue, &it);

		cmd.now_ms = 70000;
		struct decision d = apply(&it, &cmd);

		assert_int_equal(d.n, 1);
		assert_int_equal(d.ev[0].f.reason, REASON_AGENT_GONE);
		assert_int_equal(it.queued_at_ms, 5000);
		assert_true(sg_id_eq(&it.queue, &QUEUE));
	}
}

static void the_reason_of_an_end_is_what_was_done(void **unused)
{
	(void)unused;
	static const struct {
		enum interaction_state state;
		struct actor actor;
		enum reason said, want;
	} rows[] = {
		{INTERACTION_QUEUED,
		 {ROLE_CUSTOMER, {{1, 1}}},
		 REASON_AGENT_ENDED,
		 REASON_ABANDONED},
		{INTERACTION_OFFERED, {ROLE_CUSTOMER, {{1, 1}}}, REASON_NONE, REASON_ABANDONED},
		{INTERACTION_ACTIVE, {ROLE_CUSTOMER, {{1, 1}}}, REASON_IDLE, REASON_CUSTOMER_LEFT},
		{INTERACTION_ACTIVE, {ROLE_AGENT, {{2, 1}}}, REASON_IDLE, REASON_AGENT_ENDED},
		{INTERACTION_ACTIVE, {ROLE_MANAGER, {{3, 1}}}, REASON_NONE, REASON_REQUESTED},
		{INTERACTION_ACTIVE, {.role = ROLE_NONE}, REASON_NONE, REASON_IDLE},
		{INTERACTION_ACTIVE,
		 {.role = ROLE_NONE},
		 REASON_CUSTOMER_LEFT,
		 REASON_CUSTOMER_LEFT},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct interaction it = in_state(rows[i].state);
		struct interaction_cmd cmd = command(INTERACTION_END, rows[i].actor, &it);

		cmd.f.reason = rows[i].said;
		struct decision d = apply(&it, &cmd);

		assert_int_equal(d.ev[0].kind, EVENT_ENDED);
		assert_int_equal(d.ev[0].f.reason, rows[i].want);
		/* only what ended while waiting says since when it waited */
		bool waited = rows[i].state != INTERACTION_ACTIVE;

		assert_int_equal(d.ev[0].f.queued_at, waited ? 5000 : 0);
		assert_int_equal(sg_id_eq(&d.ev[0].f.queue, &QUEUE), waited);
	}
}

static void an_acceptance_says_who_and_how_long_it_waited(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_OFFERED);
	struct interaction_cmd cmd = command(INTERACTION_ACCEPT, holder, &it);

	cmd.now_ms = 9000;
	cmd.f.name = STR("Ada");
	struct decision d = apply(&it, &cmd);

	assert_true(str_eq(d.ev[0].f.name, STR("Ada")));
	assert_true(sg_id_eq(&d.ev[0].f.agent, &AGENT));
	assert_true(sg_id_eq(&d.ev[0].f.queue, &QUEUE));
	assert_int_equal(d.ev[0].f.queued_at, 5000);
	assert_int_equal(d.ev[0].f.offer_no, 1);
}

static void a_wrap_up_nobody_will_do_is_closed_without_a_summary(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_WRAPUP);
	struct decision d = take(&it, INTERACTION_END, segue);

	assert_int_equal(d.n, 1);
	assert_int_equal(d.ev[0].kind, EVENT_WRAPPED_UP);
	assert_int_equal(d.ev[0].f.outcome, OUTCOME_NONE);
	assert_int_equal(it.state, INTERACTION_CLOSED);
}

static void a_wrap_up_of_an_active_one_ends_it_first(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_WRAP_UP, holder, &it);

	cmd.f.topic = (struct sg_id){{6, 1}};
	cmd.f.summary = STR("Sent a new one.");
	struct decision d = apply(&it, &cmd);

	assert_int_equal(d.n, 2);
	assert_int_equal(d.ev[0].kind, EVENT_ENDED);
	assert_int_equal(d.ev[0].f.reason, REASON_AGENT_ENDED);
	assert_int_equal(d.ev[1].kind, EVENT_WRAPPED_UP);
	assert_true(str_eq(d.ev[1].f.summary, STR("Sent a new one.")));
	assert_true(sg_id_eq(&it.topic, &cmd.f.topic));

	it = in_state(INTERACTION_WRAPUP);
	cmd = command(INTERACTION_WRAP_UP, holder, &it);
	cmd.f.outcome = OUTCOME_NONE;
	assert_refused(&it, &cmd, SG_E_INPUT, "outcome");
}

static void a_message_carries_words_or_a_named_file_on_a_written_leg(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_MESSAGE, person, &it);

	cmd.f.text = (struct str){0};
	assert_refused(&it, &cmd, SG_E_INPUT, "text");
	cmd.f.file = (struct sg_id){{7, 1}};
	assert_refused(&it, &cmd, SG_E_INPUT, "file");
	cmd.f.name = STR("receipt.pdf");
	cmd.f.leg = LEG_VIDEO;
	assert_refused(&it, &cmd, SG_E_INPUT, "leg");
	cmd.f.leg = LEG_NONE;

	struct decision d = apply(&it, &cmd);

	assert_int_equal(d.ev[0].f.leg, LEG_CHAT);
	assert_int_equal(it.messages, 1);
}

static void a_message_longer_than_its_fact_is_refused(void **unused)
{
	(void)unused;
	static char text[8001];
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_MESSAGE, person, &it);

	memset(text, 'x', sizeof(text));
	cmd.f.text = (struct str){text, sizeof(text)};
	assert_refused(&it, &cmd, SG_E_INPUT, "text");
	cmd.f.text.n--;
	apply(&it, &cmd);
	text[10] = (char)0xff;
	assert_refused(&it, &cmd, SG_E_INPUT, "text");
}

static void messages_have_a_limit(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_MESSAGE, person, &it);

	it.messages = INTERACTION_MESSAGES_MAX - 1;
	apply(&it, &cmd);
	assert_refused(&it, &cmd, SG_E_LIMIT, "too_many_messages");
}

static void a_read_mark_grows_and_never_passes_the_end(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd cmd = command(INTERACTION_READ, person, &it);
	uint64_t seq = it.seq;

	apply(&it, &cmd);
	assert_int_equal(it.read_person, seq);
	assert_int_equal(it.read_agent, 0);
	assert_refused(&it, &cmd, SG_E_AGAIN, "already_read");
	cmd.f.read_seq = (int64_t)it.seq + 1;
	assert_refused(&it, &cmd, SG_E_INPUT, "read_seq");
	cmd.f.read_seq = 0;
	assert_refused(&it, &cmd, SG_E_INPUT, "read_seq");

	cmd = command(INTERACTION_READ, holder, &it);
	apply(&it, &cmd);
	assert_int_equal(it.read_agent, seq + 1);
	assert_int_equal(it.read_person, seq);
}

static void legs_join_and_leave_once(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);
	struct interaction_cmd join = command(INTERACTION_LEG_JOIN, holder, &it);
	struct interaction_cmd leave = command(INTERACTION_LEG_LEAVE, holder, &it);

	apply(&it, &join);
	assert_int_equal(it.legs, 1 << LEG_CHAT | 1 << LEG_VOICE);
	assert_refused(&it, &join, SG_E_AGAIN, "leg_is_in");
	apply(&it, &leave);
	assert_int_equal(it.legs, 1 << LEG_VOICE);
	assert_refused(&it, &leave, SG_E_AGAIN, "leg_is_out");
	join.f.leg = LEG_NONE;
	assert_refused(&it, &join, SG_E_INPUT, "leg");
}

static void what_is_not_yours_looks_as_if_it_did_not_exist(void **unused)
{
	(void)unused;
	struct interaction none = {0}, it = in_state(INTERACTION_ACTIVE);
	struct actor stranger = {ROLE_CUSTOMER, STRANGER};
	struct interaction_cmd cmd = command(INTERACTION_MESSAGE, stranger, &it);

	assert_refused(&none, &cmd, SG_E_NOT_FOUND, "not_found");
	assert_refused(&it, &cmd, SG_E_NOT_FOUND, "not_your_interaction");
	assert_false(interaction_may_see(&it, stranger));
	assert_false(interaction_may_see(&it, (struct actor){ROLE_CUSTOMER, SG_ID_NONE}));
	assert_false(interaction_may_see(&it, (struct actor){ROLE_INTEGRATOR, PERSON}));
	assert_true(interaction_may_see(&it, person));
	assert_true(interaction_may_see(&it, (struct actor){ROLE_AGENT, OTHER_AGENT}));
	assert_true(interaction_may_see(&it, (struct actor){ROLE_MANAGER, MANAGER}));
	assert_true(interaction_may_see(&it, (struct actor){ROLE_ADMIN, ADMIN}));
	assert_false(interaction_may_see(&none, manager));
}

static void a_start_cannot_be_made_in_the_name_of_nobody(void **unused)
{
	(void)unused;
	struct interaction it = {0};
	struct interaction_cmd cmd =
		command(INTERACTION_START, (struct actor){.role = ROLE_CUSTOMER}, &it);

	cmd.f.person = SG_ID_NONE;
	assert_refused(&it, &cmd, SG_E_NOT_FOUND, "not_your_interaction");
}

static void it_uses_its_agents_capacity_from_offer_to_close(void **unused)
{
	(void)unused;
	for (unsigned st = 0; st < INTERACTION_STATE_N; st++) {
		struct interaction it = in_state((enum interaction_state)st);
		struct sg_id who = interaction_holder(&it);
		bool holds = st >= INTERACTION_OFFERED && st <= INTERACTION_WRAPUP;

		assert_int_equal(sg_id_eq(&who, &AGENT), holds);
		assert_int_equal(sg_id_is_none(&who), !holds);
		assert_int_equal(interaction_is_open(&it),
				 st != INTERACTION_NEW && st != INTERACTION_CLOSED);
	}
}

static void a_state_that_contradicts_itself_is_not_sound(void **unused)
{
	(void)unused;
	struct interaction it = in_state(INTERACTION_ACTIVE);

	assert_true(interaction_is_sound(&it));
	it.agent = SG_ID_NONE;
	assert_false(interaction_is_sound(&it));
	it = in_state(INTERACTION_QUEUED);
	it.agent = AGENT;
	assert_false(interaction_is_sound(&it));
	it = in_state(INTERACTION_ACTIVE);
	it.wanted_agent = AGENT;
	assert_false(interaction_is_sound(&it));
	it = in_state(INTERACTION_ACTIVE);
	it.expires_at_ms = 1;
	assert_false(interaction_is_sound(&it));
	it = in_state(INTERACTION_ACTIVE);
	it.read_agent = it.seq + 1;
	assert_false(interaction_is_sound(&it));
	it = in_state(INTERACTION_ACTIVE);
	it.legs = 1U << LEG_N;
	assert_false(interaction_is_sound(&it));
}

static void a_reservation_is_answered_once(void **unused)
{
	(void)unused;
	for (unsigned from = 0; from < RESERVATION_STATE_N; from++) {
		for (unsigned to = 0; to < RESERVATION_STATE_N; to++) {
			bool want = from == RESERVATION_OFFERED && to != RESERVATION_OFFERED;

			assert_int_equal(reservation_move_ok((enum reservation_state)from,
							     (enum reservation_state)to),
					 want);
		}
	}
	assert_true(reservation_is_agents_answer(RESERVATION_ACCEPTED));
	assert_true(reservation_is_agents_answer(RESERVATION_REJECTED));
	assert_false(reservation_is_agents_answer(RESERVATION_EXPIRED));
	assert_false(reservation_is_agents_answer(RESERVATION_WITHDRAWN));
}

static void random_walks_keep_the_rules_and_reach_every_state(void **unused)
{
	(void)unused;
	struct walk_result sum = {0};

	for (uint64_t seed = 1; seed <= 4000; seed++) {
		uint8_t bytes[3000];

		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};
		struct walk_result one = walk_interaction(&t);

		sum.taken += one.taken;
		sum.refused += one.refused;
		for (unsigned i = 0; i < INTERACTION_STATE_N; i++)
			sum.reached[i] += one.reached[i];
	}
	assert_true(sum.taken > 50000);
	for (unsigned i = 1; i < INTERACTION_STATE_N; i++)
		assert_true(sum.reached[i] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_in_every_state_by_everybody_is_as_the_oracle_says),
		cmocka_unit_test(a_start_tells_the_context_and_the_place_in_line),
		cmocka_unit_test(only_a_chat_begins_with_the_chat_leg),
		cmocka_unit_test(a_start_needs_case_queue_and_channel),
		cmocka_unit_test(an_offer_counts_and_answers_to_older_ones_are_dropped),
		cmocka_unit_test(an_offer_not_taken_keeps_the_place_in_line),
		cmocka_unit_test(an_offer_must_name_an_agent_and_a_time_to_come),
		cmocka_unit_test(a_transferred_person_does_not_wait_anew),
		cmocka_unit_test(a_transfer_to_a_person_waits_for_them_in_the_same_queue),
		cmocka_unit_test(when_the_wanted_agent_is_gone_it_is_anybodys),
		cmocka_unit_test(a_transfer_to_where_it_is_changes_nothing),
		cmocka_unit_test(a_manager_who_moves_an_offered_one_takes_the_offer_back),
		cmocka_unit_test(taken_back_from_an_agent_who_is_gone_it_has_its_old_place),
		cmocka_unit_test(the_reason_of_an_end_is_what_was_done),
		cmocka_unit_test(an_acceptance_says_who_and_how_long_it_waited),
		cmocka_unit_test(a_wrap_up_nobody_will_do_is_closed_without_a_summary),
		cmocka_unit_test(a_wrap_up_of_an_active_one_ends_it_first),
		cmocka_unit_test(a_message_carries_words_or_a_named_file_on_a_written_leg),
		cmocka_unit_test(a_message_longer_than_its_fact_is_refused),
		cmocka_unit_test(messages_have_a_limit),
		cmocka_unit_test(a_read_mark_grows_and_never_passes_the_end),
		cmocka_unit_test(legs_join_and_leave_once),
		cmocka_unit_test(what_is_not_yours_looks_as_if_it_did_not_exist),
		cmocka_unit_test(a_start_cannot_be_made_in_the_name_of_nobody),
		cmocka_unit_test(it_uses_its_agents_capacity_from_offer_to_close),
		cmocka_unit_test(a_state_that_contradicts_itself_is_not_sound),
		cmocka_unit_test(a_reservation_is_answered_once),
		cmocka_unit_test(random_walks_keep_the_rules_and_reach_every_state),
	};
	return cmocka_run_group_tests_name("core/interaction", tests, NULL, NULL);
}
