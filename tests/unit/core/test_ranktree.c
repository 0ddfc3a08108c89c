/* The two structures routing stands on, each against an array. */
#include <string.h>

#include "base/tape.h"
#include "check.h"
#include "core/ranktree.h"
#include "core/rejects.h"
#include "core/slotmap.h"

enum { NODES = 60 };

struct numbers {
	int64_t key[NODES + 1];
	int64_t sum[NODES + 1];
};

static int by_key(const void *ctx, uint32_t a, uint32_t b)
{
	const struct numbers *n = ctx;

	if (n->key[a] != n->key[b])
		return n->key[a] < n->key[b] ? -1 : 1;
	return (a > b) - (a < b);
}

static void add_up(void *ctx, uint32_t n, uint32_t left, uint32_t right)
{
	struct numbers *all = ctx;

	all->sum[n] = all->key[n] + (left ? all->sum[left] : 0) + (right ? all->sum[right] : 0);
}

static void check_tree(const struct ranktree *t, uint32_t root, const bool *in)
{
	const struct numbers *all = t->ctx;
	int64_t sum = 0;
	uint32_t count = 0;

	for (uint32_t n = 1; n <= NODES; n++) {
		uint32_t rank = 0;

		if (!in[n])
			continue;
		for (uint32_t o = 1; o <= NODES; o++)
			rank += in[o] && by_key(all, o, n) < 0;
		assert_int_equal(ranktree_rank(t, root, n), rank);
		assert_int_equal(ranktree_at(t, root, rank), n);
		sum += all->key[n];
		count++;
	}
	assert_int_equal(t->links[root].count, count);
	assert_int_equal(ranktree_at(t, root, count), 0);
	assert_int_equal(root ? all->sum[root] : 0, sum);
}

static void a_ranktree_keeps_order_ranks_and_sums(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct numbers all = {0};
		struct ranktree_link links[NODES + 1] = {{0}};
		const struct ranktree t = {links, by_key, add_up, &all};
		bool in[NODES + 1] = {false};
		uint8_t bytes[600];
		uint32_t root = 0;

		tape_fill(seed, bytes, sizeof(bytes));
		struct tape tape = {.bytes = bytes, .len = sizeof(bytes)};

		while (tape.pos < tape.len) {
			uint32_t n = 1 + tape_below(&tape, NODES);

			if (in[n]) {
				ranktree_erase(&t, &root, n);
			} else {
				all.key[n] = tape_below(&tape, 20); /* many are equal */
				ranktree_insert(&t, &root, n);
			}
			in[n] = !in[n];
			check_tree(&t, root, in);
		}
	}
}

static int by_number(const void *ctx, uint32_t a, uint32_t b)
{
	(void)ctx;
	return (a > b) - (a < b);
}

/* 100,000 in rising order, the worst for a tree that does not balance: its depth stays small. */
static void a_ranktree_stays_shallow_when_filled_in_order(void **unused)
{
	(void)unused;
	enum { MANY = 100000 };
	static struct ranktree_link links[MANY + 1];
	static uint32_t depth[MANY + 1];
	struct ranktree t = {.links = links, .cmp = by_number};
	uint32_t root = 0, deepest = 0;

	for (uint32_t n = 1; n <= MANY; n++)
		ranktree_insert(&t, &root, n);
	/* a parent stands above its children, so walking down by rank meets each once */
	depth[root] = 1;
	uint32_t stack[200], top = 0;

	stack[top++] = root;
	while (top) {
		uint32_t n = stack[--top];
		const uint32_t below[] = {links[n].left, links[n].right};

		deepest = depth[n] > deepest ? depth[n] : deepest;
		for (int i = 0; i < 2; i++) {
			if (!below[i])
				continue;
			depth[below[i]] = depth[n] + 1;
			stack[top++] = below[i];
			assert_true(top < 200);
		}
	}
	assert_true(deepest < 64);
}

