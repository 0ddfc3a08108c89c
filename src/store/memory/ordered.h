/* ordered.h - an ordered set of pointers: sorted blocks of bounded size, so that finding is two
 * binary searches and inserting moves at most one block. The same inserts give the same set,
 * always. */
#ifndef SG_STORE_MEMORY_ORDERED_H
#define SG_STORE_MEMORY_ORDERED_H

#include <stdbool.h>
#include <stddef.h>

typedef int ordered_cmp(const void *ctx, const void *a, const void *b);

struct ordered {
	struct ordered_block **block;
	size_t n_blocks, cap;
	size_t n;
	ordered_cmp *cmp;
	const void *ctx;
};

/* A place between two entries (or at an end). Any change of the set makes it void. */
struct ordered_at {
	size_t block;
	unsigned i;
};

void ordered_init(struct ordered *o, ordered_cmp *cmp, const void *ctx);
void ordered_fini(struct ordered *o); /* entries are not freed */
void ordered_clear(struct ordered *o);

/* Entries are unique under cmp; adding an equal one is a bug. */
void ordered_add(struct ordered *o, void *entry);
void ordered_remove(struct ordered *o, const void *entry); /* must be there */
void *ordered_find(const struct ordered *o, const void *like);

/* The place before the first entry for which below(probe, entry) is false; below must be monotonic.
 */
struct ordered_at ordered_seek(const struct ordered *o,
			       bool (*below)(const void *probe, const void *entry),
			       const void *probe);
struct ordered_at ordered_end(const struct ordered *o);
void *ordered_next(const struct ordered *o, struct ordered_at *at); /* NULL at the end */
void *ordered_prev(const struct ordered *o, struct ordered_at *at); /* NULL at the beginning */

#endif
