#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "check.h"
#include "helpers.h"

static void add_past_the_limit_adds_nothing(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	buf_init(&b, 8);
	assert_status(buf_add(&b, "12345", 5), SG_OK);
	assert_status(buf_add(&b, "6789", 4), SG_E_LIMIT);
	assert_int_equal(b.len, 5);
	assert_string_equal(b.data, "12345");
	assert_status(buf_add(&b, "678", 3), SG_OK);
	assert_string_equal(b.data, "12345678");
}

static void consume_keeps_the_tail(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	buf_init(&b, 64);
	assert_status(buf_addf(&b, "%s-%d", "ab", 12), SG_OK);
	buf_consume(&b, 3);
	assert_string_equal(b.data, "12");
	buf_consume(&b, 2);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
}

static void format_of_any_length_is_whole_or_absent(void **unused)
{
	(void)unused;
	char text[2000];

	memset(text, 'x', sizeof(text));
	for (int n = 0; n<(int)sizeof(text); n += n> 240 && n < 270 ? 1 : 13) {
		SG_AUTO(buf) fits;
		SG_AUTO(buf) tight;

		buf_init(&fits, (size_t)n + 3);
		assert_status(buf_addf(&fits, "<%.*s>%c", n, text, 'e'), SG_OK);
		assert_int_equal(fits.len, n + 3);
		assert_int_equal(strlen(fits.data), n + 3);
		assert_int_equal(strspn(fits.data + 1, "x"), n);
		assert_string_equal(fits.data + n + 1, ">e");

		buf_init(&tight, (size_t)n + 2);
		assert_status(buf_addf(&tight, "<%.*s>%c", n, text, 'e'), SG_E_LIMIT);
		assert_int_equal(tight.len, 0);
	}
}

static void format_appends_to_what_is_there(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	buf_init(&b, 4096);
	assert_status(buf_add(&b, "head ", 5), SG_OK);
	assert_status(buf_addf(&b, "%0600d", 7), SG_OK);
	assert_status(buf_addf(&b, " tail"), SG_OK);
	assert_int_equal(b.len, 610);
	assert_memory_equal(b.data, "head 0000", 9);
	assert_string_equal(b.data + 603, "07 tail");
}

static void fini_leaves_a_buffer_that_works_again(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	buf_init(&b, 16);
	assert_status(buf_add(&b, "abc", 3), SG_OK);
	buf_fini(&b);
	assert_null(b.data);
	assert_status(buf_add(&b, "0123456789abcdef", 16), SG_OK);
	assert_status(buf_add(&b, "0", 1), SG_E_LIMIT);
}

static void consume_too_much(void)
{
	struct buf b;

	buf_init(&b, 16);
	if (buf_add(&b, "abc", 3) == SG_OK)
		buf_consume(&b, 4);
}

static void consuming_more_than_there_is_panics(void **unused)
{
	(void)unused;
	assert_true(panics(consume_too_much));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_past_the_limit_adds_nothing),
		cmocka_unit_test(consume_keeps_the_tail),
		cmocka_unit_test(format_of_any_length_is_whole_or_absent),
		cmocka_unit_test(format_appends_to_what_is_there),
		cmocka_unit_test(fini_leaves_a_buffer_that_works_again),
		cmocka_unit_test(consuming_more_than_there_is_panics),
	};
	return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
