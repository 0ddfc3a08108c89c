#include <string.h>

#include "base/status.h"
#include "check.h"
#include "helpers.h"

static void names_are_distinct_tokens(void **unused)
{
	(void)unused;
	for (int i = 0; i < SG_STATUS_N; i++) {
		const char *name = sg_status_name((enum sg_status)i);
		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, sg_status_name((enum sg_status)k));
	}
	assert_string_equal(sg_status_name(SG_E_NOT_FOUND), "not_found");
}

static void name_of_no_status(void)
{
	(void)sg_status_name(SG_STATUS_N);
}

static void false_assertion(void)
{
	SG_ASSERT(1 + 1 == 3);
}

static void true_assertion(void)
{
	SG_ASSERT(1 + 1 == 2);
}

static void a_broken_invariant_ends_the_process(void **unused)
{
	(void)unused;
	assert_true(panics(name_of_no_status));
	assert_true(panics(false_assertion));
	assert_false(panics(true_assertion));
}

static enum sg_status two_steps(enum sg_status first, int *steps)
{
	SG_TRY(first);
	++*steps;
	return SG_OK;
}

static void try_stops_at_the_first_failure(void **unused)
{
	(void)unused;
	int steps = 0;

	assert_status(two_steps(SG_E_IO, &steps), SG_E_IO);
	assert_int_equal(steps, 0);
	assert_status(two_steps(SG_OK, &steps), SG_OK);
	assert_int_equal(steps, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_distinct_tokens),
		cmocka_unit_test(a_broken_invariant_ends_the_process),
		cmocka_unit_test(try_stops_at_the_first_failure),
	};
	return cmocka_run_group_tests_name("base/status", tests, NULL, NULL);
}
