#include <string.h>

#include "base/tape.h"
#include "check.h"
#include "helpers.h"

static void the_same_seed_gives_the_same_bytes_on_any_machine(void **unused)
{
	(void)unused;
	/* Top bytes of splitmix64 from seed 0: e220a8397b1dcdaf, 6e789e6aa1b965f4,
	 * 06c45d188009454f, f88bb8a8724c81ec (the sequence its author publishes). */
	static const uint8_t want[] = {0xe2, 0x6e, 0x06, 0xf8};
	uint8_t got[4], other[4];

	tape_fill(0, got, sizeof(got));
	assert_memory_equal(got, want, sizeof(want));
	tape_fill(1, other, sizeof(other));
	assert_memory_not_equal(got, other, sizeof(other));
}

static void a_shorter_fill_is_the_beginning_of_a_longer_one(void **unused)
{
	(void)unused;
	uint8_t all[64], part[64];

	tape_fill(7, all, sizeof(all));
	for (size_t n = 0; n <= sizeof(all); n++) {
		memset(part, 0, sizeof(part));
		tape_fill(7, part, n);
		assert_memory_equal(part, all, n);
	}
}

static void choices_stay_below_their_bound_and_reach_its_ends(void **unused)
{
	(void)unused;
	static const uint32_t bounds[] = {1, 2, 3, 255, 256, 257, 65535, 65536, 65537, 1u << 24};
	static uint8_t bytes[300000];

	tape_fill(11, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct tape t = {bytes, sizeof(bytes), 0};
		uint32_t most = 0;

		while (t.pos < t.len) {
			uint32_t v = tape_below(&t, bounds[i]);
			assert_true(v < bounds[i]);
			most = v > most ? v : most;
		}
		assert_true(most >= (bounds[i] - 1) / 100 * 99);
	}
}

static void past_the_end_every_choice_is_the_simplest(void **unused)
{
	(void)unused;
	const uint8_t bytes[] = {0xff, 0xff};
	struct tape t = {bytes, sizeof(bytes), 0};

	assert_int_equal(tape_below(&t, 256), 255);
	assert_int_equal(tape_below(&t, 65536), 0xff);
	assert_int_equal(tape_below(&t, 256), 0);
	assert_int_equal(tape_below(&t, 1u << 20), 0);
	assert_int_equal(t.pos, 2);
}

static void choose_among_none(void)
{
	struct tape t = {NULL, 0, 0};

	(void)tape_below(&t, 0);
}

static void a_choice_among_none_panics(void **unused)
{
	(void)unused;
	assert_true(panics(choose_among_none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_bytes_on_any_machine),
		cmocka_unit_test(a_shorter_fill_is_the_beginning_of_a_longer_one),
		cmocka_unit_test(choices_stay_below_their_bound_and_reach_its_ends),
		cmocka_unit_test(past_the_end_every_choice_is_the_simplest),
		cmocka_unit_test(a_choice_among_none_panics),
	};
	return cmocka_run_group_tests_name("base/tape", tests, NULL, NULL);
}
