/* sq_apply.c - one write of a group. All that may refuse it is looked at before anything is
 * changed, so a refused write costs no savepoint and leaves nothing to undo. */
#include "store/sqlite/sqlite_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "store/value.h"

enum { SQL_MAX = 64 * 1024, PUTS = 256, HEADS = 16384 };

enum stmt {
	STMT_HEAD,
	STMT_EVENT,
	STMT_IDEM_GET,
	STMT_IDEM_PUT,
	STMT_OWE,
	STMT_OWE_LATER,
	STMT_OWE_DONE,
	STMT_DOC_PUT,
	STMT_DOC_DELETE,
	STMT_FTS_PUT,
	STMT_FTS_DELETE,
	STMT_N
};

static const char *const stmt_sql[STMT_N] = {
	[STMT_HEAD] = "SELECT max(seq) FROM event WHERE stream=?",
	[STMT_EVENT] =
		"INSERT INTO event(pos,stream_kind,stream,seq,id,kind,actor_role,actor_id,at,body)"
		" VALUES(?,?,?,?,?,?,?,?,?,?)",
	[STMT_IDEM_GET] = "SELECT result FROM idem WHERE source=? AND key=?",
	[STMT_IDEM_PUT] = "INSERT INTO idem(source,key,result,at) VALUES(?,?,?,?)",
	[STMT_OWE] = "INSERT INTO outbox(id,channel,body,due_ms) VALUES(?,?,?,?) ON CONFLICT(id) "
		     "DO NOTHING",
	[STMT_OWE_LATER] = "UPDATE outbox SET due_ms=?2, attempts=?3 WHERE id=?1",
	[STMT_OWE_DONE] = "DELETE FROM outbox WHERE id=?",
	[STMT_DOC_PUT] =
		"INSERT INTO article_doc(article) VALUES(?) ON CONFLICT(article) DO NOTHING",
	[STMT_DOC_DELETE] = "DELETE FROM article_doc WHERE article=?",
	[STMT_FTS_PUT] = "INSERT INTO article_fts(rowid,title,summary,body) SELECT "
			 "d.doc,a.title,a.summary,a.body"
			 " FROM article_doc d JOIN article a ON a.id=d.article WHERE d.article=?",
	[STMT_FTS_DELETE] =
		"DELETE FROM article_fts WHERE rowid=(SELECT doc FROM article_doc WHERE article=?)",
};

/* Statements of one shape of put, found by that shape; a collision throws the older one out. */
struct put {
	enum table table;
	uint64_t set, add;
	sqlite3_stmt *update; /* tried first where the row is most likely there; else NULL */
	sqlite3_stmt *st;
};

/* Where streams end, so that the usual write reads nothing. */
struct head {
	struct sg_id stream;
	uint64_t seq;
};

struct sq_apply {
	sqlite3 *db;
	uint64_t next_pos;
	uint64_t indexed[TABLE_N];
	sqlite3_stmt *st[STMT_N];
	sqlite3_stmt *deletes[TABLE_N];
	struct put puts[PUTS];
	struct head heads[HEADS];
};

static bool load_pos(struct sq_apply *a)
{
	sqlite3_stmt *st = NULL;
	bool ok = sq_conn_prepare(a->db, &st, "SELECT coalesce(max(pos),0)+1 FROM event") &&
		  sqlite3_step(st) == SQLITE_ROW;

	if (ok)
		a->next_pos = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return ok;
}

struct sq_apply *sq_apply_new(sqlite3 *db)
{
	struct sq_apply *a = calloc(1, sizeof(*a));

	SG_ASSERT(a != NULL);
	a->db = db;
	for (unsigned t = 0; t < TABLE_N; t++)
		a->indexed[t] = value_indexed((enum table)t);
	if (!load_pos(a)) {
		sq_apply_free(a);
		return NULL;
	}
	return a;
}

void sq_apply_free(struct sq_apply *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < STMT_N; i++)
		sqlite3_finalize(a->st[i]);
	for (unsigned i = 0; i < TABLE_N; i++)
		sqlite3_finalize(a->deletes[i]);
	for (unsigned i = 0; i < PUTS; i++) {
		sqlite3_finalize(a->puts[i].update);
		sqlite3_finalize(a->puts[i].st);
	}
	free(a);
}

