#include "store/sqlite/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/auto.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite_priv.h"

struct sq_store {
	struct store base;
	char *path;
	int lock_fd;
	/* Open as long as the store is and never used: with the last connection SQLite would drop
	 * what it knows of the write-ahead log, and the next one would take a commit for good whose
	 * sync failed. */
	sqlite3 *anchor;
	bool closing;
	struct sq_mail *mail;
	struct sq_writer *writer; /* NULL: read only */
	struct sq_readers *readers;
	struct sq_upkeep *upkeep;
};

/* ---- answers ---- */

static void write_deliver(struct sq_mail_item *it)
{
	struct sq_write *w = (struct sq_write *)it;
	struct store_done done = {.repeated = w->repeated,
				  .idem_result = {.p = w->result, .n = w->result_n},
				  .pos = w->pos};

	w->cb(w->st, &done, w->arg);
	free(w->result);
	free(w->req);
	free(w);
}

struct sq_write *sq_write_new(store_done_cb *cb, void *arg)
{
	struct sq_write *w = calloc(1, sizeof(*w));

	SG_ASSERT(w != NULL);
	SG_ASSERT(cb != NULL);
	w->mail.deliver = write_deliver;
	w->cb = cb;
	w->arg = arg;
	return w;
}

static void read_deliver(struct sq_mail_item *it)
{
	struct sq_read *r = (struct sq_read *)it;

	if (r->rows_cb)
		r->rows_cb(r->st, r->found, r->n, r->arg);
	else if (r->events_cb)
		r->events_cb(r->st, r->found, r->n, r->arg);
	else
		r->outbox_cb(r->st, r->found, r->n, r->arg);
	sq_read_free(r);
}

/* ---- writes ---- */

/* What is refused here waits like an answer: no callback runs inside the call. */
static void write_give(struct sq_store *s, struct sq_write *w, enum sg_status st)
{
	if (st == SG_OK)
		st = s->writer ? sq_writer_give(s->writer, w) : SG_E_STATE;
	if (st != SG_OK) {
		w->st = st;
		sq_mail_send(s->mail, &w->mail, &w->mail);
	}
}

static void sq_write_op(struct store *base, const struct store_write *sw, store_done_cb *cb,
			void *arg)
{
	struct sq_store *s = (struct sq_store *)base;
	struct sq_write *w = sq_write_new(cb, arg);

	w->wall_ms = sched_wall_ms(s->base.sched);
	write_give(s, w, s->closing ? SG_E_STATE : request_copy(sw, &w->req));
}

static void sq_wipe_views(struct store *base, store_done_cb *cb, void *arg)
{
	struct sq_store *s = (struct sq_store *)base;

	write_give(s, sq_write_new(cb, arg), s->closing ? SG_E_STATE : SG_OK);
}

static void sq_backup(struct store *base, const char *path, store_done_cb *cb, void *arg)
{
	struct sq_store *s = (struct sq_store *)base;
	struct sq_write *w = sq_write_new(cb, arg);

	if (s->closing)
		write_give(s, w, SG_E_STATE);
	else
		sq_upkeep_backup(s->upkeep, path, w);
}

/* ---- reads ---- */

static void read_give(struct store *base, struct sq_read *r, const struct request_read *req)
{
	struct sq_store *s = (struct sq_store *)base;

	r->mail.deliver = read_deliver;
	enum sg_status st = s->closing ? SG_E_STATE
			    : req      ? request_read_copy(req, &r->req)
				       : SG_E_INPUT;

	if (st == SG_OK)
		st = sq_readers_give(s->readers, r); /* from here on r is the reader's */
	if (st != SG_OK) {
		r->st = st;
		sq_mail_send(s->mail, &r->mail, &r->mail);
	}
}

static void rows_give(struct store *s, const struct request_read *req, store_rows_cb *cb, void *arg)
{
	struct sq_read *r = sq_read_new(arg);

	SG_ASSERT(cb != NULL);
	r->rows_cb = cb;
	read_give(s, r, req);
}

static void sq_get(struct store *s, enum table table, const struct value *key, store_rows_cb *cb,
		   void *arg)
{
	struct request_read req;

	rows_give(s, request_read_key(&req, table, key) ? &req : NULL, cb, arg);
}

static void sq_range(struct store *s, const struct store_range *q, store_rows_cb *cb, void *arg)
{
	rows_give(s, &(struct request_read){.kind = READ_RANGE, .range = *q}, cb, arg);
}

static void sq_search(struct store *s, struct str words, enum audience audience, unsigned limit,
		      store_rows_cb *cb, void *arg)
{
	rows_give(
		s,
		&(struct request_read){
			.kind = READ_SEARCH, .words = words, .audience = audience, .limit = limit},
		cb, arg);
}

