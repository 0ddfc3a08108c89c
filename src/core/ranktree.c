#include "core/ranktree.h"

#include "base/status.h"

/* Finaliser of MurmurHash3: a fixed, well-mixed priority for each node number. */
static uint32_t weight(uint32_t n)
{
	n ^= n >> 16;
	n *= 0x85ebca6bU;
	n ^= n >> 13;
	n *= 0xc2b2ae35U;
	return n ^ (n >> 16);
}

/* The mixing is a bijection, so weights never tie. */
static bool is_above(uint32_t a, uint32_t b)
{
	return weight(a) > weight(b);
}

static void pull(const struct ranktree *t, uint32_t n)
{
	struct ranktree_link *at = &t->links[n];

	at->count = 1 + t->links[at->left].count + t->links[at->right].count;
	if (t->pull)
		t->pull(t->ctx, n, at->left, at->right);
}

static void split(const struct ranktree *t, uint32_t root, uint32_t key, uint32_t *before_out,
		  uint32_t *after_out)
{
	if (!root) {
		*before_out = *after_out = 0;
		return;
	}

	uint32_t part;

	if (t->cmp(t->ctx, root, key) < 0) {
		split(t, t->links[root].right, key, &part, after_out);
		t->links[root].right = part;
		*before_out = root;
	} else {
		split(t, t->links[root].left, key, before_out, &part);
		t->links[root].left = part;
		*after_out = root;
	}
	pull(t, root);
}

static uint32_t merge(const struct ranktree *t, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	if (is_above(a, b)) {
		t->links[a].right = merge(t, t->links[a].right, b);
		pull(t, a);
		return a;
	}
	t->links[b].left = merge(t, a, t->links[b].left);
	pull(t, b);
	return b;
}

void ranktree_insert(const struct ranktree *t, uint32_t *root, uint32_t node)
{
	if (!*root || is_above(node, *root)) {
		uint32_t left, right;

		split(t, *root, node, &left, &right);
		t->links[node] = (struct ranktree_link){.left = left, .right = right};
		*root = node;
	} else {
		struct ranktree_link *at = &t->links[*root];
		int order = t->cmp(t->ctx, node, *root);

		SG_ASSERT(order != 0);
		ranktree_insert(t, order < 0 ? &at->left : &at->right, node);
	}
	pull(t, *root);
}

void ranktree_erase(const struct ranktree *t, uint32_t *root, uint32_t node)
{
	SG_ASSERT(*root != 0);
	struct ranktree_link *at = &t->links[*root];

	if (*root == node) {
		*root = merge(t, at->left, at->right);
		*at = (struct ranktree_link){0};
		return;
	}
	ranktree_erase(t, t->cmp(t->ctx, node, *root) < 0 ? &at->left : &at->right, node);
	pull(t, *root);
}

void ranktree_refresh(const struct ranktree *t, uint32_t root, uint32_t node)
{
	SG_ASSERT(root != 0);
	if (root != node) {
		const struct ranktree_link *at = &t->links[root];

		ranktree_refresh(t, t->cmp(t->ctx, node, root) < 0 ? at->left : at->right, node);
	}
	pull(t, root);
}

uint32_t ranktree_at(const struct ranktree *t, uint32_t root, uint32_t k)
{
	while (root) {
		uint32_t before = t->links[t->links[root].left].count;

		if (k == before)
			return root;
		if (k < before) {
			root = t->links[root].left;
		} else {
			k -= before + 1;
			root = t->links[root].right;
		}
	}
	return 0;
}

uint32_t ranktree_rank(const struct ranktree *t, uint32_t root, uint32_t node)
{
	uint32_t rank = 0;

	while (root != node) {
		SG_ASSERT(root != 0);
		const struct ranktree_link *at = &t->links[root];

		if (t->cmp(t->ctx, node, root) < 0) {
			root = at->left;
		} else {
			rank += t->links[at->left].count + 1;
			root = at->right;
		}
	}
	return rank + t->links[t->links[root].left].count;
}