/* NULL: cannot be prepared, which is an I/O failure for the group. */
static sqlite3_stmt *stmt(struct sq_apply *a, enum stmt which)
{
	return sq_conn_prepare(a->db, &a->st[which], stmt_sql[which]) ? a->st[which] : NULL;
}

/* Runs a statement that gives no rows. rc: of its bindings, or-ed: SQLITE_OK is 0. */
static enum sg_status run(struct sq_apply *a, sqlite3_stmt *st, int rc)
{
	if (!st || rc != SQLITE_OK)
		return SG_E_IO;
	rc = sqlite3_step(st);
	enum sg_status status = sq_conn_status(a->db, rc, "write");

	sqlite3_reset(st);
	return status;
}

/* ---- looking ---- */

static struct head *head_slot(struct sq_apply *a, const struct sg_id *stream)
{
	uint64_t hi, lo;

	memcpy(&hi, stream->b, sizeof(hi));
	memcpy(&lo, stream->b + sizeof(hi), sizeof(lo));
	return &a->heads[((hi ^ lo) * UINT64_C(0x9e3779b97f4a7c15)) >> 50 & (HEADS - 1)];
}

static enum sg_status head_read(struct sq_apply *a, const struct sg_id *stream, uint64_t *seq_out)
{
	struct head *h = head_slot(a, stream);

	if (!sg_id_eq(&h->stream, stream)) {
		sqlite3_stmt *st = stmt(a, STMT_HEAD);

		if (!st || sq_bind_id(st, 1, stream) != SQLITE_OK)
			return SG_E_IO;
		int rc = sqlite3_step(st);
		uint64_t seq = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;

		sqlite3_reset(st);
		SG_TRY(sq_conn_status(a->db, rc, "head"));
		*h = (struct head){.stream = *stream, .seq = seq};
	}
	*seq_out = h->seq;
	return SG_OK;
}

/* The head as it will be when the events before i are written. */
static enum sg_status head_before(struct sq_apply *a, const struct store_write *w, unsigned i,
				  uint64_t *seq_out)
{
	for (unsigned j = i; j-- > 0;) {
		if (sg_id_eq(&w->events[j].stream, &w->events[i].stream)) {
			*seq_out = w->events[j].seq;
			return SG_OK;
		}
	}
	return head_read(a, &w->events[i].stream, seq_out);
}

static enum sg_status look_for_conflict(struct sq_apply *a, struct sq_write *w)
{
	const struct store_write *sw = &w->req->w;
	uint64_t head;

	for (unsigned i = 0; i < sw->n_events; i++) {
		SG_TRY(head_before(a, sw, i, &head));
		if (sw->events[i].seq != head + 1)
			w->st = SG_E_CONFLICT;
	}
	return SG_OK;
}

static enum sg_status look_for_repeat(struct sq_apply *a, struct sq_write *w)
{
	if (!w->req->w.idem_key.p)
		return SG_OK;
	sqlite3_stmt *st = stmt(a, STMT_IDEM_GET);

	if (!st || sq_bind_text(st, 1, w->req->w.idem_source) ||
	    sq_bind_text(st, 2, w->req->w.idem_key))
		return SG_E_IO;
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW) {
		const void *text = sqlite3_column_text(st, 0);

		w->repeated = true;
		w->result_n = (size_t)sqlite3_column_bytes(st, 0);
		if (text) {
			w->result = malloc(w->result_n + 1);
			SG_ASSERT(w->result != NULL);
			memcpy(w->result, text, w->result_n + 1);
		}
	}
	sqlite3_reset(st);
	return sq_conn_status(a->db, rc, "idem");
}

/* ---- doing ---- */

static enum sg_status do_event(struct sq_apply *a, const struct log_event *e)
{
	sqlite3_stmt *st = stmt(a, STMT_EVENT);

	if (!st)
		return SG_E_IO;
	int rc = sqlite3_bind_int64(st, 1, (sqlite3_int64)a->next_pos) |
		 sqlite3_bind_text(st, 2, stream_names[e->stream_kind], -1, SQLITE_STATIC) |
		 sq_bind_id(st, 3, &e->stream) | sqlite3_bind_int64(st, 4, (sqlite3_int64)e->seq) |
		 sq_bind_id(st, 5, &e->id) |
		 sqlite3_bind_text(st, 6, event_desc[e->kind].name, -1, SQLITE_STATIC) |
		 sqlite3_bind_text(st, 7, role_names[e->actor.role], -1, SQLITE_STATIC) |
		 sq_bind_id(st, 8, &e->actor.id) | sqlite3_bind_int64(st, 9, e->at_ms) |
		 sq_bind_text(st, 10, e->body);

