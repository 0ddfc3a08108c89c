#include <string.h>

#include "base/auto.h"
#include "base/idmap.h"
#include "base/tape.h"
#include "check.h"
#include "helpers.h"

enum { KEYS = 64, STEPS = 600 };

/* The model: an array indexed by key. */
struct model {
	struct sg_id id[KEYS];
	void *value[KEYS];
	size_t n;
	unsigned seen[KEYS];
	struct idmap *map;
	unsigned remove_mod;
};

static int values[KEYS * 4];

static void keys_init(struct model *m, uint64_t seed)
{
	memset(m, 0, sizeof(*m));
	/* Even seeds: random ids. Odd ones: ids that differ in one byte, which a poor hash would
	 * heap up. */
	for (unsigned i = 0; i < KEYS; i++) {
		if (seed % 2 == 0)
			tape_fill(seed * KEYS + i, m->id[i].b, 16);
		else
			m->id[i].b[seed / 2 % 16] = (uint8_t)(i + 1);
	}
}

static unsigned key_of(const struct model *m, const struct sg_id *id)
{
	for (unsigned i = 0; i < KEYS; i++)
		if (sg_id_eq(&m->id[i], id))
			return i;
	fail_msg("an id that was never put");
	return 0;
}

static void on_each(const struct sg_id *id, void *value, void *arg)
{
	struct model *m = arg;
	unsigned k = key_of(m, id);

	m->seen[k]++;
	assert_ptr_equal(value, m->value[k]);
	if (m->remove_mod && k % m->remove_mod == 0) {
		idmap_remove(m->map, id);
		assert_int_equal(key_of(m, id), k); /* what fn was lent still stands */
		m->value[k] = NULL;
		m->n--;
	}
}

/* Every live entry is visited once; with a mod some are removed on the way. */
static void walk(struct idmap *map, struct model *m, unsigned remove_mod)
{
	void *before[KEYS];

	memcpy(before, m->value, sizeof(before));
	memset(m->seen, 0, sizeof(m->seen));
	m->map = map;
	m->remove_mod = remove_mod;
	idmap_each(map, on_each, m);
	for (unsigned k = 0; k < KEYS; k++)
		assert_int_equal(m->seen[k], before[k] != NULL);
}

static void compare(const struct idmap *map, const struct model *m)
{
	assert_int_equal(map->n, m->n);
	for (unsigned k = 0; k < KEYS; k++)
		assert_ptr_equal(idmap_find(map, &m->id[k]), m->value[k]);
}

static void step(struct idmap *map, struct model *m, struct tape *t)
{
	unsigned what = tape_below(t, 100), k = tape_below(t, KEYS);

	if (what < 45) {
		void *v = &values[tape_below(t, KEYS * 4)];
		m->n += m->value[k] == NULL;
		m->value[k] = v;
		idmap_put(map, &m->id[k], v);
	} else if (what < 95) {
		m->n -= m->value[k] != NULL;
		m->value[k] = NULL;
		idmap_remove(map, &m->id[k]);
	} else {
		walk(map, m, what == 99 ? 1 + k % 4 : 0);
	}
}

static void a_random_walk_agrees_with_the_model(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		SG_AUTO(idmap) map;
		struct model m;
		uint8_t bytes[STEPS * 4];
		struct tape t = {bytes, sizeof(bytes), 0};

		tape_fill(seed, bytes, sizeof(bytes));
		keys_init(&m, seed);
		idmap_init(&map);
		for (int i = 0; i < STEPS; i++) {
			step(&map, &m, &t);
			if (i % 7 == 0)
				compare(&map, &m);
		}
		compare(&map, &m);
		walk(&map, &m, 1);
		assert_int_equal(map.n, 0);
	}
}

