/* auth_bucket.c - token buckets: in memory for speed, in the store so that a restart does not refill them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "app/auth_priv.h"
#include "app/project.h"
#include "base/idmap.h"
#include "base/metrics.h"

enum { MILLI = 1000, MINUTE_MS = 60000, KEEP_MS = 3600000 };

static struct metric limited = METRIC_COUNTER("segue_rate_limited_total", "Requests refused by a rate limit");

static struct sg_id key_of(const char *name)
{
	struct sg_id key;

	crypto_generichash(key.b, sizeof(key.b), (const unsigned char *)name, strlen(name), NULL, 0);
	return key;
}

static struct bucket *bucket_get(struct auth *a, const char *name, int64_t level_milli, int64_t at_ms)
{
	struct sg_id key = key_of(name);
	struct bucket *b = idmap_find(&a->buckets, &key);

	if (b)
		return b;
	if (a->buckets.n >= BUCKETS_MAX) {
		struct bucket *oldest = a->bucket_oldest;

		a->bucket_oldest = oldest->next;
		idmap_remove(&a->buckets, &oldest->key);
		free(oldest);
	}
	b = calloc(1, sizeof(*b));
	SG_ASSERT(b != NULL);
	b->key = key;
	str_copy(b->name, sizeof(b->name), str_from(name));
	b->level_milli = level_milli;
	b->at_ms = at_ms;
	idmap_put(&a->buckets, &key, b);
	*(a->bucket_oldest ? &a->bucket_newest->next : &a->bucket_oldest) = b;
	a->bucket_newest = b;
	return b;
}

static void on_saved(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)st; /* a lost count is a kinder limit, not a fault */
	(void)done;
	(void)arg;
}

static void save(struct auth *a, const struct bucket *b)
{
	struct row_op op;

	row_put(&op, TABLE_BUCKET);
	row_str(&op, BUCKET_COL_NAME, str_from(b->name));
	row_int(&op, BUCKET_COL_LEVEL, b->level_milli);
	row_int(&op, BUCKET_COL_AT, b->at_ms);
	auth_write(a, &op, 1, on_saved, NULL);
}

enum sg_status auth_take(struct auth *a, const char *name, int burst, int per_minute)
{
	int64_t now = sched_wall_ms(a->app->sched);
	struct bucket *b = bucket_get(a, name, (int64_t)burst * MILLI, now);
	int64_t passed = now - b->at_ms;

	/* A clock that jumped back refills nothing; one that jumped ahead fills it at most. */
	if (passed < 0)
		passed = 0;
	if (passed > KEEP_MS)
		passed = KEEP_MS;
	int64_t gained = passed * per_minute * MILLI / MINUTE_MS;

	b->level_milli += gained;
	if (b->level_milli > (int64_t)burst * MILLI)
		b->level_milli = (int64_t)burst * MILLI;
	/* Time too short to gain anything is not lost, or a bucket that is asked all the time would never fill. */
	if (gained || now < b->at_ms)
		b->at_ms = now;
	if (b->level_milli < MILLI) {
		metric_add(&limited, 1);
		return SG_E_LIMIT;
	}
	b->level_milli -= MILLI;
	save(a, b);
	return SG_OK;
}

static void on_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct auth *a = arg;
	char name[BUCKET_NAME_MAX];

	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		str_copy(name, sizeof(name), rows[i].v[BUCKET_COL_NAME].s);
		bucket_get(a, name, rows[i].v[BUCKET_COL_LEVEL].i, rows[i].v[BUCKET_COL_AT].i);
	}
	a->loaded(st, a->loaded_arg);
}

void auth_buckets_load(struct auth *a, void (*done)(enum sg_status st, void *arg), void *arg)
{
	struct store_range newest = {.index = INDEX_BUCKET_BY_AT, .descending = true, .limit = STORE_RANGE_MAX};

	a->loaded = done;
	a->loaded_arg = arg;
	store_range(a->app->store, &newest, on_rows, a);
}

void auth_buckets_free(struct auth *a)
{
	while (a->bucket_oldest) {
		struct bucket *b = a->bucket_oldest;

		a->bucket_oldest = b->next;
		free(b);
	}
}
