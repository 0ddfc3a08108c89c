#include "core/slotmap.h"

#include <string.h>

uint32_t slotmap_cells(uint32_t records)
{
	SG_ASSERT(records < UINT32_C(1) << 30);
	uint32_t n = 16;

	while (n < 2 * records)
		n *= 2;
	return n;
}

uint64_t slotmap_hash(const struct sg_id *id)
{
	uint64_t a, b;

	memcpy(&a, id->b, sizeof(a));
	memcpy(&b, id->b + sizeof(a), sizeof(b));

	uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static const struct sg_id *id_of(const struct slotmap *m, uint32_t number)
{
	return (const struct sg_id *)(m->records + number * m->stride);
}

static uint32_t home(const struct slotmap *m, const struct sg_id *id)
{
	return (uint32_t)slotmap_hash(id) & m->mask;
}

/* The cell of this id, or the empty one where it would go. */
static uint32_t cell_of(const struct slotmap *m, const struct sg_id *id)
{
	uint32_t i = home(m, id);

	while (m->cells[i] && !sg_id_eq(id_of(m, m->cells[i]), id))
		i = (i + 1) & m->mask;
	return i;
}

uint32_t slotmap_find(const struct slotmap *m, const struct sg_id *id)
{
	return m->cells[cell_of(m, id)];
}

void slotmap_put(struct slotmap *m, uint32_t number)
{
	uint32_t i = cell_of(m, id_of(m, number));

	SG_ASSERT(m->cells[i] == 0);
	m->cells[i] = number;
}

/* Closes the gap by moving back what would no longer be found beyond it; so there are no dead
 * cells. */
void slotmap_remove(struct slotmap *m, uint32_t number)
{
	uint32_t gap = cell_of(m, id_of(m, number));

	SG_ASSERT(m->cells[gap] == number);
	for (uint32_t i = (gap + 1) & m->mask; m->cells[i]; i = (i + 1) & m->mask) {
		uint32_t from_home = (i - home(m, id_of(m, m->cells[i]))) & m->mask;

		if (from_home >= ((i - gap) & m->mask)) {
			m->cells[gap] = m->cells[i];
			gap = i;
		}
	}
	m->cells[gap] = 0;
}
