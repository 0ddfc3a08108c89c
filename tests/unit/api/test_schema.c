#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "api/match.h"
#include "api/params.h"
#include "base/auto.h"
#include "base/buf.h"

static const char *const colour_names[] = {"", "red", "deep_blue"};

static const struct schema_field inner_fields[] = {
	{.name = "article", .kind = SCHEMA_ID},
	{.name = "helped", .kind = SCHEMA_BOOL, .optional = true},
};
static const struct schema inner = {.name = "Inner", .fields = inner_fields, .n = 2};

static const struct schema_field all_fields[] = {
	{.name = "id", .kind = SCHEMA_ID, .optional = true},
	{.name = "at", .kind = SCHEMA_TIME, .optional = true},
	{.name = "yes", .kind = SCHEMA_BOOL, .optional = true},
	{.name = "free", .kind = SCHEMA_JSON, .optional = true},
	{.name = "text", .kind = SCHEMA_TEXT, .optional = true, .min = 1, .max = 5},
	{.name = "line", .kind = SCHEMA_LINE, .optional = true, .min = 0, .max = 5},
	{.name = "n", .kind = SCHEMA_INT, .optional = true, .min = -3, .max = 100},
	{.name = "big", .kind = SCHEMA_INT, .optional = true, .min = INT64_MIN, .max = INT64_MAX},
	{.name = "colour",
	 .kind = SCHEMA_ENUM,
	 .optional = true,
	 .names = colour_names,
	 .n_names = 3},
	{.name = "shown",
	 .kind = SCHEMA_ENUM,
	 .optional = true,
	 .may_be_none = true,
	 .names = colour_names,
	 .n_names = 3},
	{.name = "inner", .kind = SCHEMA_OBJECT, .optional = true, .nested = &inner},
	{.name = "articles",
	 .kind = SCHEMA_OBJECT,
	 .optional = true,
	 .list = true,
	 .items_max = 3,
	 .nested = &inner},
	{.name = "ids",
	 .kind = SCHEMA_ID,
	 .optional = true,
	 .list = true,
	 .items_min = 1,
	 .items_max = 2},
};
static const struct schema all = {.name = "All", .fields = all_fields, .n = 13};

#define ID_A "01890a5d-ac96-774b-bcce-b302099a8057"

static struct problem last;

static enum sg_status check_with(const struct schema *s, struct str text)
{
	json_t *value = NULL;
	last = (struct problem){0};
	enum sg_status st = schema_parse(text, &value, &last);
	if (st == SG_OK)
		st = schema_check(s, value, &last);
	params_free(value);
	return st;
}

static void takes(const char *text)
{
	enum sg_status st = check_with(&all, str_from(text));
	if (st != SG_OK)
		print_error("%s: %s %s\n", text, last.field, last.detail);
	assert_status(st, SG_OK);
}

/* Well-formed JSON that is refused naming this field. */
static void refuses(const char *text, const char *field)
{
	enum sg_status st = check_with(&all, str_from(text));
	if (st == SG_OK || last.status != 422 || strcmp(last.field, field) != 0)
		print_error("%s: %u %s %s\n", text, last.status, last.field, last.detail);
	assert_status(st, SG_E_INPUT);
	assert_int_equal(last.status, 422);
	assert_string_equal(last.code, "invalid_field");
	assert_string_equal(last.field, field);
	assert_true(last.detail[0]);
}

/* What is no JSON of ours at all. */
static void cannot_read(struct str text)
{
	enum sg_status st = check_with(&all, text);
	if (st != SG_E_INPUT || last.status != 400)
		print_error("%.*s: %u %s\n", (int)text.n, text.p, last.status, last.detail);
	assert_status(st, SG_E_INPUT);
	assert_int_equal(last.status, 400);
	assert_string_equal(last.code, "malformed_json");
}

static void an_empty_object_is_fine_where_everything_is_optional(void **unused)
{
	(void)unused;
	takes("{}");
	takes("{\"id\":null,\"at\":null,\"yes\":null,\"free\":null,\"text\":null,\"n\":null,"
	      "\"colour\":null,"
	      "\"inner\":null,\"articles\":null}");
	assert_status(schema_check(&all, NULL, &last), SG_OK);
	assert_status(schema_check(NULL, NULL, &last), SG_OK);
	assert_status(check_with(NULL, STR("{}")), SG_OK);
	assert_status(check_with(NULL, STR("{\"id\":1}")), SG_E_INPUT);
	assert_string_equal(last.field, "id");
	assert_status(check_with(&inner, STR("{}")), SG_E_INPUT);
	assert_string_equal(last.field, "article");
	assert_status(check_with(&inner, STR("{\"article\":null}")), SG_E_INPUT);
}