	SG_TRY(run(a, st, rc));
	a->next_pos++;
	*head_slot(a, &e->stream) = (struct head){.stream = e->stream, .seq = e->seq};
	return SG_OK;
}

/* A put of a few columns changes a row; one of most columns brings it. A guess only costs time. */
static bool is_likely_change(const struct row_op *op)
{
	unsigned set = (unsigned)__builtin_popcountll(op->set);

	return set > table_desc[op->table].n_key && set * 2 < table_desc[op->table].n_cols;
}

static bool put_prepare(struct sq_apply *a, struct put *p, const struct row_op *op)
{
	SG_AUTO(buf) b;

	buf_init(&b, SQL_MAX);
	if (is_likely_change(op)) {
		sq_sql_update(&b, op->table, op->set, op->add);
		if (!sq_conn_prepare(a->db, &p->update, b.data))
			return false;
		buf_consume(&b, b.len);
	}
	sq_sql_put(&b, op->table, op->set, op->add);
	return sq_conn_prepare(a->db, &p->st, b.data);
}

/* NULL: cannot be prepared. */
static struct put *put_get(struct sq_apply *a, const struct row_op *op)
{
	uint64_t hash =
		(op->set * 31 + op->add + (uint64_t)op->table) * UINT64_C(0x9e3779b97f4a7c15);
	struct put *p = &a->puts[hash >> 56 & (PUTS - 1)];

	if (p->st && p->table == op->table && p->set == op->set && p->add == op->add)
		return p;
	sqlite3_finalize(p->update);
	sqlite3_finalize(p->st);
	*p = (struct put){.table = op->table, .set = op->set, .add = op->add};
	return put_prepare(a, p, op) ? p : NULL;
}

static sqlite3_stmt *delete_stmt(struct sq_apply *a, enum table table)
{
	SG_AUTO(buf) b;

	buf_init(&b, SQL_MAX);
	if (!a->deletes[table])
		sq_sql_delete(&b, table);
	return sq_conn_prepare(a->db, &a->deletes[table], b.data) ? a->deletes[table] : NULL;
}

static enum sg_status do_article_stmt(struct sq_apply *a, enum stmt which, const struct sg_id *id)
{
	sqlite3_stmt *st = stmt(a, which);

	return st ? run(a, st, sq_bind_id(st, 1, id)) : SG_E_IO;
}

/* The text index follows the row: before a delete, after a put. */
static enum sg_status do_article(struct sq_apply *a, const struct row_op *op)
{
	const struct sg_id *id = &op->v[ARTICLE_COL_ID].id;
	uint64_t texts = UINT64_C(1) << ARTICLE_COL_TITLE | UINT64_C(1) << ARTICLE_COL_SUMMARY |
			 UINT64_C(1) << ARTICLE_COL_BODY;

	if (!op->is_delete && !(op->set & texts))
		return SG_OK;
	SG_TRY(do_article_stmt(a, STMT_FTS_DELETE, id));
	if (op->is_delete)
		return do_article_stmt(a, STMT_DOC_DELETE, id);
	SG_TRY(do_article_stmt(a, STMT_DOC_PUT, id));
	return do_article_stmt(a, STMT_FTS_PUT, id);
}

/* Binds what the op sets, in the order of the columns, and runs it. */
static enum sg_status run_row(struct sq_apply *a, sqlite3_stmt *st, const struct row_op *op,
			      uint64_t cols)
{
	const struct table_desc *t = &table_desc[op->table];
	int rc = SQLITE_OK, at = 1;

	for (unsigned c = 0; st && c < t->n_cols; c++) {
		if (cols >> c & 1)
			rc |= sq_bind_value(st, at++, &t->cols[c], a->indexed[op->table] >> c & 1,
					    &op->v[c]);
	}
	return run(a, st, rc);
}

static enum sg_status do_put(struct sq_apply *a, const struct row_op *op)
{
	struct put *p = put_get(a, op);

