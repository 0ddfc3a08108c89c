#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { ARENA_ALIGN = 16 };

/* With AddressSanitizer each allocation is a block of its own, so that it sees a step past the end.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { BLOCK_FIRST = 0, BLOCK_MOST = 0 };
#elif defined(__has_feature)
#	if __has_feature(address_sanitizer)
enum { BLOCK_FIRST = 0, BLOCK_MOST = 0 };
#	else
enum { BLOCK_FIRST = 4000, BLOCK_MOST = 64 * 1024 };
#	endif
#else
enum { BLOCK_FIRST = 4000, BLOCK_MOST = 64 * 1024 };
#endif

/* The first of the list is the one being filled. */
struct arena_block {
	struct arena_block *next;
	size_t cap, used;
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t limit_bytes)
{
	SG_ASSERT(limit_bytes <= PTRDIFF_MAX); /* so that rounding up cannot wrap */
	*a = (struct arena){.limit = limit_bytes};
}

void arena_fini(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->first; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){.limit = a->limit};
}

static struct arena_block *block_new(struct arena *a, size_t need)
{
	/* Blocks double, so a large request costs few calls of malloc and a small one little
	 * memory. */
	size_t cap = a->first ? a->first->cap * 2 : BLOCK_FIRST;

	if (cap > BLOCK_MOST)
		cap = BLOCK_MOST;
	if (cap < need)
		cap = need;
	struct arena_block *b = malloc(sizeof(*b) + cap);
	SG_ASSERT(b != NULL);
	b->cap = cap;
	b->used = 0;
	if (a->first && a->first->cap - a->first->used > cap - need) {
		/* More is left in the old one: keep filling that. */
		b->next = a->first->next;
		a->first->next = b;
	} else {
		b->next = a->first;
		a->first = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n == 0)
		n = 1; /* no two allocations are the same, and none is free */
	SG_ASSERT(a->used <= a->limit && n <= a->limit - a->used);
	size_t need = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	struct arena_block *b = a->first;

	if (!b || b->cap - b->used < need)
		b = block_new(a, need);
	void *p = b->bytes + b->used;
	b->used += need;
	a->used += need;
	return memset(p, 0, n);
}

struct str arena_str(struct arena *a, struct str s)
{
	if (!s.p)
		return s;
	char *copy = arena_alloc(a, s.n + 1);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return (struct str){.p = copy, .n = s.n};
}