static void an_unknown_field_is_refused_by_its_name(void **unused)
{
	(void)unused;
	refuses("{\"nope\":1}", "nope");
	refuses("{\"nope\":null}", "nope");
	refuses("{\"Id\":null}", "Id");
	refuses("{\"\":null}", "");
	refuses("{\"id\":\"" ID_A "\",\"idx\":1}", "idx");
	refuses("{\"inner\":{\"article\":\"" ID_A "\",\"constructor\":1}}", "inner.constructor");
	refuses("{\"articles\":[{\"article\":\"" ID_A "\"},{\"article\":\"" ID_A "\",\"x\":1}]}",
		"articles[1].x");
}

static void a_long_name_is_cut_at_a_character(void **unused)
{
	(void)unused;
	char text[400] = "{\"x", *p = text + 3;
	for (int i = 0; i < 90; i++)
		p = stpcpy(p, "é");
	strcpy(p, "\":1}");
	assert_status(check_with(&all, str_from(text)), SG_E_INPUT);
	assert_true(str_is_utf8(str_from(last.field)));
	assert_true(strlen(last.field) >= 97 && strlen(last.field) < sizeof(last.field));
}

static void ids_are_canonical_and_not_nothing(void **unused)
{
	(void)unused;
	takes("{\"id\":\"" ID_A "\"}");
	refuses("{\"id\":\"01890A5D-AC96-774B-BCCE-B302099A8057\"}", "id");
	refuses("{\"id\":\"01890a5dac96774bbcceb302099a8057\"}", "id");
	refuses("{\"id\":\"" ID_A " \"}", "id");
	refuses("{\"id\":\"00000000-0000-0000-0000-000000000000\"}", "id");
	refuses("{\"id\":\"\"}", "id");
	refuses("{\"id\":7}", "id");
	refuses("{\"id\":[\"" ID_A "\"]}", "id");
}

static void times_are_rfc_3339(void **unused)
{
	(void)unused;
	takes("{\"at\":\"2026-11-22T10:00:00Z\"}");
	takes("{\"at\":\"2026-11-22T10:00:00.123+01:00\"}");
	refuses("{\"at\":\"2026-11-22\"}", "at");
	refuses("{\"at\":\"2026-11-22T10:00:00\"}", "at");
	refuses("{\"at\":\"2026-02-30T10:00:00Z\"}", "at");
	refuses("{\"at\":\"1969-12-31T23:59:59Z\"}", "at");
	refuses("{\"at\":1732269600}", "at");
}

static void truth_is_true_or_false(void **unused)
{
	(void)unused;
	takes("{\"yes\":true}");
	takes("{\"yes\":false}");
	refuses("{\"yes\":1}", "yes");
	refuses("{\"yes\":\"true\"}", "yes");
}

static void texts_are_counted_in_code_points(void **unused)
{
	(void)unused;
	takes("{\"text\":\"12345\"}");
	takes("{\"text\":\"ééééé\"}");
	takes("{\"text\":\"😀😀😀😀😀\"}");
	takes("{\"text\":"
	      "\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"}");
	refuses("{\"text\":\"123456\"}", "text");
	refuses("{\"text\":\"éééééé\"}", "text");
	refuses("{\"text\":\"😀😀😀😀😀😀\"}", "text");
	refuses("{\"text\":\"\"}", "text");
	takes("{\"line\":\"\"}");
	takes("{\"line\":\"ééééé\"}");
	refuses("{\"line\":\"éééééé\"}", "line");
	refuses("{\"line\":{}}", "line");
	refuses("{\"text\":12345}", "text");
}

static void control_characters_are_refused(void **unused)
{
	(void)unused;
	takes("{\"text\":\"a\\r\\n\\tb\"}");
	refuses("{\"text\":\"a\\u000bb\"}", "text");
	refuses("{\"text\":\"\\u001b[m\"}", "text");
	refuses("{\"text\":\"\\u007f\"}", "text");
	refuses("{\"text\":\"\\u0085\"}", "text");
	refuses("{\"text\":\"\\u009f\"}", "text");
	takes("{\"text\":\"\\u00a0\"}");
	refuses("{\"line\":\"a\\n\"}", "line");
	refuses("{\"line\":\"a\\r\"}", "line");
	refuses("{\"line\":\"\\t\"}", "line");
	refuses("{\"line\":\"\\u0080\"}", "line");
	takes("{\"line\":\"\\u2028é\"}");
	refuses("{\"free\":{\"a\":[\"\\u0007\"]}}", "free");
	refuses("{\"free\":{\"a\\n\":1}}", "free");
}

