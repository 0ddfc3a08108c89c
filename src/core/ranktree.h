/* ranktree.h - an ordered set of numbered things that knows ranks, in memory it is handed.
 *
 * A treap: nodes are 1..n, their links lie in an array of the caller, a root is a number (0:
 * empty). The heap order is a hash of the node number, so the shape needs no dice, and no result
 * depends on it. Several trees may share one array as long as a node is in one of them at a time.
 * All in O(log n).
 */
#ifndef SG_CORE_RANKTREE_H
#define SG_CORE_RANKTREE_H

#include <stdbool.h>
#include <stdint.h>

struct ranktree_link {
	uint32_t left, right;
	uint32_t count; /* nodes in this subtree */
};

struct ranktree {
	struct ranktree_link *links; /* [0] is the empty tree; all zero at the start */
	/* Total order of nodes; must not change while a node is in a tree. */
	int (*cmp)(const void *ctx, uint32_t a, uint32_t b);
	/* Sums up node n from itself and its two subtrees; may be NULL. */
	void (*pull)(void *ctx, uint32_t n, uint32_t left, uint32_t right);
	void *ctx;
};

void ranktree_insert(const struct ranktree *t, uint32_t *root, uint32_t node);
void ranktree_erase(const struct ranktree *t, uint32_t *root, uint32_t node);
/* Sums up anew from node to the root, after what `pull` reads of the node has changed. */
void ranktree_refresh(const struct ranktree *t, uint32_t root, uint32_t node);
/* The k-th from 0, or 0 when there are not so many. */
uint32_t ranktree_at(const struct ranktree *t, uint32_t root, uint32_t k);
/* How many stand before node, which must be in the tree. */
uint32_t ranktree_rank(const struct ranktree *t, uint32_t root, uint32_t node);

#endif
