/* arena.h - memory of one request or event, freed whole. Has a ceiling given at birth; passing it
 * is a bug of the caller, who bounds what peers send (SG_ASSERT). */
#ifndef SG_BASE_ARENA_H
#define SG_BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena {
	struct arena_block *first;
	size_t used, limit;
};

void arena_init(struct arena *a, size_t limit_bytes);
void arena_fini(struct arena *a);

/* Zeroed, aligned to 16 and counted in whole 16s; only the last may round past the limit. */
void *arena_alloc(struct arena *a, size_t n);

/* A copy that ends in NUL; absent stays absent. */
struct str arena_str(struct arena *a, struct str s);

#endif
