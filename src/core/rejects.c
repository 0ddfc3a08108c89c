#include "core/rejects.h"

#include <string.h>

bool rejects_have(const struct rejects *set, uint64_t tag)
{
	if (set->n == REJECTS_EVERYBODY)
		return true;
	for (uint32_t i = 0; i < set->n; i++) {
		if (set->tags[i] == tag)
			return true;
	}
	return false;
}

bool rejects_have_all(const struct rejects *set, const uint64_t *tags, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!rejects_have(set, tags[i]))
			return false;
	}
	return true;
}

void rejects_intersect(struct rejects *set, const struct rejects *other)
{
	if (other->n == REJECTS_EVERYBODY)
		return;
	if (set->n == REJECTS_EVERYBODY) {
		*set = *other;
		return;
	}

	uint32_t n = 0;

	for (uint32_t i = 0; i < set->n; i++) {
		if (rejects_have(other, set->tags[i]))
			set->tags[n++] = set->tags[i];
	}
	set->n = n;
}

void rejects_add(struct rejects *set, uint64_t tag)
{
	SG_ASSERT(set->n <= ROUTE_REJECTS_MAX);
	if (rejects_have(set, tag))
		return;
	if (set->n == ROUTE_REJECTS_MAX) {
		memmove(set->tags, set->tags + 1, sizeof(set->tags) - sizeof(set->tags[0]));
		set->n--;
	}
	set->tags[set->n++] = tag;
}