	if (!p)
		return SG_E_IO;
	if (p->update) {
		SG_TRY(run_row(a, p->update, op, op->set));
		if (sqlite3_changes(a->db) > 0)
			return SG_OK;
	}
	return run_row(a, p->st, op, op->set);
}

static enum sg_status do_delete(struct sq_apply *a, const struct row_op *op)
{
	uint64_t key = (UINT64_C(1) << table_desc[op->table].n_key) - 1;

	return run_row(a, delete_stmt(a, op->table), op, key);
}

static enum sg_status do_row(struct sq_apply *a, const struct row_op *op)
{
	if (op->table == TABLE_ARTICLE && op->is_delete)
		SG_TRY(do_article(a, op));
	SG_TRY(op->is_delete ? do_delete(a, op) : do_put(a, op));
	return op->table == TABLE_ARTICLE && !op->is_delete ? do_article(a, op) : SG_OK;
}

static enum sg_status do_idem(struct sq_apply *a, const struct sq_write *w)
{
	sqlite3_stmt *st = stmt(a, STMT_IDEM_PUT);

	if (!st)
		return SG_E_IO;
	return run(a, st,
		   sq_bind_text(st, 1, w->req->w.idem_source) |
			   sq_bind_text(st, 2, w->req->w.idem_key) |
			   sq_bind_text(st, 3, w->req->w.idem_result) |
			   sqlite3_bind_int64(st, 4, w->wall_ms));
}

static enum sg_status do_owe(struct sq_apply *a, const struct outbox_op *op)
{
	sqlite3_stmt *st = stmt(a, STMT_OWE);

	if (!st)
		return SG_E_IO;
	return run(a, st,
		   sq_bind_id(st, 1, &op->id) | sq_bind_text(st, 2, op->channel) |
			   sq_bind_text(st, 3, op->body) | sqlite3_bind_int64(st, 4, op->due_ms));
}

static enum sg_status do_mark(struct sq_apply *a, const struct outbox_mark *m)
{
	sqlite3_stmt *st = stmt(a, m->done ? STMT_OWE_DONE : STMT_OWE_LATER);
	int rc;

	if (!st)
		return SG_E_IO;
	rc = sq_bind_id(st, 1, &m->id);
	if (!m->done)
		rc |= sqlite3_bind_int64(st, 2, m->due_ms) | sqlite3_bind_int64(st, 3, m->attempts);
	return run(a, st, rc);
}

static enum sg_status do_wipe(struct sq_apply *a)
{
	SG_TRY(sq_conn_exec(a->db, "DELETE FROM article_fts; DELETE FROM article_doc;"));
	for (unsigned t = 0; t < TABLE_N; t++) {
		SG_AUTO(buf) b;

		buf_init(&b, SQL_MAX);
		if (!table_desc[t].is_view)
			continue;
		SG_TRY(buf_addf(&b, "DELETE FROM \"%s\"", table_desc[t].name));
		SG_TRY(sq_conn_exec(a->db, b.data));
	}
	return SG_OK;
}

enum sg_status sq_apply_write(struct sq_apply *a, struct sq_write *w)
{
	w->st = SG_OK;
	if (!w->req)
		return do_wipe(a);
	const struct store_write *sw = &w->req->w;

	SG_TRY(look_for_repeat(a, w));
	if (w->repeated)
		return SG_OK;
	if (sw->is_question) {
		w->st = SG_E_NOT_FOUND;
		return SG_OK;
	}
	SG_TRY(look_for_conflict(a, w));
	if (w->st != SG_OK)
		return SG_OK;
	w->pos = sw->n_events ? a->next_pos : 0;
	for (unsigned i = 0; i < sw->n_events; i++)
		SG_TRY(do_event(a, &sw->events[i]));
	for (unsigned i = 0; i < sw->n_rows; i++)
		SG_TRY(do_row(a, &sw->rows[i]));
	if (sw->idem_key.p)
		SG_TRY(do_idem(a, w));
	for (unsigned i = 0; i < sw->n_outbox; i++)
		SG_TRY(do_owe(a, &sw->outbox[i]));
	for (unsigned i = 0; i < sw->n_marks; i++)
		SG_TRY(do_mark(a, &sw->marks[i]));
	return SG_OK;
}
