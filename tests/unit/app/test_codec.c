#include "fixture.h"

#include <string.h>

#include "app/codec.h"
#include "app/project.h"

static const char *const texts[] = {
	"",
	"plain",
	"\"quotes\" and \\ back",
	"line\nfeed\ttab\rreturn",
	"\x01\x1f",
	"\xc2\x80",
	"<script>alert('x')</script>",
	"\xe2\x80\xa8 \xe2\x80\xae",
	"\xf0\x9f\x98\x80",
	"'; DROP TABLE event; --",
	"{\"a\":1}",
	"\xef\xbf\xbd",
};
enum { N_TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char *const jsons[] = {"[]", "{}", "[\"a\",\"b\"]",
				    "{\"k\":\"\xc3\xa9\",\"n\":[1,2,{\"x\":null}]}", "true"};

static void draw_fact(struct tape *t, const struct fact_desc *d, void *at)
{
	static const int64_t ints[] = {
		0, 1, -1, 255, INT64_MAX, INT64_MIN, INT64_C(9007199254740993)};
	uint8_t id[16];

	switch (d->type) {
	case FACT_TYPE_ID:
		tape_fill(tape_below(t, 256), id, sizeof(id));
		memcpy(at, id, sizeof(id));
		break;
	case FACT_TYPE_TEXT:
		*(struct str *)at = str_from(texts[tape_below(t, N_TEXTS)]);
		break;
	case FACT_TYPE_JSON:
		*(struct str *)at =
			str_from(jsons[tape_below(t, sizeof(jsons) / sizeof(jsons[0]))]);
		break;
	case FACT_TYPE_INT:
		*(int64_t *)at = ints[tape_below(t, sizeof(ints) / sizeof(ints[0]))];
		break;
	case FACT_TYPE_TIME:
		*(int64_t *)at =
			tape_below(t, 2) ? INT64_C(253402300799999) : 1 + tape_below(t, 60000);
		break;
	case FACT_TYPE_BOOL:
		*(bool *)at = tape_below(t, 2);
		break;
	case FACT_TYPE_ENUM:
		*(unsigned *)at = tape_below(t, d->n_names);
		break;
	}
}

static bool same_fact(const struct fact_desc *d, const void *a, const void *b)
{
	switch (d->type) {
	case FACT_TYPE_ID:
		return sg_id_eq(a, b);
	case FACT_TYPE_TEXT:
	case FACT_TYPE_JSON:
		return str_eq(*(const struct str *)a, *(const struct str *)b);
	case FACT_TYPE_INT:
	case FACT_TYPE_TIME:
		return *(const int64_t *)a == *(const int64_t *)b;
	case FACT_TYPE_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case FACT_TYPE_ENUM:
		return *(const unsigned *)a == *(const unsigned *)b;
	}
	return false;
}

static void check_kind(struct tape *t, enum event_kind kind)
{
	const struct event_desc *k = &event_desc[kind];
	struct event ev = {.kind = kind, .stream = {{1}}, .seq = 1, .at_ms = 1000};
	struct arena arena;
	struct facts back;
	struct buf out;

	for (unsigned i = 0; i < k->n; i++) {
		if (tape_below(t, 4)) /* some are absent */
			draw_fact(t, &fact_desc[k->facts[i]],
				  (char *)&ev.f + fact_desc[k->facts[i]].offset);
	}
	buf_init(&out, 65536);
	arena_init(&arena, 1 << 20);
	assert_status(codec_encode(&ev, &out), SG_OK);
	assert_true(str_is_utf8((struct str){.p = out.data, .n = out.len}));
	assert_status(codec_decode(kind, (struct str){.p = out.data, .n = out.len}, &arena, &back),
		      SG_OK);
	for (unsigned i = 0; i < FACT_N; i++) {
		if (!same_fact(&fact_desc[i], (char *)&ev.f + fact_desc[i].offset,
			       (char *)&back + fact_desc[i].offset))
			fail_msg("%s: %s is not what it was: %s", k->name, fact_desc[i].name,
				 out.data);
	}
	buf_fini(&out);
	arena_fini(&arena);
}

static void every_fact_of_every_kind_comes_back(void **state)
{
	static uint8_t bytes[4096];

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};

		for (int kind = EVENT_NONE + 1; kind < EVENT_KIND_N; kind++)
			check_kind(&t, (enum event_kind)kind);
	}
}

static void what_is_malformed_is_refused(void **state)
{
	static const struct {
		enum event_kind kind;
		const char *body;
	} bad[] = {
		{EVENT_MESSAGE_SENT, ""},
		{EVENT_MESSAGE_SENT, "[]"},
		{EVENT_MESSAGE_SENT, "{\"text\":1}"},
		{EVENT_MESSAGE_SENT, "{\"leg\":\"telepathy\"}"},
		{EVENT_MESSAGE_SENT, "{\"file\":\"no-id\"}"},
		{EVENT_MESSAGE_SENT, "{\"size\":\"1\"}"},
		{EVENT_OFFERED, "{\"expires_at\":\"soon\"}"},
		{EVENT_OFFERED, "{\"offer_no\":1.5}"},
		{EVENT_QUEUE_PUT, "{\"active\":\"true\"}"},
	};
	struct arena arena;
	struct facts f;

	(void)state;
	arena_init(&arena, 65536);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_status(codec_decode(bad[i].kind, str_from(bad[i].body), &arena, &f),
			      SG_E_INPUT);
	assert_status(codec_decode(EVENT_MESSAGE_SENT,
				   STR("{\"text\":\"a\",\"of_tomorrow\":{\"x\":1}}"), &arena, &f),
		      SG_OK);
	assert_true(str_eq(f.text, STR("a")));
	arena_fini(&arena);
}

static void a_full_buffer_is_said(void **state)
{
	struct event ev = {.kind = EVENT_MESSAGE_SENT,
			   .f = {.text = STR("some words that do not fit")}};
	struct buf out;

	(void)state;
	buf_init(&out, 8);
	assert_status(codec_encode(&ev, &out), SG_E_LIMIT);
	buf_fini(&out);
}

/* Each kind changes a view, by rows whose keys are set and which stay within the table. */
static void every_kind_has_its_rows(void **state)
{
	static uint8_t bytes[4096];

	(void)state;
	tape_fill(7, bytes, sizeof(bytes));
	struct tape t = {.bytes = bytes, .len = sizeof(bytes)};

	for (int kind = EVENT_NONE + 1; kind < EVENT_KIND_N; kind++) {
		const struct event_desc *k = &event_desc[kind];
		struct event ev = {
			.kind = (enum event_kind)kind, .stream = {{1}}, .seq = 3, .at_ms = 1000};
		struct projection p;

		for (unsigned i = 0; i < k->n; i++)
			draw_fact(&t, &fact_desc[k->facts[i]],
				  (char *)&ev.f + fact_desc[k->facts[i]].offset);
		project(&ev, &p);
		assert_in_range(p.n, 1, PROJECT_ROWS_MAX);
		for (unsigned i = 0; i < p.n; i++) {
			const struct table_desc *table = &table_desc[p.rows[i].table];

			assert_true(table->is_view);
			for (unsigned c = 0; c < table->n_key; c++)
				assert_true(p.rows[i].set >> c & 1);
			assert_int_equal(p.rows[i].set >> table->n_cols, 0);
			assert_int_equal(p.rows[i].add & ~p.rows[i].set, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fact_of_every_kind_comes_back),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(a_full_buffer_is_said),
		cmocka_unit_test(every_kind_has_its_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
