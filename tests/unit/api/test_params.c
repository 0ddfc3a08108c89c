#include "check.h"

#include <string.h>

#include "api/params.h"
#include "api/schema.h"
#include "base/auto.h"

#define ID_A "01890a5d-ac96-774b-bcce-b302099a8057"

static const char *const names[] = {"", "red", "blue"};

static json_t *parse(struct str text)
{
	struct problem problem;
	json_t *value = NULL;
	assert_status(schema_parse(text, &value, &problem), SG_OK);
	return value;
}

static void what_is_absent_or_null_is_nothing(void **unused)
{
	(void)unused;
	json_t *both[] = {params_new(), parse(STR("{\"a\":null}"))};
	for (int i = 0; i < 2; i++) {
		const json_t *p = both[i];
		struct sg_id id = params_id(p, "a");
		assert_false(params_has(p, "a"));
		assert_true(sg_id_is_none(&id));
		assert_null(params_str(p, "a").p);
		assert_int_equal(params_int(p, "a", -7), -7);
		assert_false(params_bool(p, "a"));
		assert_int_equal(params_time(p, "a"), 0);
		assert_int_equal(params_enum(p, "a", names, 3), 0);
		assert_null(params_json(p, "a"));
		assert_int_equal(params_count(p, "a"), 0);
		SG_AUTO(buf) out;
		buf_init(&out, 100);
		assert_status(params_dump(p, "a", &out), SG_E_NOT_FOUND);
		params_free(both[i]);
	}
	params_free(NULL);
}

static void values_come_back_as_they_were_given(void **unused)
{
	(void)unused;
	json_t *p = parse(STR("{\"id\":\"" ID_A
			      "\",\"s\":\"é\",\"e\":\"\",\"n\":-5,\"t\":true,\"f\":false,"
			      "\"at\":\"1970-01-01T00:00:01Z\",\"c\":\"blue\",\"o\":{\"k\":[1]},"
			      "\"l\":[\"x\",\"yz\"]}"));
	char text[SG_ID_TEXT + 1];
	struct sg_id id = params_id(p, "id");
	sg_id_text(&id, text);
	assert_string_equal(text, ID_A);
	assert_true(str_eq(params_str(p, "s"), STR("é")));
	assert_non_null(params_str(p, "e").p);
	assert_true(params_has(p, "e"));
	assert_int_equal(params_int(p, "n", 1), -5);
	assert_true(params_bool(p, "t"));
	assert_false(params_bool(p, "f"));
	assert_true(params_has(p, "f"));
	assert_int_equal(params_time(p, "at"), 1000);
	assert_int_equal(params_enum(p, "c", names, 3), 2);
	assert_non_null(params_json(p, "o"));
	assert_int_equal(params_count(p, "l"), 2);
	assert_true(str_eq(params_item_str(p, "l", 1), STR("yz")));
	params_free(p);
}

static void json_is_dumped_whole_or_not_at_all(void **unused)
{
	(void)unused;
	json_t *p = parse(STR("{ \"o\": { \"k\" : [ 1, \"é\" ] } }"));
	SG_AUTO(buf) out;
	buf_init(&out, 20);
	assert_status(buf_add(&out, "<", 1), SG_OK);
	assert_status(params_dump(p, "o", &out), SG_OK);
	assert_true(str_eq((struct str){out.data, out.len}, STR("<{\"k\":[1,\"é\"]}")));
	assert_status(params_dump(p, "o", &out), SG_E_LIMIT);
	assert_int_equal(out.len, 15);
	assert_int_equal(out.data[out.len], 0);
	params_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_absent_or_null_is_nothing),
		cmocka_unit_test(values_come_back_as_they_were_given),
		cmocka_unit_test(json_is_dumped_whole_or_not_at_all),
	};
	return cmocka_run_group_tests_name("api/params", tests, NULL, NULL);
}