static void coming_and_going_does_not_grow_the_table(void **unused)
{
	(void)unused;
	SG_AUTO(idmap) map;
	struct sg_id id;

	idmap_init(&map);
	for (uint64_t i = 0; i < 100000; i++) {
		tape_fill(i, id.b, sizeof(id.b));
		idmap_put(&map, &id, &values[0]);
		if (i >= 10) {
			tape_fill(i - 10, id.b, sizeof(id.b));
			assert_non_null(idmap_find(&map, &id));
			idmap_remove(&map, &id);
		}
	}
	assert_int_equal(map.n, 10);
	assert_int_equal(map.cap, 32);
	assert_true(map.n + map.dead < map.cap); /* else a search for an absent id would not end */
}

static void an_entry_that_stood_alone_leaves_nothing_behind(void **unused)
{
	(void)unused;
	SG_AUTO(idmap) map;
	struct sg_id id;

	idmap_init(&map);
	for (uint64_t i = 0; i < 100; i++) {
		tape_fill(i, id.b, sizeof(id.b));
		idmap_put(&map, &id, &values[0]);
		idmap_remove(&map, &id);
		assert_int_equal(map.n + map.dead, 0);
	}
}

static void the_place_of_a_removed_entry_is_used_again(void **unused)
{
	(void)unused;
	unsigned neighbours = 0;

	for (uint64_t i = 0; i < 200; i++) {
		SG_AUTO(idmap) map;
		struct sg_id a, b;

		idmap_init(&map);
		tape_fill(2 * i, a.b, sizeof(a.b));
		tape_fill(2 * i + 1, b.b, sizeof(b.b));
		idmap_put(&map, &a, &values[0]);
		idmap_put(&map, &b, &values[1]);
		idmap_remove(&map, &a);
		/* Only where b stands right behind a does a leave a mark, for a search to pass. */
		neighbours += map.dead == 1;
		idmap_put(&map, &a, &values[2]);
		assert_int_equal(map.n, 2);
		assert_int_equal(map.dead, 0);
		assert_ptr_equal(idmap_find(&map, &a), &values[2]);
		assert_ptr_equal(idmap_find(&map, &b), &values[1]);
	}
	assert_true(neighbours > 0);
}

static void many_entries_are_all_found(void **unused)
{
	(void)unused;
	SG_AUTO(idmap) map;
	enum { N = 50000 };
	struct sg_id id;

	idmap_init(&map);
	for (uint64_t i = 0; i < N; i++) {
		tape_fill(i, id.b, sizeof(id.b));
		idmap_put(&map, &id, &values[i % KEYS]);
	}
	assert_int_equal(map.n, N);
	for (uint64_t i = 0; i < N; i++) {
		tape_fill(i, id.b, sizeof(id.b));
		assert_ptr_equal(idmap_find(&map, &id), &values[i % KEYS]);
	}
	tape_fill(N, id.b, sizeof(id.b));
	assert_null(idmap_find(&map, &id));
}

static void an_empty_map_answers(void **unused)
{
	(void)unused;
	SG_AUTO(idmap) map;
	struct model m;

	keys_init(&m, 2);
	idmap_init(&map);
	assert_null(idmap_find(&map, &m.id[0]));
	idmap_remove(&map, &m.id[0]);
	walk(&map, &m, 0);
	/* No id is a key like any other. */
	idmap_put(&map, &SG_ID_NONE, &values[1]);
	assert_ptr_equal(idmap_find(&map, &SG_ID_NONE), &values[1]);
}

static void put_nothing(void)
{
	struct idmap map;

	idmap_init(&map);
	idmap_put(&map, &SG_ID_NONE, NULL);
}

static void a_value_of_null_panics(void **unused)
{
	(void)unused;
	assert_true(panics(put_nothing));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_random_walk_agrees_with_the_model),
		cmocka_unit_test(coming_and_going_does_not_grow_the_table),
		cmocka_unit_test(an_entry_that_stood_alone_leaves_nothing_behind),
		cmocka_unit_test(the_place_of_a_removed_entry_is_used_again),
		cmocka_unit_test(many_entries_are_all_found),
		cmocka_unit_test(an_empty_map_answers),
		cmocka_unit_test(a_value_of_null_panics),
	};
	return cmocka_run_group_tests_name("base/idmap", tests, NULL, NULL);
}
