#include "base/idmap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { CAP_FIRST = 16 };

/* value NULL: never used, a search ends here. value == &gone: removed, a search goes on. */
struct idmap_slot {
	struct sg_id id;
	void *value;
};

static char gone;

void idmap_init(struct idmap *m)
{
	*m = (struct idmap){0};
}

void idmap_fini(struct idmap *m)
{
	free(m->slots);
	*m = (struct idmap){0};
}

static bool is_live(const struct idmap_slot *s)
{
	return s->value != NULL && s->value != &gone;
}

/* Random bits sit in the second half of an id, time in the first; both are mixed because ids of
 * other versions come from outside. */
static size_t hash(const struct sg_id *id)
{
	uint64_t half[2];

	memcpy(half, id->b, sizeof(half));
	uint64_t h = (half[0] ^ (half[1] >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ half[1] ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(h ^ (h >> 32));
}

static struct idmap_slot *slot_of(const struct idmap *m, const struct sg_id *id)
{
	if (m->cap == 0)
		return NULL;
	for (size_t i = hash(id) & (m->cap - 1); m->slots[i].value; i = (i + 1) & (m->cap - 1))
		if (m->slots[i].value != &gone && sg_id_eq(&m->slots[i].id, id))
			return &m->slots[i];
	return NULL;
}

/* For an id known to be absent, in a table that has room. */
static void insert(struct idmap *m, const struct sg_id *id, void *value)
{
	size_t i = hash(id) & (m->cap - 1);

	while (is_live(&m->slots[i]))
		i = (i + 1) & (m->cap - 1);
	if (m->slots[i].value == &gone)
		m->dead--;
	m->slots[i] = (struct idmap_slot){.id = *id, .value = value};
	m->n++;
}

/* Rebuilds without the removed ones, at most half full. */
static void rebuild(struct idmap *m)
{
	struct idmap old = *m;
	size_t cap = CAP_FIRST;

	while (cap < 2 * (old.n + 1))
		cap *= 2;
	*m = (struct idmap){.slots = calloc(cap, sizeof(*m->slots)), .cap = cap};
	SG_ASSERT(m->slots != NULL);
	for (size_t i = 0; i < old.cap; i++)
		if (is_live(&old.slots[i]))
			insert(m, &old.slots[i].id, old.slots[i].value);
	free(old.slots);
}

void *idmap_find(const struct idmap *m, const struct sg_id *id)
{
	const struct idmap_slot *s = slot_of(m, id);

	return s ? s->value : NULL;
}

void idmap_put(struct idmap *m, const struct sg_id *id, void *value)
{
	SG_ASSERT(value != NULL);
	struct idmap_slot *s = slot_of(m, id);

	if (s) {
		s->value = value;
		return;
	}
	/* Removed ones lengthen a search like live ones, so both count; at least one slot in four
	 * stays unused and every search ends. */
	if (4 * (m->n + m->dead + 1) > 3 * m->cap)
		rebuild(m);
	insert(m, id, value);
}

/* Never moves or rebuilds: idmap_each may be standing on this slot. */
void idmap_remove(struct idmap *m, const struct sg_id *id)
{
	struct idmap_slot *s = slot_of(m, id);

	if (!s)
		return;
	s->value = &gone;
	m->n--;
	m->dead++;
	/* At the end of a run nobody needs to search on past it: the run's removed tail is unused
	 * again. */
	size_t i = (size_t)(s - m->slots);
	if (m->slots[(i + 1) & (m->cap - 1)].value)
		return;
	for (; m->slots[i].value == &gone; i = (i - 1) & (m->cap - 1)) {
		m->slots[i].value = NULL;
		m->dead--;
	}
}

void idmap_each(struct idmap *m, void (*fn)(const struct sg_id *id, void *value, void *arg),
		void *arg)
{
	for (size_t i = 0; i < m->cap; i++) {
		if (is_live(&m->slots[i])) {
			/* A copy: removing its entry must not change what fn holds. */
			struct sg_id id = m->slots[i].id;
			fn(&id, m->slots[i].value, arg);
		}
	}
}
