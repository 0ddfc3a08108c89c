/* auth_bucket.c - token buckets: in memory for speed, in the store so that a restart does not
 * refill them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "app/auth_priv.h"
#include "app/project.h"
#include "base/idmap.h"
#include "base/metrics.h"

enum { MILLI = 1000, MINUTE_MS = 60000, KEEP_MS = 3600000 };

static struct metric limited =
	METRIC_COUNTER("segue_rate_limited_total", "Requests refused by a rate limit");

static struct sg_id key_of(const char *name)
{
	struct sg_id key;

	crypto_generichash(key.b, sizeof(key.b), (const unsigned char *)name, strlen(name), NULL,
			   0);
	return key;
}

/* ---- by last use, so that a full memory gives up the ones nobody asks for ---- */

static void bucket_unlink(struct buckets *s, struct bucket *b)
{
	*(b->newer ? &b->newer->older : &s->newest) = b->older;
	*(b->older ? &b->older->newer : &s->oldest) = b->newer;
}

static void bucket_link(struct buckets *s, struct bucket *b)
{
	b->newer = NULL;
	b->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = b;
	s->newest = b;
}

static void bucket_drop(struct buckets *s, struct bucket *b)
{
	bucket_unlink(s, b);
	idmap_remove(&s->map, &b->key);
	free(b);
}

static struct bucket *bucket_get(struct buckets *s, const char *name, int64_t level_milli,
				 int64_t at_ms)
{
	struct sg_id key = key_of(name);
	struct bucket *b = idmap_find(&s->map, &key);

	if (b) {
		bucket_unlink(s, b);
		bucket_link(s, b);
		return b;
	}
	if (s->map.n >= BUCKETS_MAX)
		bucket_drop(s, s->oldest);
	b = calloc(1, sizeof(*b));
	SG_ASSERT(b != NULL);
	b->key = key;
	str_copy(b->name, sizeof(b->name), str_from(name));
	b->level_milli = level_milli;
	b->at_ms = at_ms;
	idmap_put(&s->map, &key, b);
	bucket_link(s, b);
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

/* NULL: empty. */
static struct bucket *take(struct buckets *s, int64_t now, const char *name, int burst,
			   int per_minute)
{
	struct bucket *b = bucket_get(s, name, (int64_t)burst * MILLI, now);
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
	/* Time too short to gain anything is not lost, or a bucket that is asked all the time would
	 * never fill. */
	if (gained || now < b->at_ms)
		b->at_ms = now;
	if (b->level_milli < MILLI) {
		metric_add(&limited, 1);
		return NULL;
	}
	b->level_milli -= MILLI;
	return b;
}

enum sg_status auth_take(struct auth *a, const char *name, int burst, int per_minute)
{
	const struct bucket *b =
		take(&a->buckets, sched_wall_ms(a->app->sched), name, burst, per_minute);

	if (!b)
		return SG_E_LIMIT;
	save(a, b);
	return SG_OK;
}

enum sg_status auth_take_rate(struct auth *a, const char *name, int burst, int per_minute)
{
	/* Not stored, so the clock that cannot jump will do. */
	return take(&a->rates, sched_now_ms(a->app->sched), name, burst, per_minute) ? SG_OK
										     : SG_E_LIMIT;
}

static void on_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct auth *a = arg;
	char name[BUCKET_NAME_MAX];

	for (unsigned i = n;
	     st == SG_OK && i-- > 0;) { /* the newest last: it is the last to be given up */
		str_copy(name, sizeof(name), rows[i].v[BUCKET_COL_NAME].s);
		bucket_get(&a->buckets, name, rows[i].v[BUCKET_COL_LEVEL].i,
			   rows[i].v[BUCKET_COL_AT].i);
	}
	a->loaded(st, a->loaded_arg);
}

void auth_buckets_load(struct auth *a, void (*done)(enum sg_status st, void *arg), void *arg)
{
	struct store_range newest = {
		.index = INDEX_BUCKET_BY_AT, .descending = true, .limit = STORE_RANGE_MAX};

	a->loaded = done;
	a->loaded_arg = arg;
	store_range(a->app->store, &newest, on_rows, a);
}

void auth_buckets_init(struct auth *a)
{
	idmap_init(&a->buckets.map);
	idmap_init(&a->rates.map);
}

static void buckets_free(struct buckets *s)
{
	while (s->oldest)
		bucket_drop(s, s->oldest);
	idmap_fini(&s->map);
}

void auth_buckets_free(struct auth *a)
{
	buckets_free(&a->buckets);
	buckets_free(&a->rates);
}
