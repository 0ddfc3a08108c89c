#include "app/rebuild.h"

#include <stdlib.h>

#include "app/codec.h"
#include "app/project.h"
#include "base/log.h"

enum {
	PAGE = 500,
	ROWS_MAX = PAGE * PROJECT_ROWS_MAX,
	PAGE_BYTES_MAX = 64 << 20,
	GIVEN_BYTES = STORE_WRITE_BYTES_MAX / 2
};

struct rebuild {
	struct store *store;
	uint64_t pos, events;
	struct row_op *rows;
	unsigned n_rows;
	struct arena arena; /* texts of the page in hand */
	void (*done)(enum sg_status st, uint64_t events, void *arg);
	void *arg;
};

static void finish(struct rebuild *r, enum sg_status st)
{
	r->done(st, r->events, r->arg);
	arena_fini(&r->arena);
	free(r->rows);
	free(r);
}

/* The record that says so stands from before the first row is gone until the last one is there:
 * whoever opens a store where this was broken off makes them anew. */
static void write_stale(struct rebuild *r, bool stale, store_done_cb *cb)
{
	struct row_op op;
	struct store_write w = {.rows = &op, .n_rows = 1};

	row_put(&op, TABLE_SETTING);
	op.is_delete = !stale;
	row_str(&op, SETTING_COL_NAME, STR(REBUILD_SETTING));
	if (stale)
		row_str(&op, SETTING_COL_VALUE, STR("1"));
	store_write(r->store, &w, cb, r);
}

static void on_unmarked(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)done;
	finish(arg, st);
}

static void read_page(struct rebuild *r);

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	struct rebuild *r = arg;

	(void)done;
	if (st == SG_OK)
		read_page(r);
	else
		finish(r, st);
}

static enum sg_status take(struct rebuild *r, const struct log_event *log)
{
	struct projection p;
	struct event ev = {
		.kind = log->kind,
		.stream = log->stream,
		.seq = log->seq,
		.id = log->id,
		.actor = log->actor,
		.at_ms = log->at_ms,
	};

	SG_TRY(codec_decode(log->kind, log->body, &r->arena, &ev.f));
	project(&ev, &p);
	for (unsigned i = 0; i < p.n; i++)
		r->rows[r->n_rows++] = p.rows[i];
	return SG_OK;
}

static void on_page(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct rebuild *r = arg;
	size_t bytes = 0;
	unsigned i = 0;

	if (st != SG_OK) {
		finish(r, st);
		return;
	}
	if (n == 0) {
		write_stale(r, false, on_unmarked);
		return;
	}
	arena_fini(&r->arena);
	arena_init(&r->arena, PAGE_BYTES_MAX);
	r->n_rows = 0;
	/* As many as one write carries; no text of a row is longer than its event. */
	for (; i < n && bytes < GIVEN_BYTES; i++) {
		st = take(r, &ev[i]);
		bytes += PROJECT_ROWS_MAX * sizeof(r->rows[0]) + 2 * ev[i].body.n;
		if (st != SG_OK) {
			log_event(LOG_ERROR, "event_damaged", LF_INT("pos", ev[i].pos));
			finish(r, st);
			return;
		}
	}
	r->events += i;
	r->pos = ev[i - 1].pos;
	struct store_write w = {.rows = r->rows, .n_rows = r->n_rows};

	store_write(r->store, &w, on_written, r);
}

static void read_page(struct rebuild *r)
{
	store_feed(r->store, r->pos, PAGE, on_page, r);
}

static void on_marked(enum sg_status st, const struct store_done *done, void *arg)
{
	struct rebuild *r = arg;

	(void)done;
	if (st == SG_OK)
		r->store->ops->wipe_views(r->store, on_written, r);
	else
		finish(r, st);
}

void rebuild_views(struct store *s, void (*done)(enum sg_status st, uint64_t events, void *arg),
		   void *arg)
{
	struct rebuild *r = calloc(1, sizeof(*r));

	SG_ASSERT(r != NULL);
	r->store = s;
	r->rows = malloc(ROWS_MAX * sizeof(r->rows[0]));
	SG_ASSERT(r->rows != NULL);
	arena_init(&r->arena, PAGE_BYTES_MAX);
	r->done = done;
	r->arg = arg;
	write_stale(r, true, on_marked);
}
