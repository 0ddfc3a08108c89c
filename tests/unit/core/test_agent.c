#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/agent.h"

#define QUEUE_A "01890a5d-ac96-774b-bcce-b302099a8057"
#define QUEUE_B "01890a5d-ac96-774b-bcce-b302099a8058"

static const struct sg_id THIS = {{2, 1}};
static const struct actor segue = {.role = ROLE_NONE};
static const struct actor self = {ROLE_AGENT, {{2, 1}}};
static const struct actor other = {ROLE_AGENT, {{2, 2}}};
static const struct actor manager = {ROLE_MANAGER, {{3, 1}}};
static const struct actor admin = {ROLE_ADMIN, {{3, 2}}};

static struct agent_cmd put_by(struct actor actor)
{
	struct agent_cmd cmd = {.kind = AGENT_PUT, .id = THIS, .actor = actor, .now_ms = 5000};

	cmd.f.name = STR("Grace");
	cmd.f.email = STR("grace@example.org");
	cmd.f.role = ROLE_AGENT;
	cmd.f.capacity = 3;
	cmd.f.queues = STR("[\"" QUEUE_A "\", \"" QUEUE_B "\"]");
	cmd.f.active = true;
	return cmd;
}

static struct agent_cmd presence_by(struct actor actor, enum presence to)
{
	struct agent_cmd cmd = {.kind = AGENT_PRESENCE, .id = THIS, .actor = actor, .now_ms = 6000};

	cmd.f.presence = to;
	return cmd;
}

static struct decision apply(struct agent *a, const struct agent_cmd *cmd)
{
	struct decision d;

	assert_status(agent_decide(a, cmd, &d), SG_OK);
	for (unsigned i = 0; i < d.n; i++) {
		assert_int_equal(d.ev[i].seq, a->seq + 1);
		agent_apply(a, &d.ev[i]);
		assert_true(agent_is_sound(a));
	}
	return d;
}

static void assert_refused(const struct agent *a, const struct agent_cmd *cmd, enum sg_status want,
			   const char *why)
{
	struct decision d;

	assert_status(agent_decide(a, cmd, &d), want);
	assert_string_equal(d.why, why);
	assert_int_equal(d.n, 0);
}

static struct agent with_presence(enum presence presence)
{
	struct agent a = {0};
	struct agent_cmd cmd = put_by(admin);

	apply(&a, &cmd);
	if (presence != PRESENCE_OFFLINE) {
		cmd = presence_by(self, presence);
		apply(&a, &cmd);
	}
	return a;
}

static void a_new_account_is_offline_and_knows_its_queues(void **unused)
{
	(void)unused;
	struct agent a = with_presence(PRESENCE_OFFLINE);
	struct route_agent seat;

	assert_int_equal(a.presence, PRESENCE_OFFLINE);
	assert_int_equal(a.n_queues, 2);
	assert_int_equal(a.capacity, 3);
	agent_to_route(&a, &seat);
	assert_int_equal(seat.n_queues, 2);
	assert_int_equal(seat.capacity, 3);
	assert_false(seat.available);
	assert_memory_equal(seat.queues, a.queues, 2 * sizeof(a.queues[0]));
}

static void an_account_needs_name_address_role_and_capacity(void **unused)
{
	(void)unused;
	struct agent a = {0};
	struct agent_cmd cmd = put_by(admin);

	cmd.f.name = (struct str){0};
	assert_refused(&a, &cmd, SG_E_INPUT, "name");
	cmd = put_by(admin);
	cmd.f.email = STR("grace.example.org");
	assert_refused(&a, &cmd, SG_E_INPUT, "email");
	cmd = put_by(admin);
	cmd.f.role = ROLE_CUSTOMER;
	assert_refused(&a, &cmd, SG_E_INPUT, "role");
	cmd = put_by(admin);
	cmd.f.capacity = ROUTE_CAPACITY_MAX + 1;
	assert_refused(&a, &cmd, SG_E_INPUT, "capacity");
	cmd.f.capacity = 0;
	assert_refused(&a, &cmd, SG_E_INPUT, "capacity");
	cmd = put_by(admin);
	cmd.id = SG_ID_NONE;
	assert_refused(&a, &cmd, SG_E_INPUT, "agent");
}