static void a_refreshed_node_is_summed_anew_up_to_the_root(void **unused)
{
	(void)unused;
	struct numbers all = {0};
	struct ranktree_link links[NODES + 1] = {{0}};
	const struct ranktree t = {links, by_key, add_up, &all};
	uint32_t root = 0;

	for (uint32_t n = 1; n <= NODES; n++) {
		all.key[n] = 10 * n;
		ranktree_insert(&t, &root, n);
	}
	int64_t before = all.sum[root];

	all.key[7] += 5; /* does not change its place */
	ranktree_refresh(&t, root, 7);
	assert_int_equal(all.sum[root], before + 5);
}

struct record {
	struct sg_id id;
	int other;
};

static void a_slotmap_finds_what_was_put_and_not_what_was_removed(void **unused)
{
	(void)unused;
	enum { RECORDS = 40 };
	struct record records[RECORDS + 1];
	uint32_t cells[128] = {0};
	bool in[RECORDS + 1] = {false};
	struct slotmap m = {cells, slotmap_cells(RECORDS) - 1, (const unsigned char *)records,
			    sizeof(records[0])};
	uint8_t bytes[4000];

	assert_int_equal(slotmap_cells(RECORDS), 128);
	memset(records, 0, sizeof(records));
	for (uint32_t n = 1; n <= RECORDS; n++)
		records[n].id.b[15] = (uint8_t)n;
	tape_fill(7, bytes, sizeof(bytes));
	struct tape tape = {.bytes = bytes, .len = sizeof(bytes)};

	m.mask = 63; /* fuller than it would be, so that gaps are closed across homes */
	while (tape.pos < tape.len) {
		uint32_t n = 1 + tape_below(&tape, RECORDS);

		if (in[n])
			slotmap_remove(&m, n);
		else
			slotmap_put(&m, n);
		in[n] = !in[n];
		for (uint32_t i = 1; i <= RECORDS; i++)
			assert_int_equal(slotmap_find(&m, &records[i].id), in[i] ? i : 0);
	}
}

static void a_full_set_of_rejects_forgets_the_oldest(void **unused)
{
	(void)unused;
	struct rejects set = {.n = 0};
	const uint64_t two[] = {3, 4}, mixed[] = {1, 3};

	for (uint64_t tag = 1; tag <= 5; tag++) {
		rejects_add(&set, tag);
		rejects_add(&set, tag); /* once is enough */
	}
	assert_int_equal(set.n, ROUTE_REJECTS_MAX);
	assert_false(rejects_have(&set, 1));
	assert_true(rejects_have_all(&set, two, 2));
	assert_false(rejects_have_all(&set, mixed, 2));
	assert_true(rejects_have_all(&set, NULL, 0));
}

static void everybody_is_neutral_when_sets_are_intersected(void **unused)
{
	(void)unused;
	const struct rejects everybody = {.n = REJECTS_EVERYBODY};
	const struct rejects some = {.tags = {1, 2, 3}, .n = 3}, few = {.tags = {3, 9}, .n = 2};
	struct rejects set = everybody;

	assert_true(rejects_have(&set, 12345));
	rejects_intersect(&set, &everybody);
	assert_int_equal(set.n, REJECTS_EVERYBODY);
	rejects_intersect(&set, &some);
	assert_int_equal(set.n, 3);
	rejects_intersect(&set, &everybody);
	assert_int_equal(set.n, 3);
	rejects_intersect(&set, &few);
	assert_int_equal(set.n, 1);
	assert_true(rejects_have(&set, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ranktree_keeps_order_ranks_and_sums),
		cmocka_unit_test(a_ranktree_stays_shallow_when_filled_in_order),
		cmocka_unit_test(a_refreshed_node_is_summed_anew_up_to_the_root),
		cmocka_unit_test(a_slotmap_finds_what_was_put_and_not_what_was_removed),
		cmocka_unit_test(a_full_set_of_rejects_forgets_the_oldest),
		cmocka_unit_test(everybody_is_neutral_when_sets_are_intersected),
	};
	return cmocka_run_group_tests_name("core/ranktree", tests, NULL, NULL);
}
