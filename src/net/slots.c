#include "net/net_priv.h"

#include <stdlib.h>

struct slot {
	uint64_t id;
	void *p; /* NULL: free */
	uint32_t next_free;
};

enum { PLACE_BITS = 20, NO_PLACE = SLOTS_MAX };

void slots_init(struct slots *t)
{
	*t = (struct slots){.free_first = NO_PLACE};
}

void slots_fini(struct slots *t)
{
	free(t->slot);
	slots_init(t);
}

static bool grow(struct slots *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;

	if (t->cap == SLOTS_MAX)
		return false;
	t->slot = realloc(t->slot, cap * sizeof(*t->slot));
	SG_ASSERT(t->slot);
	for (uint32_t i = cap; i-- > t->cap;) {
		t->slot[i] = (struct slot){.next_free = t->free_first};
		t->free_first = i;
	}
	t->cap = cap;
	return true;
}

uint64_t slots_add(struct slots *t, void *p)
{
	uint32_t place;

	SG_ASSERT(p);
	if (t->free_first == NO_PLACE && !grow(t))
		return 0;
	place = t->free_first;
	t->free_first = t->slot[place].next_free;
	t->slot[place].id = ++t->serial << PLACE_BITS | place;
	t->slot[place].p = p;
	t->n++;
	return t->slot[place].id;
}

void *slots_find(const struct slots *t, uint64_t id)
{
	uint64_t place = id & (SLOTS_MAX - 1);

	if (place >= t->cap || t->slot[place].id != id)
		return NULL;
	return t->slot[place].p;
}

void slots_remove(struct slots *t, uint64_t id)
{
	struct slot *s;

	if (!slots_find(t, id))
		return;
	s = &t->slot[id & (SLOTS_MAX - 1)];
	*s = (struct slot){.next_free = t->free_first};
	t->free_first = (uint32_t)(id & (SLOTS_MAX - 1));
	t->n--;
}

void *slots_at(const struct slots *t, uint32_t i)
{
	SG_ASSERT(i < t->cap);
	return t->slot[i].p;
}