static void queues_are_a_list_of_different_ids(void **unused)
{
	(void)unused;
	static const char *const bad[] = {
		"",
		"{}",
		"[\"" QUEUE_A "\"",
		"[\"" QUEUE_A "\",]",
		"[\"x\"]",
		"[1]",
		"[\"" QUEUE_A "\",\"" QUEUE_A "\"]",
		"[\"00000000-0000-0000-0000-000000000000\"]",
		"[\"" QUEUE_A "\"] x",
	};
	struct agent a = {0};
	struct agent_cmd cmd = put_by(admin);

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cmd.f.queues = str_from(bad[i]);
		assert_refused(&a, &cmd, SG_E_INPUT, "queues");
	}
	cmd.f.queues = STR(" [ ] ");
	apply(&a, &cmd);
	assert_int_equal(a.n_queues, 0);
	cmd.f.queues = (struct str){0};
	assert_refused(&a, &cmd, SG_E_AGAIN, "unchanged");
}

static void no_more_queues_than_routing_takes(void **unused)
{
	(void)unused;
	char text[2000] = "[";
	struct agent a = {0};
	struct agent_cmd cmd = put_by(admin);
	size_t n = 1;

	for (int i = 0; i <= ROUTE_AGENT_QUEUES_MAX; i++) {
		cmd.f.queues = (struct str){text, n + 1};
		text[n] = ']';
		if (i > 0)
			apply(&a, &cmd);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s\"01890a5d-ac96-774b-bcce-b302099a80%02x\"", i ? "," : "",
				      (unsigned)i);
	}
	assert_int_equal(a.n_queues, ROUTE_AGENT_QUEUES_MAX);
	text[n] = ']';
	cmd.f.queues = (struct str){text, n + 1};
	assert_refused(&a, &cmd, SG_E_INPUT, "queues");
}

static void the_same_account_again_changes_nothing(void **unused)
{
	(void)unused;
	struct agent a = with_presence(PRESENCE_OFFLINE);
	struct agent_cmd cmd = put_by(admin);

	assert_refused(&a, &cmd, SG_E_AGAIN, "unchanged");
	cmd.f.queues = STR("[\"" QUEUE_B "\",\"" QUEUE_A "\"]"); /* order says nothing */
	assert_refused(&a, &cmd, SG_E_AGAIN, "unchanged");
	cmd.f.name = STR("Grace H.");
	apply(&a, &cmd);
	cmd.f.queues = STR("[\"" QUEUE_B "\"]");
	apply(&a, &cmd);
	cmd.f.capacity = 4;
	apply(&a, &cmd);
	assert_int_equal(a.capacity, 4);
	assert_int_equal(a.n_queues, 1);
}

static void managers_put_agents_and_admins_put_anybody(void **unused)
{
	(void)unused;
	struct agent none = {0}, a = with_presence(PRESENCE_OFFLINE);
	struct agent_cmd cmd = put_by(manager);

	cmd.f.capacity = 5;
	apply(&a, &cmd);
	cmd.f.role = ROLE_MANAGER;
	assert_refused(&a, &cmd, SG_E_NOT_FOUND, "not_for_your_role");
	cmd.actor = admin;
	apply(&a, &cmd);
	cmd.actor = manager; /* not even back */
	cmd.f.role = ROLE_AGENT;
	assert_refused(&a, &cmd, SG_E_NOT_FOUND, "not_for_your_role");

	static const enum role nobody[] = {ROLE_CUSTOMER, ROLE_AGENT, ROLE_INTEGRATOR};

	for (unsigned i = 0; i < 3; i++) {
		cmd.actor = (struct actor){nobody[i], THIS};
		assert_refused(&none, &cmd, SG_E_NOT_FOUND, "not_for_your_role");
	}
	cmd.actor = segue;
	apply(&none, &cmd);
}

static void admins_cannot_lock_themselves_out(void **unused)
{
	(void)unused;
	struct agent a = {0};
	struct agent_cmd cmd = put_by(segue);

	cmd.f.role = ROLE_ADMIN;
	apply(&a, &cmd);
	cmd.actor = (struct actor){ROLE_ADMIN, THIS};
	cmd.f.active = false;
	assert_refused(&a, &cmd, SG_E_STATE, "own_account");
	cmd.f.active = true;
	cmd.f.role = ROLE_MANAGER;
	assert_refused(&a, &cmd, SG_E_STATE, "own_account");
	cmd.actor = admin;
	apply(&a, &cmd);
}

