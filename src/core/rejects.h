/* rejects.h - the last few agents who did not take an interaction, as a set; and the set of
 * everybody. */
#ifndef SG_CORE_REJECTS_H
#define SG_CORE_REJECTS_H

#include "core/route.h"

/* n of the set that contains everybody. */
#define REJECTS_EVERYBODY UINT32_MAX

struct rejects {
	uint64_t tags[ROUTE_REJECTS_MAX]; /* route_seat.tag, oldest first */
	uint32_t n;
};

bool rejects_have(const struct rejects *set, uint64_t tag);
bool rejects_have_all(const struct rejects *set, const uint64_t *tags, uint32_t n);

/* A full set forgets its oldest. Not for the set of everybody. */
void rejects_add(struct rejects *set, uint64_t tag);
void rejects_intersect(struct rejects *set, const struct rejects *other);

#endif