static void nul_is_refused_however_it_is_written(void **unused)
{
	(void)unused;
	cannot_read(STR("{\"line\":\"a\\u0000b\"}"));
	cannot_read(STR("{\"text\":\"\\u0000\"}"));
	cannot_read(STR("{\"free\":{\"a\\u0000b\":1}}"));
	cannot_read(STR("{\"free\":{\"a\":\"\\u0000\"}}"));
	cannot_read(STR("{\"line\":\"a\0b\"}"));
	cannot_read(STR("{}\0"));
	cannot_read(STR("{\0}"));
}

static void malformed_utf8_is_refused(void **unused)
{
	(void)unused;
	cannot_read(STR("{\"line\":\"\xc3\"}"));
	cannot_read(STR("{\"line\":\"\xc0\x80\"}"));
	cannot_read(STR("{\"line\":\"\xed\xa0\x80\"}"));
	cannot_read(STR("{\"line\":\"\xf4\x90\x80\x80\"}"));
	cannot_read(STR("{\"line\":\"\\ud800\"}"));
	cannot_read(STR("{\"\xff\":1}"));
	cannot_read(STR("\xef\xbb\xbf{}"));
}

static void numbers_are_whole_and_in_bounds(void **unused)
{
	(void)unused;
	takes("{\"n\":-3}");
	takes("{\"n\":100}");
	takes("{\"n\":-0}");
	refuses("{\"n\":-4}", "n");
	refuses("{\"n\":101}", "n");
	refuses("{\"n\":1.0}", "n");
	refuses("{\"n\":1.5}", "n");
	refuses("{\"n\":1e2}", "n");
	refuses("{\"n\":\"1\"}", "n");
	refuses("{\"n\":true}", "n");
	takes("{\"big\":9223372036854775807}");
	takes("{\"big\":-9223372036854775808}");
	refuses("{\"n\":9223372036854775807}", "n");
}

static void hostile_numbers_are_refused(void **unused)
{
	(void)unused;
	cannot_read(STR("{\"big\":9223372036854775808}"));
	cannot_read(STR("{\"big\":-9223372036854775809}"));
	cannot_read(STR("{\"big\":99999999999999999999999999999999999999999999}"));
	cannot_read(STR("{\"n\":1e400}"));
	cannot_read(STR("{\"n\":-1e400}"));
	cannot_read(STR("{\"free\":{\"a\":1e400}}"));
	cannot_read(STR("{\"n\":NaN}"));
	cannot_read(STR("{\"n\":Infinity}"));
	cannot_read(STR("{\"n\":-Infinity}"));
	cannot_read(STR("{\"n\":0x10}"));
	cannot_read(STR("{\"n\":01}"));
	cannot_read(STR("{\"n\":+1}"));
	cannot_read(STR("{\"n\":.5}"));
	refuses("{\"n\":\"NaN\"}", "n");
}

static void enums_are_given_by_name(void **unused)
{
	(void)unused;
	takes("{\"colour\":\"red\"}");
	takes("{\"colour\":\"deep_blue\"}");
	refuses("{\"colour\":\"\"}", "colour");
	refuses("{\"colour\":\"none\"}", "colour");
	refuses("{\"colour\":\"Red\"}", "colour");
	refuses("{\"colour\":\"re\"}", "colour");
	refuses("{\"colour\":\"redd\"}", "colour");
	refuses("{\"colour\":1}", "colour");
	takes("{\"shown\":\"\"}");
}

static void a_problem_inside_names_the_whole_way(void **unused)
{
	(void)unused;
	takes("{\"inner\":{\"article\":\"" ID_A "\",\"helped\":true}}");
	refuses("{\"inner\":[]}", "inner");
	refuses("{\"inner\":{}}", "inner.article");
	refuses("{\"inner\":{\"article\":\"" ID_A "\",\"helped\":1}}", "inner.helped");
	refuses("{\"articles\":[{\"article\":\"" ID_A "\"},{\"article\":\"" ID_A
		"\"},{\"article\":\"" ID_A "\",\"helped\":\"no\"}]}",
		"articles[2].helped");
	refuses("{\"articles\":[null]}", "articles[0]");
	refuses("{\"articles\":[[]]}", "articles[0]");
	refuses("{\"ids\":[\"" ID_A "\",\"x\"]}", "ids[1]");
	refuses("{\"ids\":[\"" ID_A "\",null]}", "ids[1]");
}

