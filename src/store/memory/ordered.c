#include "store/memory/ordered.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { BLOCK_MAX = 512 };

struct ordered_block {
	unsigned n;
	void *e[BLOCK_MAX];
};

void ordered_init(struct ordered *o, ordered_cmp *cmp, const void *ctx)
{
	*o = (struct ordered){.cmp = cmp, .ctx = ctx};
}

void ordered_clear(struct ordered *o)
{
	for (size_t b = 0; b < o->n_blocks; b++)
		free(o->block[b]);
	o->n_blocks = o->n = 0;
}

void ordered_fini(struct ordered *o)
{
	ordered_clear(o);
	free(o->block);
	o->block = NULL;
	o->cap = 0;
}

/* Puts a block at place b of the list. Blocks are never empty between calls. */
static struct ordered_block *block_new(struct ordered *o, size_t b)
{
	struct ordered_block *blk = malloc(sizeof(*blk));

	if (o->n_blocks == o->cap) {
		o->cap = o->cap ? o->cap * 2 : 8;
		o->block = realloc(o->block, o->cap * sizeof(struct ordered_block *));
	}
	SG_ASSERT(blk && o->block);
	blk->n = 0;
	memmove(&o->block[b + 1], &o->block[b], (o->n_blocks - b) * sizeof(struct ordered_block *));
	o->block[b] = blk;
	o->n_blocks++;
	return blk;
}

/* The first place whose entry is not below `like`, or the end of the last block. */
static struct ordered_at place(const struct ordered *o, const void *like)
{
	size_t lo = 0, hi = o->n_blocks;

	while (lo < hi) { /* the first block whose last entry is not below */
		size_t mid = (lo + hi) / 2;
		const struct ordered_block *blk = o->block[mid];

		if (o->cmp(o->ctx, blk->e[blk->n - 1], like) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == o->n_blocks)
		return ordered_end(o);
	unsigned a = 0, z = o->block[lo]->n;

	while (a < z) {
		unsigned mid = (a + z) / 2;

		if (o->cmp(o->ctx, o->block[lo]->e[mid], like) < 0)
			a = mid + 1;
		else
			z = mid;
	}
	return (struct ordered_at){.block = lo, .i = a};
}

void ordered_add(struct ordered *o, void *entry)
{
	if (o->n_blocks == 0) {
		struct ordered_block *only = block_new(o, 0);

		only->e[only->n++] = entry;
		o->n++;
		return;
	}
	struct ordered_at at = place(o, entry);
	struct ordered_block *blk = o->block[at.block];

	SG_ASSERT(at.i == blk->n || o->cmp(o->ctx, blk->e[at.i], entry) != 0);
	if (blk->n == BLOCK_MAX) {
		/* Filled in order, blocks stay full: cut at the end then, else in the middle. */
		unsigned keep = at.i == BLOCK_MAX ? BLOCK_MAX : BLOCK_MAX / 2;
		struct ordered_block *more = block_new(o, at.block + 1);

		more->n = BLOCK_MAX - keep;
		memcpy(more->e, &blk->e[keep], more->n * sizeof(void *));
		blk->n = keep;
		if (at.i >= keep) {
			at.i -= keep;
			blk = more;
		}
	}
	memmove(&blk->e[at.i + 1], &blk->e[at.i], (blk->n - at.i) * sizeof(void *));
	blk->e[at.i] = entry;
	blk->n++;
	o->n++;
}

void ordered_remove(struct ordered *o, const void *entry)
{
	struct ordered_at at = place(o, entry);

	SG_ASSERT(at.block < o->n_blocks);
	struct ordered_block *blk = o->block[at.block];

	SG_ASSERT(at.i < blk->n && o->cmp(o->ctx, blk->e[at.i], entry) == 0);
	blk->n--;
	memmove(&blk->e[at.i], &blk->e[at.i + 1], (blk->n - at.i) * sizeof(void *));
	if (blk->n == 0) {
		free(blk);
		o->n_blocks--;
		memmove(&o->block[at.block], &o->block[at.block + 1],
			(o->n_blocks - at.block) * sizeof(struct ordered_block *));
	}
	o->n--;
}

void *ordered_find(const struct ordered *o, const void *like)
{
	struct ordered_at at = place(o, like);

	if (at.block >= o->n_blocks || at.i >= o->block[at.block]->n)
		return NULL;
	void *e = o->block[at.block]->e[at.i];

	return o->cmp(o->ctx, e, like) == 0 ? e : NULL;
}

struct ordered_at ordered_seek(const struct ordered *o,
			       bool (*below)(const void *probe, const void *entry),
			       const void *probe)
{
	size_t lo = 0, hi = o->n_blocks;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct ordered_block *blk = o->block[mid];

		if (below(probe, blk->e[blk->n - 1]))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == o->n_blocks)
		return ordered_end(o);
	unsigned a = 0, z = o->block[lo]->n;

	while (a < z) {
		unsigned mid = (a + z) / 2;

		if (below(probe, o->block[lo]->e[mid]))
			a = mid + 1;
		else
			z = mid;
	}
	return (struct ordered_at){.block = lo, .i = a};
}

struct ordered_at ordered_end(const struct ordered *o)
{
	if (o->n_blocks == 0)
		return (struct ordered_at){.block = 0, .i = 0};
	return (struct ordered_at){.block = o->n_blocks - 1, .i = o->block[o->n_blocks - 1]->n};
}

void *ordered_next(const struct ordered *o, struct ordered_at *at)
{
	if (at->block < o->n_blocks && at->i == o->block[at->block]->n) {
		at->block++;
		at->i = 0;
	}
	return at->block < o->n_blocks ? o->block[at->block]->e[at->i++] : NULL;
}

void *ordered_prev(const struct ordered *o, struct ordered_at *at)
{
	if (at->i == 0) {
		if (at->block == 0)
			return NULL;
		at->block--;
		at->i = o->block[at->block]->n;
	}
	return o->block[at->block]->e[--at->i];
}
