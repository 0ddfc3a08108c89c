#include "check.h"

#include <string.h>

#include "api/api.gen.h"
#include "api/params.h"
#include "api/text.h"

static const char *const colour_names[] = {"", "red", "blue"};

static const struct schema_field fields[] = {
	{.name = "q", .kind = SCHEMA_LINE, .min = 1, .max = 5},
	{.name = "kind", .kind = SCHEMA_TEXT, .optional = true, .min = 0, .max = 3},
	{.name = "item", .kind = SCHEMA_ID, .optional = true},
	{.name = "limit", .kind = SCHEMA_INT, .optional = true, .min = -5, .max = 100},
	{.name = "yes", .kind = SCHEMA_BOOL, .optional = true},
	{.name = "colour",
	 .kind = SCHEMA_ENUM,
	 .optional = true,
	 .names = colour_names,
	 .n_names = 3},
	{.name = "at", .kind = SCHEMA_TIME, .optional = true},
	{.name = "big", .kind = SCHEMA_INT, .optional = true, .min = INT64_MIN, .max = INT64_MAX},
};
static const struct schema query = {.name = "query", .fields = fields, .n = 8};

#define ID_A "01890a5d-ac96-774b-bcce-b302099a8057"

static struct problem last;
static json_t *params;

static int begin(void **unused)
{
	(void)unused;
	params = params_new();
	last = (struct problem){0};
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	params_free(params);
	return 0;
}

static enum sg_status ask(const struct schema *s, struct str raw)
{
	params_free(params);
	params = params_new();
	last = (struct problem){0};
	return schema_query(s, raw, params, &last);
}

static void refuses(const char *raw, const char *field)
{
	enum sg_status st = ask(&query, str_from(raw));
	if (st == SG_OK || last.status != 422 || strcmp(last.field, field) != 0)
		print_error("%s: %u %s %s\n", raw, last.status, last.field, last.detail);
	assert_status(st, SG_E_INPUT);
	assert_int_equal(last.status, 422);
	assert_string_equal(last.field, field);
}

static void cannot_read(struct str raw)
{
	assert_status(ask(&query, raw), SG_E_INPUT);
	assert_int_equal(last.status, 400);
	assert_string_equal(last.code, "malformed_query");
}

static void parameters_get_their_types(void **unused)
{
	(void)unused;
	struct sg_id id;
	assert_status(sg_id_parse(STR(ID_A), &id), SG_OK);
	assert_status(ask(&query, STR("q=a%20b+%C3%A9&limit=-5&item=" ID_A
				      "&yes=true&colour=blue&at=2026-11-22T10:00:00Z&"
				      "kind=")),
		      SG_OK);
	assert_true(str_eq(params_str(params, "q"), STR("a b é")));
	assert_int_equal(params_int(params, "limit", 7), -5);
	struct sg_id item = params_id(params, "item");
	assert_true(sg_id_eq(&item, &id));
	assert_true(params_bool(params, "yes"));
	assert_int_equal(params_enum(params, "colour", colour_names, 3), 2);
	assert_int_equal(params_time(params, "at"), 1795341600000);
	assert_true(params_has(params, "kind"));
	assert_int_equal(params_str(params, "kind").n, 0);
	assert_false(params_has(params, "big"));
	assert_status(ask(&query, STR("&q=x&&%6c%69mit=3&")), SG_OK);
	assert_int_equal(params_int(params, "limit", 7), 3);
	assert_status(ask(&query, STR("q=a=b")), SG_OK);
	assert_true(str_eq(params_str(params, "q"), STR("a=b")));
}

static void unknown_missing_and_repeated_parameters_are_refused(void **unused)
{
	(void)unused;
	refuses("", "q");
	refuses("limit=1", "q");
	refuses("q=x&nope=1", "nope");
	refuses("q=x&Q=1", "Q");
	refuses("q=x&=1", "");
	refuses("q=x&q=x", "q");
	refuses("q=x&%71=y", "q");
	refuses("q=x&q%00=y", "q");
	assert_status(ask(NULL, STR("a=1")), SG_E_INPUT);
	assert_string_equal(last.field, "a");
	assert_status(ask(NULL, (struct str){NULL, 0}), SG_OK);
	assert_status(ask(NULL, STR("")), SG_OK);
}

