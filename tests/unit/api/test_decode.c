/* Property: whatever a peer sends is accepted and can be read, or refused with a reason. And what
 * follows the schema is accepted. */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/match.h"
#include "base/auto.h"
#include "base/buf.h"
#include "base/tape.h"
#include "decode.h"

enum { SEEDS = 4000, TAPE = 512 };

static void add(struct buf *out, const char *text)
{
	assert_status(buf_add(out, text, strlen(text)), SG_OK);
}

/* Pieces of values that have broken decoders before. */
static const char *const pieces[] = {
	"null",
	"true",
	"false",
	"0",
	"-1",
	"1",
	"100",
	"4000",
	"1e400",
	"-1e400",
	"1.5",
	"9223372036854775807",
	"9223372036854775808",
	"NaN",
	"\"\"",
	"\"x\"",
	"\"\\u0000\"",
	"\"\\ud800\"",
	"\"\xff\"",
	"\"\\n\"",
	"\"a\\tb\"",
	"\"é😀\"",
	"\"01890a5d-ac96-774b-bcce-b302099a8057\"",
	"\"00000000-0000-0000-0000-000000000000\"",
	"\"2026-11-22T10:00:00Z\"",
	"\"chat\"",
	"\"resolved\"",
	"\"available\"",
	"\"customer\"",
	"[]",
	"{}",
	"[",
	"}",
	",",
	"\"open",
	"{\"a\":1,\"a\":2}",
	"[[[[[[[[[[]]]]]]]]]]",
};

static void add_piece(struct buf *out, struct tape *t)
{
	add(out, pieces[tape_below(t, sizeof(pieces) / sizeof(pieces[0]))]);
}

static void add_object(struct buf *out, struct tape *t, const struct schema *s, unsigned depth);

static void add_chars(struct buf *out, struct tape *t, int64_t n)
{
	static const char *const chars[] = {"x", "é", "😀", " ", "\\\"", "\\u20ac"};
	add(out, "\"");
	for (int64_t i = 0; i < n; i++)
		add(out, chars[tape_below(t, sizeof(chars) / sizeof(chars[0]))]);
	add(out, "\"");
}

/* A value that the schema takes. */
static void add_valid(struct buf *out, struct tape *t, const struct schema_field *f, unsigned depth)
{
	unsigned at;
	switch (f->kind) {
	case SCHEMA_ID:
		add(out, "\"01890a5d-ac96-774b-bcce-b302099a8057\"");
		return;
	case SCHEMA_TIME:
		add(out, "\"2026-11-22T10:00:00.5-08:00\"");
		return;
	case SCHEMA_BOOL:
		add(out, tape_below(t, 2) ? "true" : "false");
		return;
	case SCHEMA_JSON:
		add(out, "{\"a\":[1,2.5,null,{\"b\":\"\\n\"}]}");
		return;
	case SCHEMA_TEXT:
	case SCHEMA_LINE:
		add_chars(out, t, tape_below(t, 2) && f->max < 300 ? f->max : f->min);
		return;
	case SCHEMA_INT:
		assert_status(buf_addf(out, "%" PRId64, tape_below(t, 2) ? f->max : f->min), SG_OK);
		return;
	case SCHEMA_ENUM:
		at = f->may_be_none ? tape_below(t, f->n_names) : 1 + tape_below(t, f->n_names - 1);
		assert_status(buf_addf(out, "\"%s\"", f->names[at]), SG_OK);
		return;
	case SCHEMA_OBJECT:
		add_object(out, t, f->nested, depth + 1);
		return;
	}
}

static void add_list(struct buf *out, struct tape *t, const struct schema_field *f, unsigned depth)
{
	unsigned room = f->items_max - f->items_min;
	unsigned n =
		f->items_min + (depth < 2 && room ? tape_below(t, room < 3 ? room + 1 : 3) : 0);
	add(out, "[");
	for (unsigned i = 0; i < n; i++) {
		add(out, i ? "," : "");
		add_valid(out, t, f, depth);
	}
	add(out, "]");
}

static void add_object(struct buf *out, struct tape *t, const struct schema *s, unsigned depth)
{
	bool is_first = true;
	add(out, "{");
	for (unsigned i = 0; i < s->n; i++) {
		const struct schema_field *f = &s->fields[i];
		unsigned how = f->optional ? tape_below(t, 3) : 2;
		if (!how)
			continue;
		assert_status(buf_addf(out, "%s\"%s\":", is_first ? "" : ",", f->name), SG_OK);
		is_first = false;
		if (how == 1)
			add(out, "null");
		else if (f->list)
			add_list(out, t, f, depth);
		else
			add_valid(out, t, f, depth);
	}
	add(out, "}");
}

