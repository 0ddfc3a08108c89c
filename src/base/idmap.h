/* idmap.h - hash map from id to pointer (open addressing); iteration is in no promised order, so
 * nothing that must be deterministic may iterate it. */
#ifndef SG_BASE_IDMAP_H
#define SG_BASE_IDMAP_H

#include <stddef.h>

#include "base/id.h"

struct idmap {
	struct idmap_slot *slots;
	size_t cap, n, dead;
};

void idmap_init(struct idmap *m);
void idmap_fini(struct idmap *m);                                     /* values are not freed */
void *idmap_find(const struct idmap *m, const struct sg_id *id);      /* NULL when absent */
void idmap_put(struct idmap *m, const struct sg_id *id, void *value); /* value not NULL; replaces */
void idmap_remove(struct idmap *m, const struct sg_id *id);
/* Calls fn for each; fn may remove the entry it is given. */
void idmap_each(struct idmap *m, void (*fn)(const struct sg_id *id, void *value, void *arg),
		void *arg);

#endif