static void numbers_are_read_strictly(void **unused)
{
	(void)unused;
	const char *const bad[] = {"",
				   "+1",
				   "01",
				   "00",
				   "-0",
				   "-01",
				   "1.0",
				   "1e1",
				   "0x1",
				   "%201",
				   "1%20",
				   "1a",
				   "a",
				   "-",
				   "--1",
				   "NaN",
				   "1_0",
				   "%D9%A1",
				   "9223372036854775808",
				   "-9223372036854775809",
				   "99999999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char raw[64] = "q=x&big=";
		strcat(raw, bad[i]);
		refuses(raw, "big");
	}
	assert_status(ask(&query, STR("q=x&big=9223372036854775807&limit=0")), SG_OK);
	assert_true(params_int(params, "big", 0) == INT64_MAX);
	assert_int_equal(params_int(params, "limit", 9), 0);
	assert_status(ask(&query, STR("q=x&big=-9223372036854775808&limit=100")), SG_OK);
	assert_true(params_int(params, "big", 0) == INT64_MIN);
	refuses("q=x&limit=101", "limit");
	refuses("q=x&limit=-6", "limit");
}

static void the_other_kinds_are_held_to_their_form(void **unused)
{
	(void)unused;
	refuses("q=", "q");
	refuses("q=123456", "q");
	refuses("q=a%0Ab", "q");
	refuses("q=%00", "q");
	refuses("q=%C2%85", "q");
	refuses("q=%FF", "q");
	refuses("q=%ED%A0%80", "q");
	refuses("q=x&kind=1234", "kind");
	refuses("q=x&item=x", "item");
	refuses("q=x&item=", "item");
	refuses("q=x&yes=1", "yes");
	refuses("q=x&colour=", "colour");
	refuses("q=x&colour=green", "colour");
	refuses("q=x&at=now", "at");
	assert_status(ask(&query, STR("q=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9&kind=a%0Ab&yes=false")),
		      SG_OK);
	assert_false(params_bool(params, "yes"));
}

static void malformed_escapes_are_no_query(void **unused)
{
	(void)unused;
	cannot_read(STR("q=%"));
	cannot_read(STR("q=%4"));
	cannot_read(STR("q=%4&q=x"));
	cannot_read((struct str){"q=%41", 4});
	cannot_read((struct str){"q=%41", 3});
	cannot_read(STR("q=%zz"));
	cannot_read(STR("%q=x"));
	char raw[6000] = "q=";
	memset(raw + 2, 'x', 5000);
	refuses(raw, "q");
	memset(raw, 'x', 5000);
	cannot_read(str_from(raw));
}

static void parameters_of_a_path_get_their_types(void **unused)
{
	(void)unused;
	const struct schema *item = api_operations[API_OP_PUT_ITEM].params;
	struct str values[API_PARAMS_MAX] = {STR("purchase"), STR("ORD-1 é")};
	assert_status(schema_path(item, values, params, &last), SG_OK);
	assert_true(str_eq(params_str(params, "kind"), STR("purchase")));
	assert_true(str_eq(params_str(params, "external_id"), STR("ORD-1 é")));
	values[1] = STR("a\nb");
	assert_status(schema_path(item, values, params, &last), SG_E_INPUT);
	assert_string_equal(last.field, "external_id");
	const struct schema *one = api_operations[API_OP_GET_CASE].params;
	values[0] = STR("7");
	assert_status(schema_path(one, values, params, &last), SG_E_INPUT);
	assert_string_equal(last.field, "case");
	values[0] = STR(ID_A);
	assert_status(schema_path(one, values, params, &last), SG_OK);
	assert_status(schema_path(NULL, values, params, &last), SG_OK);
}

/* Path, query and body meet in one object, and the body's check does not see the others. */
static void path_and_body_become_one_object(void **unused)
{
	(void)unused;
	const struct api_operation *op = &api_operations[API_OP_SEND_MESSAGE];
	json_t *body = NULL;
	struct str value = STR(ID_A);
	assert_status(schema_parse(STR("{\"text\":\"hello\"}"), &body, &last), SG_OK);
	assert_status(schema_check(op->body, body, &last), SG_OK);
	assert_status(schema_path(op->params, &value, body, &last), SG_OK);
	assert_status(schema_query(op->query, STR(""), body, &last), SG_OK);
	assert_status(schema_check(op->command, body, &last), SG_OK);
	assert_true(params_has(body, "interaction") && params_has(body, "text") &&
		    !params_has(body, "file"));
	params_free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parameters_get_their_types, begin, end),
		cmocka_unit_test_setup_teardown(unknown_missing_and_repeated_parameters_are_refused,
						begin, end),
		cmocka_unit_test_setup_teardown(numbers_are_read_strictly, begin, end),
		cmocka_unit_test_setup_teardown(the_other_kinds_are_held_to_their_form, begin, end),
		cmocka_unit_test_setup_teardown(malformed_escapes_are_no_query, begin, end),
		cmocka_unit_test_setup_teardown(parameters_of_a_path_get_their_types, begin, end),
		cmocka_unit_test_setup_teardown(path_and_body_become_one_object, begin, end),
	};
	return cmocka_run_group_tests_name("api/query", tests, NULL, NULL);
}
