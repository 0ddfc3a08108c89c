#include <string.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/tape.h"
#include "check.h"
#include "helpers.h"

static bool all_are(const uint8_t *p, size_t n, unsigned value)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != value)
			return false;
	return true;
}

static void allocations_are_zeroed_aligned_and_apart(void **unused)
{
	(void)unused;
	enum { N = 60 };

	for (uint64_t seed = 1; seed <= 300; seed++) {
		SG_AUTO(arena) a;
		uint8_t bytes[4 * N], *p[N];
		size_t size[N];
		struct tape t = {bytes, sizeof(bytes), 0};

		tape_fill(seed, bytes, sizeof(bytes));
		arena_init(&a, 16 << 20);
		for (unsigned i = 0; i < N; i++) {
			size[i] = tape_below(&t, 8) ? tape_below(&t, 300) : tape_below(&t, 150000);
			p[i] = arena_alloc(&a, size[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			assert_true(all_are(p[i], size[i], 0));
			memset(p[i], (int)i + 1, size[i]);
		}
		/* Had two of them overlapped, the later would have written over the earlier. */
		for (unsigned i = 0; i < N; i++)
			assert_true(all_are(p[i], size[i], i + 1));
	}
}

static void empty_allocations_differ(void **unused)
{
	(void)unused;
	SG_AUTO(arena) a;

	arena_init(&a, 1024);
	void *one = arena_alloc(&a, 0), *two = arena_alloc(&a, 0);
	assert_non_null(one);
	assert_ptr_not_equal(one, two);
}

static void a_text_is_copied_with_its_nul(void **unused)
{
	(void)unused;
	SG_AUTO(arena) a;
	char text[] = "hello world";

	arena_init(&a, 1024);
	struct str copy = arena_str(&a, (struct str){text, 5});
	memset(text, '#', sizeof(text));
	assert_int_equal(copy.n, 5);
	assert_string_equal(copy.p, "hello");

	struct str empty = arena_str(&a, STR(""));
	assert_non_null(empty.p);
	assert_string_equal(empty.p, "");
	assert_null(arena_str(&a, (struct str){0}).p);
}

static void alloc_the_limit(void)
{
	struct arena a;

	arena_init(&a, 100);
	(void)arena_alloc(&a, 100);
	arena_fini(&a);
	(void)arena_alloc(&a, 32);
	(void)arena_alloc(&a, 68);
	arena_fini(&a);
}

static void alloc_past_the_limit(void)
{
	struct arena a;

	arena_init(&a, 100);
	(void)arena_alloc(&a, 101);
}

static void alloc_past_the_limit_in_steps(void)
{
	struct arena a;

	arena_init(&a, 100);
	(void)arena_alloc(&a, 100);
	(void)arena_alloc(&a, 1);
}

static void alloc_small_ones_for_ever(void)
{
	struct arena a;

	arena_init(&a, 1 << 16);
	for (int i = 0; i < 4097; i++)
		(void)arena_alloc(&a, 0);
}

static void alloc_more_than_memory(void)
{
	struct arena a;

	arena_init(&a, 100);
	(void)arena_alloc(&a, SIZE_MAX);
}

static void the_limit_is_the_last_byte_to_be_had(void **unused)
{
	(void)unused;
	assert_false(panics(alloc_the_limit));
	assert_true(panics(alloc_past_the_limit));
	assert_true(panics(alloc_past_the_limit_in_steps));
	assert_true(panics(alloc_small_ones_for_ever));
	assert_true(panics(alloc_more_than_memory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
		cmocka_unit_test(empty_allocations_differ),
		cmocka_unit_test(a_text_is_copied_with_its_nul),
		cmocka_unit_test(the_limit_is_the_last_byte_to_be_had),
	};
	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
