#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/tape.h"
#include "check.h"
#include "helpers.h"

/* Both sides of each boundary that RFC 3629 draws. */
static const uint8_t edges[] = {0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
				0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
enum { EDGES = sizeof(edges) };

static void same_as_oracle(const uint8_t *p, size_t n)
{
	bool want = utf8_oracle_all(p, n);

	/* In place at the end of a longer text, so that the fast path over ASCII is crossed, too.
	 */
	char padded[32];
	memset(padded, 'a', sizeof(padded));
	memcpy(padded + sizeof(padded) - n, p, n);
	if (str_is_utf8((struct str){(const char *)p, n}) != want ||
	    str_is_utf8((struct str){padded, sizeof(padded)}) != want)
		fail_msg("bytes %02x %02x %02x %02x (%zu)", p[0], n > 1 ? p[1] : 0u,
			 n > 2 ? p[2] : 0u, n > 3 ? p[3] : 0u, n);
}

static void validator_agrees_with_arithmetic_on_all_short_texts(void **unused)
{
	(void)unused;
	uint8_t b[4];

	for (unsigned i = 0; i < 65536; i++) {
		b[0] = (uint8_t)(i >> 8);
		b[1] = (uint8_t)i;
		same_as_oracle(b + 1, 1);
		same_as_oracle(b, 2);
		for (unsigned k = 0; k < EDGES; k++) {
			b[2] = edges[k];
			same_as_oracle(b, 3);
			if (b[0] < 0xe0)
				continue;
			for (unsigned l = 0; l < EDGES; l++) {
				b[3] = edges[l];
				same_as_oracle(b, 4);
			}
		}
	}
}

static void a_character_cut_short_is_malformed(void **unused)
{
	(void)unused;
	static const char *const whole[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	/* The bytes behind the end would complete it: they must not be looked at. */
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		for (size_t n = 1; n <= strlen(whole[i]); n++)
			assert_int_equal(str_is_utf8((struct str){whole[i], n}),
					 n == strlen(whole[i]));
}

static void validator_agrees_with_arithmetic_on_random_texts(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		uint8_t choice[64], text[24];
		struct tape t = {choice, sizeof(choice), 0};
		tape_fill(seed, choice, sizeof(choice));
		size_t n = 1 + tape_below(&t, sizeof(text));
		for (size_t i = 0; i < n; i++)
			text[i] = tape_below(&t, 2) ? edges[tape_below(&t, EDGES)] : 'x';
		assert_int_equal(str_is_utf8((struct str){(const char *)text, n}),
				 utf8_oracle_all(text, n));
	}
}

static void characters_are_counted_as_decoded(void **unused)
{
	(void)unused;
	assert_int_equal(str_chars(STR("")), 0);
	assert_int_equal(str_chars((struct str){0}), 0);
	assert_int_equal(str_chars(STR("abc")), 3);
	assert_int_equal(str_chars(STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!")), 4);
}

static void kuhns_stress_test_is_judged_line_by_line(void **unused)
{
	(void)unused;
	SG_AUTO(buf) file;
	size_t bad = 0, lines = 0;

	buf_init(&file, 1 << 20);
	if (!shared_file("data/strings/UTF-8-test.txt", &file))
		return; /* said so above; cmocka's skip() is "not ok" to TAP */
	for (char *p = file.data, *end = p + file.len; p <= end; lines++) {
		char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((stop ? stop : end) - p);
		bool want = utf8_oracle_all((const uint8_t *)p, n);
		assert_int_equal(str_is_utf8((struct str){p, n}), want);
		bad += !want;
		p += n + 1;
	}
	/* Counted with another decoder (CPython's). */
	assert_int_equal(lines, 300);
	assert_int_equal(bad, 67);
}

static void absent_is_not_empty(void **unused)
{
	(void)unused;
	assert_true(str_eq((struct str){0}, str_from(NULL)));
	assert_true(str_eq(STR(""), str_from("")));
	assert_false(str_eq(STR(""), (struct str){0}));
	assert_false(str_eq((struct str){0}, STR("")));
	assert_true(str_eq(STR("ab"), str_from("ab")));
	assert_false(str_eq(STR("ab"), STR("ac")));
	assert_false(str_eq(STR("ab"), STR("abc")));
	assert_true(str_is_utf8((struct str){0}));
	assert_true(str_is_clean((struct str){0}, false));
}

static void only_control_characters_are_unclean(void **unused)
{
	(void)unused;
	for (unsigned code = 0; code < 0x120; code++) {
		char text[3] = {'a'};
		size_t n = 1;
		bool is_line = code == '\n' || code == '\t';
		bool is_control = code < 0x20 || (code >= 0x7f && code <= 0x9f);

		if (code < 0x80) {
			text[n++] = (char)code;
		} else {
			text[n++] = (char)(0xc0 | code >> 6);
			text[n++] = (char)(0x80 | (code & 0x3f));
		}
		assert_int_equal(str_is_clean((struct str){text, n}, false), !is_control);
		assert_int_equal(str_is_clean((struct str){text, n}, true), !is_control || is_line);
	}
	/* 80..9F as the tail of another character is no control character. */
	assert_true(str_is_clean(STR("\xe2\x82\x80"), false));
}

static void a_copy_is_cut_between_characters(void **unused)
{
	(void)unused;
	const struct str s = STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"); /* 1 + 2 + 3 + 4 + 1 */
	static const size_t fits[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

	for (size_t cap = 1; cap <= sizeof(fits) / sizeof(*fits); cap++) {
		char out[16];
		memset(out, '#', sizeof(out));
		assert_int_equal(str_copy(out, cap, s), fits[cap - 1]);
		assert_memory_equal(out, s.p, fits[cap - 1]);
		assert_int_equal(out[fits[cap - 1]], 0);
		assert_int_equal(out[cap], '#');
	}
	char out[2] = "x";
	assert_int_equal(str_copy(out, 2, (struct str){0}), 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validator_agrees_with_arithmetic_on_all_short_texts),
		cmocka_unit_test(a_character_cut_short_is_malformed),
		cmocka_unit_test(validator_agrees_with_arithmetic_on_random_texts),
		cmocka_unit_test(characters_are_counted_as_decoded),
		cmocka_unit_test(kuhns_stress_test_is_judged_line_by_line),
		cmocka_unit_test(absent_is_not_empty),
		cmocka_unit_test(only_control_characters_are_unclean),
		cmocka_unit_test(a_copy_is_cut_between_characters),
	};
	return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
