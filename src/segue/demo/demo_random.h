/* demo_random.h - dice for the demo: one seed, the same numbers on every run.
 *
 * The generator is splitmix64 (Steele, Lea, Flood 2014), as in base/tape. Streams are forked by a
 * tag, so that more of one thing does not change the others. The shapes are those of real contact
 * centres: arrivals Poisson within the day, days Gamma, service lognormal, patience Weibull.
 */
#ifndef SG_SEGUE_DEMO_DEMO_RANDOM_H
#define SG_SEGUE_DEMO_DEMO_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

struct demo_random {
	uint64_t state;
};

void demo_random_init(struct demo_random *r, uint64_t seed, uint64_t tag);
uint64_t demo_random_bits(struct demo_random *r);

double demo_random_unit(struct demo_random *r);                    /* (0, 1), both ends excluded */
uint32_t demo_random_below(struct demo_random *r, uint32_t bound); /* bound at least 1 */
int64_t demo_random_between(struct demo_random *r, int64_t least, int64_t most); /* both included */
bool demo_random_chance(struct demo_random *r, double p);

double demo_random_exponential(struct demo_random *r, double mean);
double demo_random_normal(struct demo_random *r);
double demo_random_lognormal(struct demo_random *r, double median, double sigma);
/* By its mean and the ratio of deviation to mean, as service times are reported. */
double demo_random_lognormal_cv(struct demo_random *r, double mean, double cv);
double demo_random_gamma(struct demo_random *r, double shape, double mean); /* shape at least 1 */
double demo_random_weibull(struct demo_random *r, double shape, double mean);

/* An index, as likely as its weight. Weights are not negative and not all 0. */
unsigned demo_random_pick(struct demo_random *r, const double *weights, unsigned n);
/* The same from running sums (ascending), for long lists. */
unsigned demo_random_pick_sum(struct demo_random *r, const double *sums, unsigned n);

/* Ids drawn from the dice; r must outlive it. */
struct entropy demo_random_entropy(struct demo_random *r);

#endif