/* Names of the schema with whatever values, and some names that are not its. */
static void add_wild(struct buf *out, struct tape *t, const struct schema *s, unsigned depth)
{
	unsigned n = tape_below(t, 5);
	add(out, "{");
	for (unsigned i = 0; i < n; i++) {
		const struct schema_field *f = &s->fields[tape_below(t, s->n)];
		bool is_known = tape_below(t, 12) > 0;
		add(out, i ? "," : "");
		assert_status(buf_addf(out, "\"%s\":", is_known ? f->name : "\\n\xc3\xa9"), SG_OK);
		if (f->nested && depth < 4 && tape_below(t, 3))
			add_wild(out, t, f->nested, depth + 1);
		else if (tape_below(t, 3))
			add_valid(out, t, f, 2);
		else
			add_piece(out, t);
	}
	add(out, "}");
}

static const struct schema *pick(struct tape *t)
{
	const struct api_operation *op = &api_operations[tape_below(t, API_OP_N)];
	const struct schema *of[] = {op->body, op->command, op->result, op->params, op->query};
	const struct schema *s = of[tape_below(t, 5)];
	return s ? s : &api_schema_start;
}

static struct str text_of(const struct buf *b)
{
	return (struct str){b->data ? b->data : "", b->len};
}

static void what_follows_the_schema_is_accepted(void **unused)
{
	(void)unused;
	uint8_t bytes[TAPE];
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};
		const struct schema *s = pick(&t);
		SG_AUTO(buf) text;
		buf_init(&text, SCHEMA_BODY_MAX);
		add_object(&text, &t, s, 0);
		if (!decode_body(s, text_of(&text)))
			fail_msg("seed %" PRIu64 ": %s refuses %s", seed, s->name, text.data);
	}
}

static void a_broken_byte_never_breaks_the_decoder(void **unused)
{
	(void)unused;
	uint8_t bytes[TAPE];
	unsigned accepted = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};
		const struct schema *s = pick(&t);
		SG_AUTO(buf) text;
		buf_init(&text, SCHEMA_BODY_MAX);
		add_object(&text, &t, s, 0);
		for (unsigned i = 0; i < 3; i++)
			text.data[tape_below(&t, (uint32_t)text.len)] ^=
				(char)(1 + tape_below(&t, 255));
		accepted += decode_body(s, text_of(&text));
	}
	assert_in_range(accepted, 1, SEEDS / 2);
}

static void wild_json_is_read_or_refused_with_a_reason(void **unused)
{
	(void)unused;
	uint8_t bytes[TAPE];
	unsigned accepted = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};
		const struct schema *s = pick(&t);
		SG_AUTO(buf) text;
		buf_init(&text, SCHEMA_BODY_MAX);
		add_wild(&text, &t, s, 0);
		accepted += decode_body(s, text_of(&text));
	}
	assert_in_range(accepted, 1, SEEDS - 1);
}

static void random_queries_and_paths_never_break_the_decoder(void **unused)
{
	(void)unused;
	uint8_t bytes[TAPE];
	static const char *const words[] = {"=",
					    "&",
					    "%",
					    "+",
					    "%41",
					    "%00",
					    "%ff",
					    "x",
					    "1",
					    "-",
					    "limit",
					    "q",
					    "cursor",
					    "/",
					    "/api/v1",
					    "/cases",
					    "/items",
					    "/me",
					    "/interactions",
					    "feedback",
					    "purchase",
					    "01890a5d-ac96-774b-bcce-b302099a8057",
					    "\n",
					    "\xff"};
	unsigned accepted = 0;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};
		SG_AUTO(buf) text;
		buf_init(&text, 65536);
		add(&text, tape_below(&t, 2) ? "" : "/api/v1/items/");
		unsigned n = tape_below(&t, 8);
		for (unsigned i = 0; i < n; i++)
			add(&text, words[tape_below(&t, sizeof(words) / sizeof(words[0]))]);
		accepted += decode_query(api_operations[tape_below(&t, API_OP_N)].query,
					 text_of(&text));
		accepted += decode_path(text_of(&text));
	}
	assert_in_range(accepted, 1, 2 * SEEDS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_follows_the_schema_is_accepted),
		cmocka_unit_test(a_broken_byte_never_breaks_the_decoder),
		cmocka_unit_test(wild_json_is_read_or_refused_with_a_reason),
		cmocka_unit_test(random_queries_and_paths_never_break_the_decoder),
	};
	return cmocka_run_group_tests_name("api/decode", tests, NULL, NULL);
}
