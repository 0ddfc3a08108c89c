#include <string.h>

#include "base/id.h"
#include "base/tape.h"
#include "check.h"
#include "helpers.h"

static void fill_from_tape(void *self, void *out, unsigned n)
{
	uint8_t *bytes = out;

	for (unsigned i = 0; i < n; i++)
		bytes[i] = (uint8_t)tape_below(self, 256);
}

static struct sg_id id_at(int64_t unix_ms, uint64_t seed)
{
	uint8_t bytes[16];
	struct tape t = {bytes, sizeof(bytes), 0};
	struct entropy e = {fill_from_tape, &t};

	tape_fill(seed, bytes, sizeof(bytes));
	return sg_id_make(unix_ms, &e);
}

/* The example of RFC 9562 appendix A.6. */
static void fill_as_in_the_rfc(void *self, void *out, unsigned n)
{
	static const uint8_t random[] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc,
					 0x0c, 0x0c, 0x07, 0x39, 0x8f};

	(void)self;
	assert_int_equal(n, sizeof(random));
	memcpy(out, random, n);
}

static void the_example_of_the_rfc_comes_out(void **unused)
{
	(void)unused;
	struct entropy e = {fill_as_in_the_rfc, NULL};
	struct sg_id id = sg_id_make(INT64_C(0x017f22e279b0), &e);
	char text[SG_ID_TEXT + 1];

	sg_id_text(&id, text);
	assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void version_and_variant_stand_whatever_the_dice_say(void **unused)
{
	(void)unused;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct sg_id id = id_at((int64_t)seed, seed);
		assert_int_equal(id.b[6] >> 4, 7);
		assert_int_equal(id.b[8] >> 6, 2);
		assert_false(sg_id_is_none(&id));
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void later_ids_and_their_texts_sort_later(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed < 2000; seed++) {
		uint8_t bytes[32];
		struct tape t = {bytes, sizeof(bytes), 0};
		tape_fill(seed, bytes, sizeof(bytes));
		int64_t early = (int64_t)tape_below(&t, 1u << 24) << tape_below(&t, 24);
		int64_t late = early + 1 + tape_below(&t, 1u << 20);
		struct sg_id a = id_at(early, seed), b = id_at(late, seed * 31);
		char text_a[SG_ID_TEXT + 1], text_b[SG_ID_TEXT + 1];

		assert_true(sg_id_cmp(&a, &b) < 0);
		assert_true(sg_id_cmp(&b, &a) > 0);
		assert_int_equal(sg_id_cmp(&a, &a), 0);
		assert_false(sg_id_eq(&a, &b));
		sg_id_text(&a, text_a);
		sg_id_text(&b, text_b);
		assert_true(strcmp(text_a, text_b) < 0);

		struct sg_id same_ms = id_at(early, seed * 37);
		char text_c[SG_ID_TEXT + 1];
		sg_id_text(&same_ms, text_c);
		assert_int_equal(sign(strcmp(text_a, text_c)), sign(sg_id_cmp(&a, &same_ms)));
	}
}

static void text_and_back_is_the_same_id(void **unused)
{
	(void)unused;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		struct sg_id id, back;
		char text[SG_ID_TEXT + 1];

		tape_fill(seed, id.b, sizeof(id.b));
		sg_id_text(&id, text);
		assert_int_equal(strlen(text), SG_ID_TEXT);
		assert_status(sg_id_parse(str_from(text), &back), SG_OK);
		assert_true(sg_id_eq(&id, &back));
	}
}

static void every_single_changed_character_is_judged(void **unused)
{
	(void)unused;
	const char good[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	const struct sg_id untouched = {{1, 2, 3}};

	for (size_t i = 0; i < SG_ID_TEXT; i++) {
		for (int c = 0; c < 256; c++) {
			char text[SG_ID_TEXT + 1];
			struct sg_id id = untouched;

			memcpy(text, good, sizeof(text));
			text[i] = (char)c;
			bool is_hyphen = good[i] == '-';
			bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
			bool want = is_hyphen ? c == '-' : is_hex;
			enum sg_status st = sg_id_parse((struct str){text, SG_ID_TEXT}, &id);
			assert_status(st, want ? SG_OK : SG_E_INPUT);
			if (!want)
				assert_true(sg_id_eq(&id, &untouched));
		}
	}
}

static void other_lengths_are_refused(void **unused)
{
	(void)unused;
	const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0";
	struct sg_id id;

	for (size_t n = 0; n <= SG_ID_TEXT + 1; n++)
		assert_status(sg_id_parse((struct str){text, n}, &id),
			      n == SG_ID_TEXT ? SG_OK : SG_E_INPUT);
	assert_status(sg_id_parse((struct str){0}, &id), SG_E_INPUT);
}

static void none_is_all_zero_and_nothing_else(void **unused)
{
	(void)unused;
	struct sg_id id = SG_ID_NONE;

	assert_true(sg_id_is_none(&id));
	for (int i = 0; i < 16; i++) {
		id = SG_ID_NONE;
		id.b[i] = 1;
		assert_false(sg_id_is_none(&id));
	}
}

static void make_before_1970(void)
{
	(void)id_at(-1, 1);
}

static void make_past_48_bits(void)
{
	(void)id_at(INT64_C(1) << 48, 1);
}

static void make_at_the_last_ms(void)
{
	(void)id_at((INT64_C(1) << 48) - 1, 1);
}

static void a_time_that_does_not_fit_panics(void **unused)
{
	(void)unused;
	assert_true(panics(make_before_1970));
	assert_true(panics(make_past_48_bits));
	assert_false(panics(make_at_the_last_ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc_comes_out),
		cmocka_unit_test(version_and_variant_stand_whatever_the_dice_say),
		cmocka_unit_test(later_ids_and_their_texts_sort_later),
		cmocka_unit_test(text_and_back_is_the_same_id),
		cmocka_unit_test(every_single_changed_character_is_judged),
		cmocka_unit_test(other_lengths_are_refused),
		cmocka_unit_test(none_is_all_zero_and_nothing_else),
		cmocka_unit_test(a_time_that_does_not_fit_panics),
	};
	return cmocka_run_group_tests_name("base/id", tests, NULL, NULL);
}