static void sq_last(struct store *s, enum index index, store_rows_cb *cb, void *arg)
{
	rows_give(s, &(struct request_read){.kind = READ_LAST, .index = index}, cb, arg);
}

static void events_give(struct store *s, const struct request_read *req, store_events_cb *cb,
			void *arg)
{
	struct sq_read *r = sq_read_new(arg);

	SG_ASSERT(cb != NULL);
	r->events_cb = cb;
	read_give(s, r, req);
}

static void sq_events(struct store *s, const struct sg_id *stream, uint64_t after, unsigned limit,
		      store_events_cb *cb, void *arg)
{
	events_give(s,
		    &(struct request_read){
			    .kind = READ_EVENTS, .stream = *stream, .after = after, .limit = limit},
		    cb, arg);
}

static void sq_feed(struct store *s, uint64_t after, unsigned limit, store_events_cb *cb, void *arg)
{
	events_give(s, &(struct request_read){.kind = READ_FEED, .after = after, .limit = limit},
		    cb, arg);
}

static void sq_outbox(struct store *s, int64_t due_ms, unsigned limit, store_outbox_cb *cb,
		      void *arg)
{
	struct sq_read *r = sq_read_new(arg);

	SG_ASSERT(cb != NULL);
	r->outbox_cb = cb;
	read_give(s, r,
		  &(struct request_read){.kind = READ_OUTBOX, .due_ms = due_ms, .limit = limit});
}

/* ---- opening and closing ---- */

static void store_free(struct sq_store *s)
{
	sq_conn_close(s->anchor);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->path);
	free(s);
}

/* The writer first (it calls upkeep), then who reads; the mailbox last, when nobody sends any more.
 */
static void sq_close(struct store *base)
{
	struct sq_store *s = (struct sq_store *)base;

	s->closing = true;
	if (s->writer)
		sq_writer_stop(s->writer);
	sq_readers_stop(s->readers);
	sq_upkeep_stop(s->upkeep);
	sq_mail_close(s->mail);
	store_free(s);
}

static const struct store_ops sq_ops = {.name = "sqlite",
					.write = sq_write_op,
					.get = sq_get,
					.range = sq_range,
					.events = sq_events,
					.feed = sq_feed,
					.outbox = sq_outbox,
					.search = sq_search,
					.last = sq_last,
					.wipe_views = sq_wipe_views,
					.backup = sq_backup,
					.close = sq_close};

/* Positions and heads of streams are kept in memory, so there is one process a database. */
static enum sg_status lock_take(struct sq_store *s)
{
	SG_AUTO(buf) path;

	buf_init(&path, 4096);
	SG_TRY(buf_addf(&path, "%s.lock", s->path));
	s->lock_fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return SG_E_IO;
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? SG_E_CONFLICT : SG_E_IO;
	return SG_OK;
}

static enum sg_status prepare_database(struct sq_store *s, const struct sq_place *place)
{
	if (!place->read_only)
		SG_TRY(lock_take(s));
	SG_TRY(sq_conn_open(place, &s->anchor));
	if (place->read_only)
		SG_TRY(migrations_newest(s->anchor, migrations_list, migrations_n));
	else
		SG_TRY(migrations_apply(s->anchor, migrations_list, migrations_n));
	return migrations_check(s->anchor);
}

/* SQLite counts its memory under a lock of the whole process, which the writer and the readers
 * would take at every allocation; nobody reads that count. Refused (and no matter) when somebody
 * else in the process uses SQLite already. */
static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum sg_status store_sqlite_open(struct sched *sched, const struct poster *poster,
				 const struct store_sqlite_options *opt, struct store **store_out)
{
	static pthread_once_t configured = PTHREAD_ONCE_INIT;

	pthread_once(&configured, configure);
	if (!opt->path || opt->readers < 1 || opt->readers > 8 || opt->queue_max < 1)
		return SG_E_INPUT;
	struct sq_store *s = calloc(1, sizeof(*s));

	SG_ASSERT(s != NULL);
	s->base = (struct store){.ops = &sq_ops, .sched = sched};
	s->lock_fd = -1;
	s->path = strdup(opt->path);
	struct sq_place place = {
		.path = s->path, .vfs = sq_gather_vfs(opt->vfs), .read_only = opt->read_only};
	enum sg_status st = prepare_database(s, &place);

	if (st != SG_OK) {
		store_free(s);
		return st;
	}
	s->mail = sq_mail_new(poster);
	s->upkeep = sq_upkeep_new(&place, s->mail);
	if (!opt->read_only)
		s->writer = sq_writer_new(&place, s->mail, s->upkeep, opt->queue_max);
	s->readers = sq_readers_new(&place, s->mail, opt->readers, opt->queue_max);
	*store_out = &s->base;
	return SG_OK;
}
