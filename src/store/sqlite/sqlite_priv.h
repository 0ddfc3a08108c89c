/* sqlite_priv.h - what the files of store/sqlite share.
 *
 * Threads: the loop thread gives work (store_sqlite.c) to one writer (sq_writer), some readers
 * (sq_reader) and the upkeep thread (sq_upkeep: checkpoints, backup); each has its own connection.
 * Answers come back through the mailbox (sq_mail). Nothing else is shared.
 */
#ifndef SG_STORE_SQLITE_PRIV_H
#define SG_STORE_SQLITE_PRIV_H

#include <sqlite3.h>

#include "base/buf.h"
#include "store/request.h"
#include "store/sqlite/store_sqlite.h"

/* ---- connections (sq_conn.c) ---- */

/* Where the database is; both texts live as long as the store. */
struct sq_place {
	const char *path;
	const char *vfs;
	bool read_only;
};

SG_CHECKED enum sg_status sq_conn_open(const struct sq_place *place, sqlite3 **db_out);
void sq_conn_close(sqlite3 *db);
/* Logs and turns SQLite's result into what the caller should do; all but done, row and ok is
 * SG_E_IO. */
enum sg_status sq_conn_status(sqlite3 *db, int rc, const char *doing);
SG_CHECKED enum sg_status sq_conn_exec(sqlite3 *db, const char *sql);
/* Prepares into *st unless that is done; false (logged) when it cannot be. */
bool sq_conn_prepare(sqlite3 *db, sqlite3_stmt **st, const char *sql);

/* indexed: the column is part of a key or an index, where none is stored as a value that sorts
 * first. */
int sq_bind_value(sqlite3_stmt *st, int at, const struct col_desc *c, bool indexed,
		  const struct value *v);
int sq_bind_text(sqlite3_stmt *st, int at, struct str s);         /* absent is NULL */
int sq_bind_id(sqlite3_stmt *st, int at, const struct sg_id *id); /* none is NULL */

/* ---- gathered writes of the log (sq_gather.c) ---- */

/* Name of the layer over this VFS (NULL: SQLite's own), made at the first call; lives for ever. Loop
 * thread. Connections over it must have synchronous=FULL. */
const char *sq_gather_vfs(const char *under);

/* ---- SQL from the descriptors (sq_sql.c); each adds to b, which must be roomy ---- */

void sq_sql_table(struct buf *b, enum table table);
void sq_sql_column(struct buf *b, enum table table,
		   unsigned col); /* name and type as in CREATE TABLE */
void sq_sql_index(struct buf *b, enum index index);
void sq_sql_put(struct buf *b, enum table table, uint64_t set, uint64_t add);
/* The same for a row that is there; changes nothing when it is not. */
void sq_sql_update(struct buf *b, enum table table, uint64_t set, uint64_t add);
void sq_sql_delete(struct buf *b, enum table table);
void sq_sql_get(struct buf *b, enum table table);
void sq_sql_range(struct buf *b, const struct store_range *q);
void sq_sql_last(struct buf *b, enum index index);
void sq_sql_search(struct buf *b);

/* ---- answers to the loop thread (sq_mail.c) ---- */

struct sq_mail_item {
	struct sq_mail_item *next;
	void (*deliver)(struct sq_mail_item *it); /* on the loop thread; frees it */
};

struct sq_mail;
struct sq_mail *sq_mail_new(const struct poster *poster);
/* From any thread: the chain first..last, in order. One post brings all that waits. */
void sq_mail_send(struct sq_mail *m, struct sq_mail_item *first, struct sq_mail_item *last);
/* Loop thread, when no other thread sends any more: delivers what waits, here; then m is not to be
 * used. A post that is under way finds nothing and frees what is left. */
void sq_mail_close(struct sq_mail *m);

/* ---- one write, from the call to its answer (freed by its delivery) ---- */

struct sq_write {
	struct sq_mail_item mail; /* also the link in the writer's queue */
	struct request *req;      /* NULL: empty the views */
	int64_t wall_ms;
	store_done_cb *cb;
	void *arg;
	enum sg_status st;
	bool repeated;
	uint64_t pos;
	char *result; /* of the first time, when repeated; owned */
	size_t result_n;
};

/* NULL result and any status but SG_OK make an answer without work. */
struct sq_write *sq_write_new(store_done_cb *cb, void *arg);

/* ---- doing writes on a connection (sq_apply.c); it is inside a transaction of the caller's ----
 */

struct sq_apply;
struct sq_apply *sq_apply_new(sqlite3 *db); /* NULL: the log cannot be read */
void sq_apply_free(struct sq_apply *a);     /* before the connection is closed */
/* Sets w->st and the rest of the answer. Returns SG_OK when the transaction is sound (even if this
 * write was refused) and SG_E_IO when it must be rolled back. */
SG_CHECKED enum sg_status sq_apply_write(struct sq_apply *a, struct sq_write *w);

/* ---- the writer thread (sq_writer.c) ---- */

struct sq_upkeep;
struct sq_writer;
struct sq_writer *sq_writer_new(const struct sq_place *place, struct sq_mail *mail,
				struct sq_upkeep *upkeep, unsigned queue_max);
/* SG_E_LIMIT: the queue is full and w is still the caller's. */
SG_CHECKED enum sg_status sq_writer_give(struct sq_writer *wr, struct sq_write *w);
void sq_writer_stop(struct sq_writer *wr); /* does what it was given, then ends and frees */

/* ---- one read (sq_query.c) ---- */

struct sq_read {
	struct sq_mail_item mail; /* also the link in the readers' queue */
	struct request_read *req;
	store_rows_cb *rows_cb; /* one of the three */
	store_events_cb *events_cb;
	store_outbox_cb *outbox_cb;
	void *arg;
	enum sg_status st;
	void *found; /* struct row, log_event or outbox_row [n] */
	unsigned n, cap;
	size_t bytes;
	struct sq_chunk *texts;
};

struct sq_read *sq_read_new(void *arg);
void sq_read_free(struct sq_read *r);

struct sq_query;
struct sq_query *sq_query_new(sqlite3 *db);
void sq_query_free(struct sq_query *q);
/* Fills r->st and what was found. Returns SG_E_IO when the connection should be opened afresh. */
SG_CHECKED enum sg_status sq_query_run(struct sq_query *q, struct sq_read *r);

/* ---- the reader threads (sq_reader.c) ---- */

struct sq_readers;
struct sq_readers *sq_readers_new(const struct sq_place *place, struct sq_mail *mail, unsigned n,
				  unsigned queue_max);
SG_CHECKED enum sg_status sq_readers_give(struct sq_readers *rs,
					  struct sq_read *r); /* as the writer's */
void sq_readers_stop(struct sq_readers *rs);

/* ---- checkpoints and backup (sq_upkeep.c) ---- */

struct sq_upkeep *sq_upkeep_new(const struct sq_place *place, struct sq_mail *mail);
void sq_upkeep_checkpoint(struct sq_upkeep *u); /* from the writer: enough has been written */
/* w is answered when the copy is safe. Owns w. */
void sq_upkeep_backup(struct sq_upkeep *u, const char *path, struct sq_write *w);
void sq_upkeep_stop(struct sq_upkeep *u);

#endif
