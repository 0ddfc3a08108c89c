#include "segue/demo/demo_random.h"

#include <math.h>
#include <string.h>

uint64_t demo_random_bits(struct demo_random *r)
{
	uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void demo_random_init(struct demo_random *r, uint64_t seed, uint64_t tag)
{
	struct demo_random mix = {.state = tag};

	r->state = seed ^ demo_random_bits(&mix);
	r->state = demo_random_bits(r);
}

double demo_random_unit(struct demo_random *r)
{
	/* 52 bits and a half: with one bit more the largest would round to 1 */
	return ((double)(demo_random_bits(r) >> 12) + 0.5) * 0x1p-52;
}

/* Multiply and shift (Lemire 2019) without its rejection: the bias is below 2^-32 * bound. */
uint32_t demo_random_below(struct demo_random *r, uint32_t bound)
{
	SG_ASSERT(bound >= 1);
	return (uint32_t)(((demo_random_bits(r) >> 32) * bound) >> 32);
}

int64_t demo_random_between(struct demo_random *r, int64_t least, int64_t most)
{
	SG_ASSERT(least <= most);
	double span = (double)(most - least) + 1;
	int64_t step = (int64_t)(demo_random_unit(r) * span);

	return least + (step > most - least ? most - least : step);
}

bool demo_random_chance(struct demo_random *r, double p)
{
	return demo_random_unit(r) < p;
}

double demo_random_exponential(struct demo_random *r, double mean)
{
	return -mean * log(demo_random_unit(r));
}

/* Marsaglia's polar method (Marsaglia, Bray 1964); the second number is left, so no state is kept.
 */
double demo_random_normal(struct demo_random *r)
{
	double u, v, s;

	do {
		u = 2 * demo_random_unit(r) - 1;
		v = 2 * demo_random_unit(r) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s <= 0);
	return u * sqrt(-2 * log(s) / s);
}

double demo_random_lognormal(struct demo_random *r, double median, double sigma)
{
	return median * exp(sigma * demo_random_normal(r));
}

double demo_random_lognormal_cv(struct demo_random *r, double mean, double cv)
{
	double sigma2 = log(1 + cv * cv);

	return demo_random_lognormal(r, mean / exp(sigma2 / 2), sqrt(sigma2));
}

/* Marsaglia, Tsang: A Simple Method for Generating Gamma Variables (2000). */
double demo_random_gamma(struct demo_random *r, double shape, double mean)
{
	SG_ASSERT(shape >= 1);
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = demo_random_normal(r), v = 1 + c * x;

		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(demo_random_unit(r)) < x * x / 2 + d * (1 - v + log(v)))
			return d * v * mean / shape;
	}
}

double demo_random_weibull(struct demo_random *r, double shape, double mean)
{
	double scale = mean / tgamma(1 + 1 / shape);

	return scale * pow(-log(demo_random_unit(r)), 1 / shape);
}

unsigned demo_random_pick(struct demo_random *r, const double *weights, unsigned n)
{
	double sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += weights[i];
	SG_ASSERT(sum > 0);
	double at = demo_random_unit(r) * sum;

	for (unsigned i = 0; i < n; i++) {
		if (at < weights[i])
			return i;
		at -= weights[i];
	}
	/* Rounding may leave a rest: the last that has a weight. */
	while (n > 1 && weights[n - 1] <= 0)
		n--;
	return n - 1;
}

unsigned demo_random_pick_sum(struct demo_random *r, const double *sums, unsigned n)
{
	SG_ASSERT(n > 0);
	double at = demo_random_unit(r) * sums[n - 1];
	unsigned lo = 0, hi = n - 1;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (sums[mid] > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void fill(void *self, void *out, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		uint64_t bits = demo_random_bits(self);
		unsigned part = n - i < sizeof(bits) ? n - i : (unsigned)sizeof(bits);

		memcpy((char *)out + i, &bits, part);
		i += part;
	}
}

struct entropy demo_random_entropy(struct demo_random *r)
{
	return (struct entropy){.fill = fill, .self = r};
}
