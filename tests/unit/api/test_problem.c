#include "check.h"

#include <string.h>

#include "api/problem.h"
#include "base/auto.h"
#include "base/json.h"

static void assert_written(const struct problem *p, const char *want)
{
	SG_AUTO(buf) out;
	struct json j;
	buf_init(&out, 4096);
	json_init(&j, &out);
	json_begin_object(&j, NULL);
	problem_write(&j, p);
	json_close(&j);
	assert_status(json_end(&j), SG_OK);
	assert_string_equal(out.data, want);
}

static void a_problem_is_written_as_rfc_9457_says(void **unused)
{
	(void)unused;
	struct problem p = problem_make(403, "csrf", "The header is \"missing\".");
	assert_written(&p, "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,"
			   "\"detail\":\"The header is \\\"missing\\\".\",\"code\":\"csrf\"}");
	p = problem_make(401, "signed_out", NULL);
	assert_written(&p, "{\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,"
			   "\"code\":\"signed_out\"}");
	p = problem_field("articles[2].helped", "must be %s", "true or false");
	assert_written(
		&p, "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
		    "\"detail\":\"must be true or false\",\"code\":\"invalid_field\","
		    "\"field\":\"articles[2].helped\"}");
}

static void each_status_has_its_answer(void **unused)
{
	(void)unused;
	static const struct {
		enum sg_status st;
		const char *why;
		unsigned status;
		const char *code;
	} rows[] = {
		{SG_E_INPUT, NULL, 422, "invalid"},
		{SG_E_INPUT, "no_text", 422, "no_text"},
		{SG_E_STATE, "not_active", 409, "not_active"},
		{SG_E_STATE, NULL, 409, "wrong_state"},
		{SG_E_NOT_FOUND, NULL, 404, "not_found"},
		{SG_E_CONFLICT, NULL, 409, "conflict"},
		{SG_E_LIMIT, NULL, 429, "too_many"},
		{SG_E_LIMIT, "rate", 429, "rate"},
		{SG_E_LIMIT, "too_large", 413, "too_large"},
		{SG_E_LIMIT, "file_too_large", 413, "file_too_large"},
		{SG_E_LIMIT, "storage_full", 507, "storage_full"},
		{SG_E_STATE, "too_large", 409, "too_large"},
		{SG_E_AGAIN, NULL, 409, "stale"},
		{SG_E_AGAIN, "", 409, "stale"},
		{SG_E_IO, NULL, 503, "unavailable"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem p = problem_from_status(rows[i].st, rows[i].why);
		assert_int_equal(p.status, rows[i].status);
		assert_string_equal(p.code, rows[i].code);
		assert_string_equal(p.title, problem_title(rows[i].status));
		assert_true(p.detail[0]);
		assert_int_equal(p.retry_after_s > 0, p.status == 503 || p.status == 429);
	}
}

static void titles_are_those_of_the_status(void **unused)
{
	(void)unused;
	assert_string_equal(problem_title(404), "Not Found");
	assert_string_equal(problem_title(405), "Method Not Allowed");
	assert_string_equal(problem_title(413), "Content Too Large");
	assert_string_equal(problem_title(599), "Error");
}

static void long_texts_are_cut_at_a_character(void **unused)
{
	(void)unused;
	char text[600];
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "😀", 5);
		struct problem p = problem_make(400, "x", text);
		assert_true(str_is_utf8(str_from(p.detail)));
		assert_in_range(strlen(p.detail), sizeof(p.detail) - 4, sizeof(p.detail) - 1);
		p = problem_field(text, "%s", text);
		assert_true(str_is_utf8(str_from(p.detail)));
		assert_true(str_is_utf8(str_from(p.field)));
		assert_in_range(strlen(p.field), sizeof(p.field) - 4, sizeof(p.field) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_is_written_as_rfc_9457_says),
		cmocka_unit_test(each_status_has_its_answer),
		cmocka_unit_test(titles_are_those_of_the_status),
		cmocka_unit_test(long_texts_are_cut_at_a_character),
	};
	return cmocka_run_group_tests_name("api/problem", tests, NULL, NULL);
}
