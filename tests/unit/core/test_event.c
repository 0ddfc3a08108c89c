#include <string.h>

#include "check.h"
#include "core/decision.h"

static void names_are_found_and_nothing_else(void **unused)
{
	(void)unused;
	for (unsigned i = 1; i < CHANNEL_N; i++)
		assert_int_equal(enum_parse(channel_names, CHANNEL_N, str_from(channel_names[i])),
				 i);
	assert_int_equal(enum_parse(channel_names, CHANNEL_N, STR("")), 0);
	assert_int_equal(enum_parse(channel_names, CHANNEL_N, (struct str){0}), 0);
	assert_int_equal(enum_parse(channel_names, CHANNEL_N, STR("chats")), 0);
	assert_int_equal(enum_parse(channel_names, CHANNEL_N, STR("cha")), 0);
	assert_int_equal(enum_parse(channel_names, CHANNEL_N, STR("Chat")), 0);
}

/* All facts set, then each kind of event takes what its description lists, byte for byte. */
static void an_event_takes_its_own_facts_and_no_others(void **unused)
{
	(void)unused;
	static const size_t sizes[] = {
		[FACT_TYPE_ID] = 16,
		[FACT_TYPE_TEXT] = sizeof(struct str),
		[FACT_TYPE_JSON] = sizeof(struct str),
		[FACT_TYPE_INT] = 8,
		[FACT_TYPE_TIME] = 8,
		[FACT_TYPE_BOOL] = 1,
		[FACT_TYPE_ENUM] = 4,
	};
	struct facts from;

	memset(&from, 0x01, sizeof(from));
	for (unsigned kind = 1; kind < EVENT_KIND_N; kind++) {
		struct event ev = {.kind = (enum event_kind)kind};

		event_take(&ev, &from);
		for (unsigned f = 0; f < FACT_N; f++) {
			const struct fact_desc *desc = &fact_desc[f];
			bool listed = false;

			for (unsigned i = 0; i < event_desc[kind].n; i++)
				listed = listed || event_desc[kind].facts[i] == f;
			for (size_t b = 0; b < sizes[desc->type]; b++)
				assert_int_equal(((const char *)&ev.f)[desc->offset + b],
						 listed ? 1 : 0);
		}
	}
}

static void events_of_a_decision_are_numbered_without_gaps(void **unused)
{
	(void)unused;
	struct decision d = {0};
	const struct sg_id stream = {{5}};
	const struct actor who = {ROLE_AGENT, {{6}}};

	memset(d.ev, 0xff, sizeof(d.ev)); /* what was there before must not shine through */
	for (unsigned i = 0; i < DECISION_MAX; i++) {
		struct event *ev = decision_add(&d, EVENT_NOTE_ADDED, &stream, who, 77);

		assert_ptr_equal(ev, &d.ev[i]);
		assert_null(ev->f.text.p);
		ev->f.text = STR("note");
	}
	assert_status(decision_finish(&d, 41), SG_OK);
	for (unsigned i = 0; i < DECISION_MAX; i++) {
		assert_int_equal(d.ev[i].seq, 42 + i);
		assert_int_equal(d.ev[i].at_ms, 77);
		assert_int_equal(d.ev[i].actor.role, ROLE_AGENT);
	}
}

static void a_text_is_measured_in_characters_of_good_utf8(void **unused)
{
	(void)unused;
	static char text[3 * 500 + 3];
	struct decision d = {0};
	const struct sg_id stream = {{5}};
	struct event *ev = decision_add(&d, EVENT_CASE_UPDATED, &stream, (struct actor){0}, 1);

	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3); /* the euro sign */
	ev->f.next_step = (struct str){text, 1500};
	assert_status(decision_finish(&d, 0), SG_OK);
	ev->f.next_step.n = 1503;
	assert_status(decision_finish(&d, 0), SG_E_INPUT);
	assert_string_equal(d.why, "next_step");
	assert_int_equal(d.n, 0);

	d.n = 1;
	ev->f.next_step.n = 4; /* ends within a character */
	assert_status(decision_finish(&d, 0), SG_E_INPUT);
}

static void a_refusal_says_why_and_carries_no_events(void **unused)
{
	(void)unused;
	struct decision d = {.n = 2};

	assert_status(decision_refuse(&d, SG_E_STATE, "closed"), SG_E_STATE);
	assert_int_equal(d.n, 0);
	assert_string_equal(d.why, "closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_and_nothing_else),
		cmocka_unit_test(an_event_takes_its_own_facts_and_no_others),
		cmocka_unit_test(events_of_a_decision_are_numbered_without_gaps),
		cmocka_unit_test(a_text_is_measured_in_characters_of_good_utf8),
		cmocka_unit_test(a_refusal_says_why_and_carries_no_events),
	};
	return cmocka_run_group_tests_name("core/event", tests, NULL, NULL);
}
