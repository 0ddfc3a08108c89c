/* slotmap.h - finds the number of a record by its id; open addressing in memory it is handed.
 *
 * Records are numbered from 1 and begin with their id. The map must be larger than the most records
 * there can be; slotmap_cells says how large.
 */
#ifndef SG_CORE_SLOTMAP_H
#define SG_CORE_SLOTMAP_H

#include <stddef.h>

#include "base/id.h"

struct slotmap {
	uint32_t *cells; /* record numbers, 0: empty */
	uint32_t mask;
	const unsigned char *records; /* number 0 lies here, and is not used */
	size_t stride;
};

/* Cells for so many records: a power of two, at most half full. */
uint32_t slotmap_cells(uint32_t records);

uint64_t slotmap_hash(const struct sg_id *id);
uint32_t slotmap_find(const struct slotmap *m, const struct sg_id *id); /* 0: absent */
void slotmap_put(struct slotmap *m, uint32_t number);                   /* its id must be absent */
void slotmap_remove(struct slotmap *m, uint32_t number);                /* its id must be present */

#endif