static void a_switched_off_account_is_offline_and_stays_so(void **unused)
{
	(void)unused;
	struct agent a = with_presence(PRESENCE_AVAILABLE);
	struct agent_cmd cmd = put_by(admin);

	cmd.f.active = false;
	struct decision d = apply(&a, &cmd);

	assert_int_equal(d.n, 2);
	assert_int_equal(d.ev[1].kind, EVENT_PRESENCE_SET);
	assert_int_equal(a.presence, PRESENCE_OFFLINE);
	assert_false(agent_is_available(&a));
	cmd = presence_by(self, PRESENCE_AVAILABLE);
	assert_refused(&a, &cmd, SG_E_STATE, "not_active");
}

/* Every presence to every presence by everybody; the moves of Segue are few. */
static void presence_moves_are_as_the_oracle_says(void **unused)
{
	(void)unused;
	static const bool segue_may[PRESENCE_N][PRESENCE_N] = {
		[PRESENCE_AVAILABLE] = {[PRESENCE_AWAY] = true, [PRESENCE_OFFLINE] = true},
		[PRESENCE_BUSY] = {[PRESENCE_AWAY] = true, [PRESENCE_OFFLINE] = true},
		[PRESENCE_AWAY] = {[PRESENCE_OFFLINE] = true},
	};
	static const struct actor actors[] = {{ROLE_AGENT, {{2, 1}}},     {ROLE_MANAGER, {{3, 1}}},
					      {ROLE_ADMIN, {{3, 2}}},     {.role = ROLE_NONE},
					      {ROLE_AGENT, {{2, 2}}},     {ROLE_CUSTOMER, {{2, 1}}},
					      {ROLE_INTEGRATOR, {{2, 1}}}};

	for (unsigned from = PRESENCE_OFFLINE; from < PRESENCE_N; from++) {
		for (unsigned to = PRESENCE_OFFLINE; to < PRESENCE_N; to++) {
			for (unsigned who = 0; who < 7; who++) {
				struct agent a = with_presence((enum presence)from);
				struct agent_cmd cmd = presence_by(actors[who], (enum presence)to);
				struct decision d;
				enum sg_status want = SG_OK;

				if (who >= 4)
					want = SG_E_NOT_FOUND;
				else if (from == to)
					want = SG_E_AGAIN;
				else if (who == 3 && !segue_may[from][to])
					want = SG_E_STATE;
				assert_status(agent_decide(&a, &cmd, &d), want);
			}
		}
	}
}

static void presence_says_since_when_and_why(void **unused)
{
	(void)unused;
	struct agent a = with_presence(PRESENCE_AVAILABLE), none = {0};
	struct agent_cmd cmd = presence_by(segue, PRESENCE_AWAY);

	assert_true(agent_is_available(&a));
	cmd.f.reason = REASON_MISSED;
	apply(&a, &cmd);
	assert_int_equal(a.presence_reason, REASON_MISSED);
	assert_int_equal(a.presence_at_ms, 6000);
	assert_false(agent_is_available(&a));
	assert_refused(&none, &cmd, SG_E_NOT_FOUND, "not_found");
	cmd = presence_by(other, PRESENCE_BUSY);
	assert_refused(&a, &cmd, SG_E_NOT_FOUND, "not_you");
	cmd = presence_by(self, PRESENCE_NONE);
	assert_refused(&a, &cmd, SG_E_INPUT, "presence");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_account_is_offline_and_knows_its_queues),
		cmocka_unit_test(an_account_needs_name_address_role_and_capacity),
		cmocka_unit_test(queues_are_a_list_of_different_ids),
		cmocka_unit_test(no_more_queues_than_routing_takes),
		cmocka_unit_test(the_same_account_again_changes_nothing),
		cmocka_unit_test(managers_put_agents_and_admins_put_anybody),
		cmocka_unit_test(admins_cannot_lock_themselves_out),
		cmocka_unit_test(a_switched_off_account_is_offline_and_stays_so),
		cmocka_unit_test(presence_moves_are_as_the_oracle_says),
		cmocka_unit_test(presence_says_since_when_and_why),
	};
	return cmocka_run_group_tests_name("core/agent", tests, NULL, NULL);
}