static void lists_have_their_bounds(void **unused)
{
	(void)unused;
	takes("{\"articles\":[]}");
	takes("{\"ids\":[\"" ID_A "\"]}");
	takes("{\"ids\":[\"" ID_A "\",\"" ID_A "\"]}");
	refuses("{\"ids\":[]}", "ids");
	refuses("{\"ids\":[\"" ID_A "\",\"" ID_A "\",\"" ID_A "\"]}", "ids");
	refuses("{\"ids\":\"" ID_A "\"}", "ids");
	refuses("{\"ids\":{}}", "ids");
	refuses("{\"articles\":[{},{},{},{}]}", "articles");
}

static void free_json_is_an_object(void **unused)
{
	(void)unused;
	takes("{\"free\":{}}");
	takes("{\"free\":{\"a\":[1,2.5,null,true,\"x\\ny\",{\"b\":{}}]}}");
	refuses("{\"free\":[]}", "free");
	refuses("{\"free\":\"{}\"}", "free");
}

/* {"free":{"a":[[[…]]]}} with so many levels in all. */
static void nested(char *out, int levels)
{
	char *p = stpcpy(out, "{\"free\":{\"a\":");
	for (int i = 2; i < levels; i++)
		*p++ = '[';
	for (int i = 2; i < levels; i++)
		*p++ = ']';
	strcpy(p, "}}");
}

static void nesting_ends_at_64(void **unused)
{
	(void)unused;
	static char text[400000];
	nested(text, 64);
	takes(text);
	nested(text, 65);
	cannot_read(str_from(text));
	nested(text, 100000);
	cannot_read(str_from(text));
	memset(text, '[', sizeof(text));
	cannot_read((struct str){text, 200000});
	memset(text, '{', sizeof(text));
	cannot_read((struct str){text, 200000});
	/* brackets in a text are no nesting, after a quote in it neither */
	char *p = stpcpy(text, "{\"free\":{\"a\":\"\\\"");
	memset(p, '[', 100);
	strcpy(p + 100, "\\\\\"}}");
	takes(text);
}

/* The depth is looked at again, because a value need not come from schema_parse. */
static void a_value_built_too_deep_is_refused(void **unused)
{
	(void)unused;
	for (int levels = 64; levels <= 65; levels++) {
		json_t *value = json_pack("{}");
		for (int i = 2; i < levels; i++)
			value = json_pack("{s:o}", "a", value);
		value = json_pack("{s:o}", "free", value);
		assert_non_null(value);
		assert_status(schema_check(&all, value, &last), levels == 64 ? SG_OK : SG_E_INPUT);
		json_decref(value);
	}
	assert_string_equal(last.field, "free");
	assert_non_null(strstr(last.detail, "deep"));
}

static void sizes_have_a_ceiling(void **unused)
{
	(void)unused;
	size_t n = SCHEMA_BODY_MAX + 1;
	char *text = malloc(n);
	assert_non_null(text);
	memset(text, ' ', n);
	memcpy(text, "{}", 2);
	assert_status(check_with(&all, (struct str){text, n}), SG_E_LIMIT);
	assert_int_equal(last.status, 413);
	assert_string_equal(last.code, "body_too_large");
	assert_status(check_with(&all, (struct str){text, n - 1}), SG_OK);
	/* {"free":{"a":"…"}}: the value is 8 bytes longer than the text in it */
	for (size_t chars = SCHEMA_JSON_MAX - 8; chars <= SCHEMA_JSON_MAX - 7; chars++) {
		char *p = stpcpy(text, "{\"free\":{\"a\":\"");
		memset(p, 'x', chars);
		strcpy(p + chars, "\"}}");
		bool fits = chars + 8 <= SCHEMA_JSON_MAX;
		assert_status(check_with(&all, str_from(text)), fits ? SG_OK : SG_E_INPUT);
		assert_string_equal(last.field, fits ? "" : "free");
	}
	free(text);
}

static void what_is_no_json_object_is_malformed(void **unused)
{
	(void)unused;
	cannot_read(STR(""));
	cannot_read((struct str){NULL, 0});
	cannot_read(STR(" "));
	cannot_read(STR("null"));
	cannot_read(STR("1"));
	cannot_read(STR("\"{}\""));
	cannot_read(STR("[]"));
	cannot_read(STR("{"));
	cannot_read(STR("{}}"));
	cannot_read(STR("{} {}"));
	cannot_read(STR("{\"n\":1,}"));
	cannot_read(STR("{n:1}"));
	cannot_read(STR("{'n':1}"));
	cannot_read(STR("{\"n\":1,\"n\":1}"));
	cannot_read(STR("{\"inner\":{\"article\":\"" ID_A "\",\"article\":\"" ID_A "\"}}"));
	cannot_read(STR("// x\n{}"));
	cannot_read(STR("{\"line\":\"a\nb\"}"));
}

