#include "contract/store_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/memory/store_memory.h"
#include "store/value.h"

const char *fixture_backend = "memory";

static uint8_t jitter[1 << 16];

struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->sqlite = strcmp(fixture_backend, "sqlite") == 0;
	tape_fill(11, jitter, sizeof(jitter));
	f->tape = (struct tape){.bytes = jitter, .len = sizeof(jitter)};
	sched_sim_init(&f->sim, &f->tape, 20);
	post_queue_init(&f->queue);
	arena_init(&f->arena, (size_t)1 << 30);
	snprintf(f->folder, sizeof(f->folder), "/tmp/store-contract-XXXXXX");
	if (f->sqlite)
		assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/segue.db", f->folder);
	f->opt = (struct store_sqlite_options){.path = f->path, .readers = 2, .queue_max = 20000};
	assert_status(fixture_open(f), SG_OK);
	return f;
}

enum sg_status fixture_open(struct fixture *f)
{
	if (f->sqlite)
		return store_sqlite_open(&f->sim.sched, &f->queue.poster, &f->opt, &f->s);
	f->s = store_memory_new(&f->sim.sched);
	return SG_OK;
}

void fixture_close(struct fixture *f)
{
	store_close(f->s);
	f->s = NULL;
}

static bool queue_is_empty(void *arg)
{
	struct post_queue *q = arg;

	pthread_mutex_lock(&q->lock);
	bool empty = q->first == NULL;

	pthread_mutex_unlock(&q->lock);
	return empty;
}

static void remove_folder(const char *folder)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", folder);
	assert_int_equal(system(command), 0);
}

void fixture_free(struct fixture *f)
{
	fixture_close(f);
	/* A post that was under way when the store was closed must be harmless. */
	assert_true(post_queue_run(&f->queue, FIXTURE_DEADLINE_MS, queue_is_empty, &f->queue));
	sched_sim_run(&f->sim, 1);
	if (f->sqlite)
		remove_folder(f->folder);
	post_queue_fini(&f->queue);
	sched_sim_fini(&f->sim);
	arena_fini(&f->arena);
	free(f);
}

void fixture_wait(struct fixture *f, bool (*done)(void *arg), void *arg)
{
	if (f->sqlite) {
		assert_true(post_queue_run(&f->queue, FIXTURE_DEADLINE_MS, done, arg));
		return;
	}
	while (!done(arg))
		assert_int_equal(sched_sim_run(&f->sim, 1), 1);
}

bool is_answered(void *arg)
{
	return ((struct answer *)arg)->calls > 0;
}

void on_done(enum sg_status st, const struct store_done *done, void *arg)
{
	struct answer *a = arg;

	a->calls++;
	a->st = st;
	a->repeated = done->repeated;
	a->pos = done->pos;
	if (a->arena)
		a->result = arena_str(a->arena, done->idem_result);
}

void on_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct answer *a = arg;

	a->calls++;
	a->st = st;
	a->n = n;
	if (!a->arena || n == 0)
		return;
	a->rows = arena_alloc(a->arena, n * sizeof(*rows));
	memcpy(a->rows, rows, n * sizeof(*rows));
	for (unsigned i = 0; i < n; i++) {
		const struct table_desc *t = &table_desc[rows[i].table];

		for (unsigned c = 0; c < t->n_cols; c++) {
			if (value_is_text(t->cols[c].type))
				a->rows[i].v[c].s = arena_str(a->arena, rows[i].v[c].s);
		}
	}
}

void on_events(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct answer *a = arg;

	a->calls++;
	a->st = st;
	a->n = n;
	if (!a->arena || n == 0)
		return;
	a->events = arena_alloc(a->arena, n * sizeof(*ev));
	memcpy(a->events, ev, n * sizeof(*ev));
	for (unsigned i = 0; i < n; i++)
		a->events[i].body = arena_str(a->arena, ev[i].body);
}

