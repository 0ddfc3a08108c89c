#include "check.h"

#include <math.h>
#include <string.h>

#include "segue/demo/demo_random.h"

enum { N = 200000 };

struct moments {
	double mean, deviation;
};

/* Of n draws; the tolerances below are some five standard errors wide. */
static struct moments measure(double (*draw)(struct demo_random *r))
{
	struct demo_random r;
	double sum = 0, squares = 0;

	demo_random_init(&r, 42, 1);
	for (unsigned i = 0; i < N; i++) {
		double x = draw(&r);

		sum += x;
		squares += x * x;
	}
	double mean = sum / N;

	return (struct moments){.mean = mean, .deviation = sqrt(squares / N - mean * mean)};
}

static void assert_moments(double (*draw)(struct demo_random *r), double mean, double deviation)
{
	struct moments m = measure(draw);

	assert_true(fabs(m.mean - mean) < .02 * deviation + .001 * fabs(mean));
	assert_true(fabs(m.deviation - deviation) < .05 * deviation);
}

static double draw_exponential(struct demo_random *r)
{
	return demo_random_exponential(r, 3);
}

static double draw_lognormal_cv(struct demo_random *r)
{
	return demo_random_lognormal_cv(r, 480, .8);
}

static double draw_gamma(struct demo_random *r)
{
	return demo_random_gamma(r, 8, 1);
}

static double draw_weibull(struct demo_random *r)
{
	return demo_random_weibull(r, .8, 600);
}

static void distributions_have_their_mean_and_deviation(void **unused)
{
	(void)unused;
	assert_moments(demo_random_unit, .5, sqrt(1.0 / 12));
	assert_moments(demo_random_normal, 0, 1);
	assert_moments(draw_exponential, 3, 3);
	assert_moments(draw_lognormal_cv, 480, 384);
	assert_moments(draw_gamma, 1, 1 / sqrt(8));
	/* Weibull's deviation over its mean follows from its shape: sqrt(G(1 + 2/k) / G(1 + 1/k)^2
	 * - 1) */
	assert_moments(draw_weibull, 600, 600 * sqrt(tgamma(3.5) / pow(tgamma(2.25), 2) - 1));
}

static void half_of_a_lognormal_lies_below_its_median(void **unused)
{
	(void)unused;
	struct demo_random r;
	unsigned below = 0;

	demo_random_init(&r, 7, 1);
	for (unsigned i = 0; i < N; i++)
		below += demo_random_lognormal(&r, 25, .7) < 25;
	assert_true(below > N / 2 - 1500 && below < N / 2 + 1500);
}

static void choices_are_as_likely_as_their_weights(void **unused)
{
	(void)unused;
	static const double weights[] = {1, 0, 3, 6}, sums[] = {1, 1, 4, 10};
	struct demo_random r;
	unsigned picked[4] = {0}, summed[4] = {0};

	demo_random_init(&r, 3, 1);
	for (unsigned i = 0; i < N; i++) {
		picked[demo_random_pick(&r, weights, 4)]++;
		summed[demo_random_pick_sum(&r, sums, 4)]++;
	}
	assert_int_equal(picked[1], 0);
	assert_int_equal(summed[1], 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(fabs(picked[i] - weights[i] * N / 10) < 1200);
		assert_true(fabs(summed[i] - weights[i] * N / 10) < 1200);
	}
}

static void bounds_are_kept_and_reached(void **unused)
{
	(void)unused;
	struct demo_random r;
	unsigned seen[3] = {0};

	demo_random_init(&r, 9, 1);
	for (unsigned i = 0; i < 3000; i++) {
		uint32_t x = demo_random_below(&r, 3);
		int64_t y = demo_random_between(&r, -1, 1);

		assert_true(x < 3 && y >= -1 && y <= 1);
		seen[x] |= 1;
		seen[y + 1] |= 2;
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(seen[i], 3);
	assert_int_equal(demo_random_between(&r, 5, 5), 5);
}

static void a_seed_gives_the_same_numbers_and_a_tag_others(void **unused)
{
	(void)unused;
	struct demo_random a, b, c;
	unsigned same = 0;

	demo_random_init(&a, 11, 1);
	demo_random_init(&b, 11, 1);
	demo_random_init(&c, 11, 2);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t x = demo_random_bits(&a);

		assert_true(x == demo_random_bits(&b));
		same += x == demo_random_bits(&c);
	}
	assert_int_equal(same, 0);
}

static void ids_come_from_the_dice(void **unused)
{
	(void)unused;
	struct demo_random a, b;

	demo_random_init(&a, 5, 1);
	demo_random_init(&b, 5, 1);
	struct entropy ea = demo_random_entropy(&a), eb = demo_random_entropy(&b);
	struct sg_id x = sg_id_make(1000, &ea), y = sg_id_make(1000, &eb),
		     z = sg_id_make(1000, &eb);

	assert_true(sg_id_eq(&x, &y));
	assert_false(sg_id_eq(&y, &z));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distributions_have_their_mean_and_deviation),
		cmocka_unit_test(half_of_a_lognormal_lies_below_its_median),
		cmocka_unit_test(choices_are_as_likely_as_their_weights),
		cmocka_unit_test(bounds_are_kept_and_reached),
		cmocka_unit_test(a_seed_gives_the_same_numbers_and_a_tag_others),
		cmocka_unit_test(ids_come_from_the_dice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
