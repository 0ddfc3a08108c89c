/* sq_writer.c - the writer thread: group commit. It never waits for company: idle, it commits what
 * there is at once, and what arrives while that is being synced is the next group. */
#include "store/sqlite/sqlite_priv.h"

#include <pthread.h>
#include <stdlib.h>

/* QUEUE_BYTES_MAX bounds what waits when writes are large. CHECKPOINT_PAGES: 12 MB of log, in which
 * the pages in use are found many times and are moved once; each move ends in a sync that the
 * commits of that moment feel. */
enum { QUEUE_BYTES_MAX = 64 << 20, CHECKPOINT_PAGES = 3000 };

struct sq_writer {
	struct sq_place place;
	struct sq_mail *mail;
	struct sq_upkeep *upkeep;
	unsigned queue_max;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct sq_write *first, *last; /* linked by mail.next */
	unsigned n;
	size_t bytes;
	bool stop;

	/* the thread's own */
	sqlite3 *db; /* NULL after an I/O failure, until the next group opens it */
	struct sq_apply *apply;
	int wal_seen; /* pages of the write-ahead log when upkeep was last told */
};

static struct sq_write *write_next(const struct sq_write *w)
{
	return (struct sq_write *)w->mail.next;
}

/* After each commit: the length of the write-ahead log. It shrinks when the log starts over. */
static int on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sq_writer *wr = arg;

	(void)db;
	(void)name;
	if (pages < wr->wal_seen)
		wr->wal_seen = 0;
	if (pages - wr->wal_seen >= CHECKPOINT_PAGES) {
		wr->wal_seen = pages;
		sq_upkeep_checkpoint(wr->upkeep);
	}
	return SQLITE_OK;
}

static void writer_disconnect(struct sq_writer *wr)
{
	sq_apply_free(wr->apply);
	wr->apply = NULL;
	sq_conn_close(wr->db);
	wr->db = NULL;
}

static enum sg_status writer_connect(struct sq_writer *wr)
{
	if (wr->apply)
		return SG_OK;
	SG_TRY(sq_conn_open(&wr->place, &wr->db));
	sqlite3_wal_hook(wr->db, on_wal, wr);
	wr->apply = sq_apply_new(wr->db);
	if (!wr->apply) {
		writer_disconnect(wr);
		return SG_E_IO;
	}
	return SG_OK;
}

static enum sg_status group_do(struct sq_writer *wr, struct sq_write *first)
{
	SG_TRY(writer_connect(wr));
	SG_TRY(sq_conn_exec(wr->db, "BEGIN IMMEDIATE"));
	for (struct sq_write *w = first; w; w = write_next(w))
		SG_TRY(sq_apply_write(wr->apply, w));
	return sq_conn_exec(wr->db, "COMMIT");
}

/* What the group found out is void: it was found in a transaction that did not come to be. */
static void group_fail(struct sq_writer *wr, struct sq_write *first)
{
	if (wr->db && !sqlite3_get_autocommit(wr->db))
		(void)!sq_conn_exec(wr->db, "ROLLBACK");
	writer_disconnect(wr);
	for (struct sq_write *w = first; w; w = write_next(w)) {
		w->st = SG_E_IO;
		w->repeated = false;
		w->pos = 0;
		free(w->result);
		w->result = NULL;
		w->result_n = 0;
	}
}

static unsigned write_rows(const struct sq_write *w)
{
	return w->req ? w->req->rows
		      : STORE_GROUP_MAX; /* emptying the views is a group of its own */
}

static size_t write_bytes(const struct sq_write *w)
{
	return w->req ? w->req->bytes : sizeof(*w);
}

/* Waits for work. The group is cut off the queue; NULL: stopped and nothing left. */
static struct sq_write *group_take(struct sq_writer *wr, struct sq_write **last_out)
{
	pthread_mutex_lock(&wr->lock);
	while (!wr->first && !wr->stop)
		pthread_cond_wait(&wr->came, &wr->lock);
	struct sq_write *first = wr->first, *last = NULL;
	unsigned rows = 0;
	size_t bytes = 0;

	for (struct sq_write *w = first; w; w = write_next(w)) {
		if (last && (rows + write_rows(w) > STORE_GROUP_MAX ||
			     bytes + write_bytes(w) > STORE_WRITE_BYTES_MAX))
			break;
		rows += write_rows(w);
		bytes += write_bytes(w);
		wr->n--;
		last = w;
	}
	if (last) {
		wr->bytes -= bytes;
		wr->first = write_next(last);
		last->mail.next = NULL;
		if (!wr->first)
			wr->last = NULL;
	}
	pthread_mutex_unlock(&wr->lock);
	*last_out = last;
	return first;
}

static void *writer_main(void *arg)
{
	struct sq_writer *wr = arg;
	struct sq_write *first, *last;

	while ((first = group_take(wr, &last)) != NULL) {
		if (group_do(wr, first) != SG_OK)
			group_fail(wr, first);
		sq_mail_send(wr->mail, &first->mail, &last->mail);
	}
	writer_disconnect(wr);
	return NULL;
}

struct sq_writer *sq_writer_new(const struct sq_place *place, struct sq_mail *mail,
				struct sq_upkeep *upkeep, unsigned queue_max)
{
	struct sq_writer *wr = calloc(1, sizeof(*wr));

	SG_ASSERT(wr != NULL);
	wr->place = *place;
	wr->mail = mail;
	wr->upkeep = upkeep;
	wr->queue_max = queue_max;
	pthread_mutex_init(&wr->lock, NULL);
	pthread_cond_init(&wr->came, NULL);
	SG_ASSERT(pthread_create(&wr->thread, NULL, writer_main, wr) == 0);
	pthread_setname_np(wr->thread, "store-write");
	return wr;
}

enum sg_status sq_writer_give(struct sq_writer *wr, struct sq_write *w)
{
	enum sg_status st = SG_OK;
	size_t bytes = write_bytes(w);

	pthread_mutex_lock(&wr->lock);
	if (wr->n >= wr->queue_max || wr->bytes + bytes > QUEUE_BYTES_MAX) {
		st = SG_E_LIMIT;
	} else {
		w->mail.next = NULL;
		if (wr->last)
			wr->last->mail.next = &w->mail;
		else
			wr->first = w;
		wr->last = w;
		wr->n++;
		wr->bytes += bytes;
		pthread_cond_signal(&wr->came);
	}
	pthread_mutex_unlock(&wr->lock);
	return st;
}

void sq_writer_stop(struct sq_writer *wr)
{
	pthread_mutex_lock(&wr->lock);
	wr->stop = true;
	pthread_cond_signal(&wr->came);
	pthread_mutex_unlock(&wr->lock);
	pthread_join(wr->thread, NULL);
	pthread_cond_destroy(&wr->came);
	pthread_mutex_destroy(&wr->lock);
	free(wr);
}