void on_outbox(enum sg_status st, const struct outbox_row *rows, unsigned n, void *arg)
{
	struct answer *a = arg;

	a->calls++;
	a->st = st;
	a->n = n;
	if (!a->arena || n == 0)
		return;
	a->owed = arena_alloc(a->arena, n * sizeof(*rows));
	memcpy(a->owed, rows, n * sizeof(*rows));
	for (unsigned i = 0; i < n; i++) {
		a->owed[i].channel = arena_str(a->arena, rows[i].channel);
		a->owed[i].body = arena_str(a->arena, rows[i].body);
	}
}

#define ASK(f, call)                                                                               \
	__extension__({                                                                            \
		struct answer a = {.arena = &(f)->arena};                                          \
		call;                                                                              \
		assert_int_equal(a.calls, 0);                                                      \
		fixture_wait((f), is_answered, &a);                                                \
		a;                                                                                 \
	})

struct answer do_write(struct fixture *f, const struct store_write *w)
{
	return ASK(f, store_write(f->s, w, on_done, &a));
}

struct answer do_rows(struct fixture *f, const struct row_op *rows, unsigned n)
{
	return do_write(f, &(struct store_write){.rows = rows, .n_rows = n});
}

struct answer do_get(struct fixture *f, enum table table, const struct value *key)
{
	return ASK(f, store_get(f->s, table, key, on_rows, &a));
}

struct answer do_range(struct fixture *f, const struct store_range *q)
{
	return ASK(f, store_range(f->s, q, on_rows, &a));
}

struct answer do_events(struct fixture *f, const struct sg_id *stream, uint64_t after,
			unsigned limit)
{
	return ASK(f, store_events(f->s, stream, after, limit, on_events, &a));
}

struct answer do_feed(struct fixture *f, uint64_t after, unsigned limit)
{
	return ASK(f, store_feed(f->s, after, limit, on_events, &a));
}

struct answer do_outbox(struct fixture *f, int64_t due_ms, unsigned limit)
{
	return ASK(f, f->s->ops->outbox(f->s, due_ms, limit, on_outbox, &a));
}

struct answer do_search(struct fixture *f, struct str words, enum audience audience, unsigned limit)
{
	return ASK(f, f->s->ops->search(f->s, words, audience, limit, on_rows, &a));
}

struct answer do_last(struct fixture *f, enum index index)
{
	return ASK(f, f->s->ops->last(f->s, index, on_rows, &a));
}

struct answer do_wipe(struct fixture *f)
{
	return ASK(f, f->s->ops->wipe_views(f->s, on_done, &a));
}

struct answer do_backup(struct fixture *f, const char *path)
{
	return ASK(f, f->s->ops->backup(f->s, path, on_done, &a));
}

struct sg_id id_of(uint32_t n)
{
	struct sg_id id = SG_ID_NONE;

	if (n == 0)
		return id;
	id.b[0] = 1;
	id.b[6] = 0x70;
	id.b[12] = (uint8_t)(n >> 24);
	id.b[13] = (uint8_t)(n >> 16);
	id.b[14] = (uint8_t)(n >> 8);
	id.b[15] = (uint8_t)n;
	return id;
}

struct str text(const char *s)
{
	return str_from(s);
}

struct log_event message(uint32_t stream, uint64_t seq, const char *body)
{
	return (struct log_event){.stream_kind = STREAM_INTERACTION,
				  .stream = id_of(stream),
				  .seq = seq,
				  .id = id_of((uint32_t)(stream * 100000 + seq)),
				  .kind = EVENT_MESSAGE_SENT,
				  .actor = {.role = ROLE_CUSTOMER, .id = id_of(7)},
				  .at_ms = 1000 + (int64_t)seq,
				  .body = text(body)};
}

static bool texts_equal(struct str a, struct str b)
{
	return (a.p == NULL) == (b.p == NULL) && a.n == b.n &&
	       (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool rows_equal(const struct row *a, const struct row *b)
{
	if (a->table != b->table)
		return false;
	for (unsigned c = 0; c < table_desc[a->table].n_cols; c++) {
		const struct value *x = &a->v[c], *y = &b->v[c];

		if (!sg_id_eq(&x->id, &y->id) || x->i != y->i || !texts_equal(x->s, y->s))
			return false;
	}
	return true;
}