static void a_malformed_secret_is_not_repeated(void **unused)
{
	(void)unused;
	cannot_read(STR("{\"password\":\"hunter2\" hunter3}"));
	assert_null(strstr(last.detail, "hunter"));
	assert_non_null(strstr(last.detail, "line 1"));
}

static void the_generated_bodies_hold_their_bounds(void **unused)
{
	(void)unused;
	const struct schema *start = api_operations[API_OP_START_INTERACTION].body;
	assert_status(check_with(start, STR("{\"channel\":\"chat\"}")), SG_OK);
	assert_status(check_with(start, STR("{}")), SG_E_INPUT);
	assert_string_equal(last.field, "channel");
	assert_status(
		check_with(start, STR("{\"channel\":\"chat\",\"articles\":[{\"article\":\"" ID_A
				      "\",\"helped\":false},{\"article\":\"" ID_A
				      "\"},{\"helped\":true}]}")),
		SG_E_INPUT);
	assert_string_equal(last.field, "articles[2].article");
	const struct schema *command = api_operations[API_OP_SEND_MESSAGE].command;
	assert_status(check_with(command, STR("{\"interaction\":\"" ID_A "\",\"text\":\"hello\"}")),
		      SG_OK);
	assert_status(check_with(command, STR("{\"text\":\"hello\"}")), SG_E_INPUT);
	assert_string_equal(last.field, "interaction");
}

static void every_text_of_a_body_is_held_to_its_length(void **unused)
{
	(void)unused;
	SG_AUTO(buf) text;
	buf_init(&text, 1 << 20);
	unsigned seen = 0;
	for (unsigned op = 0; op < API_OP_N; op++) {
		const struct schema *s = api_operations[op].body;
		for (unsigned i = 0; s && i < s->n; i++) {
			const struct schema_field *f = &s->fields[i];
			if ((f->kind != SCHEMA_TEXT && f->kind != SCHEMA_LINE) || f->list)
				continue;
			const struct schema alone = {.name = "", .fields = f, .n = 1};
			for (int64_t n = f->max; n <= f->max + 1; n++) {
				if (text.len)
					buf_consume(&text, text.len);
				assert_status(buf_addf(&text, "{\"%s\":\"", f->name), SG_OK);
				for (int64_t c = 0; c < n; c++)
					assert_status(buf_add(&text, "é", 2), SG_OK);
				assert_status(buf_add(&text, "\"}", 2), SG_OK);
				assert_status(check_with(&alone, (struct str){text.data, text.len}),
					      n > f->max ? SG_E_INPUT : SG_OK);
			}
			seen++;
		}
	}
	assert_true(seen > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_object_is_fine_where_everything_is_optional),
		cmocka_unit_test(an_unknown_field_is_refused_by_its_name),
		cmocka_unit_test(a_long_name_is_cut_at_a_character),
		cmocka_unit_test(ids_are_canonical_and_not_nothing),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(truth_is_true_or_false),
		cmocka_unit_test(texts_are_counted_in_code_points),
		cmocka_unit_test(control_characters_are_refused),
		cmocka_unit_test(nul_is_refused_however_it_is_written),
		cmocka_unit_test(malformed_utf8_is_refused),
		cmocka_unit_test(numbers_are_whole_and_in_bounds),
		cmocka_unit_test(hostile_numbers_are_refused),
		cmocka_unit_test(enums_are_given_by_name),
		cmocka_unit_test(a_problem_inside_names_the_whole_way),
		cmocka_unit_test(lists_have_their_bounds),
		cmocka_unit_test(free_json_is_an_object),
		cmocka_unit_test(nesting_ends_at_64),
		cmocka_unit_test(a_value_built_too_deep_is_refused),
		cmocka_unit_test(sizes_have_a_ceiling),
		cmocka_unit_test(what_is_no_json_object_is_malformed),
		cmocka_unit_test(a_malformed_secret_is_not_repeated),
		cmocka_unit_test(the_generated_bodies_hold_their_bounds),
		cmocka_unit_test(every_text_of_a_body_is_held_to_its_length),
	};
	return cmocka_run_group_tests_name("api/schema", tests, NULL, NULL);
}
