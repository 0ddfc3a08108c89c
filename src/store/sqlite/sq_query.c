/* sq_query.c - one read on a connection. Statements are prepared at first use and kept; what is
 * found is copied, for the loop thread reads it when the statement has long moved on. */
#include "store/sqlite/sqlite_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "store/value.h"
#include "store/words.h"

enum {
	SQL_MAX = 64 * 1024,
	RANGE_MAX = 5, /* 0 to 4 columns of eq, and of after */
	CHUNK_BYTES = 64 * 1024,
};

struct sq_chunk {
	struct sq_chunk *next;
	size_t used, size;
	char bytes[];
};

struct sq_query {
	sqlite3 *db;
	uint64_t indexed[TABLE_N];
	sqlite3_stmt *get[TABLE_N];
	sqlite3_stmt *range[INDEX_N][RANGE_MAX][RANGE_MAX][2];
	sqlite3_stmt *last[INDEX_N];
	sqlite3_stmt *events, *feed, *outbox, *search;
};

struct sq_query *sq_query_new(sqlite3 *db)
{
	struct sq_query *q = calloc(1, sizeof(*q));

	SG_ASSERT(q != NULL);
	q->db = db;
	for (unsigned t = 0; t < TABLE_N; t++)
		q->indexed[t] = value_indexed((enum table)t);
	return q;
}

void sq_query_free(struct sq_query *q)
{
	if (!q)
		return;
	for (unsigned t = 0; t < TABLE_N; t++)
		sqlite3_finalize(q->get[t]);
	for (unsigned i = 0; i < INDEX_N; i++) {
		sqlite3_finalize(q->last[i]);
		for (unsigned k = 0; k < RANGE_MAX * RANGE_MAX * 2; k++)
			sqlite3_finalize(q->range[i][k / 2 / RANGE_MAX][k / 2 % RANGE_MAX][k % 2]);
	}
	sqlite3_finalize(q->events);
	sqlite3_finalize(q->feed);
	sqlite3_finalize(q->outbox);
	sqlite3_finalize(q->search);
	free(q);
}

struct sq_read *sq_read_new(void *arg)
{
	struct sq_read *r = calloc(1, sizeof(*r));

	SG_ASSERT(r != NULL);
	r->arg = arg;
	return r;
}

static void found_clear(struct sq_read *r)
{
	for (struct sq_chunk *c = r->texts, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(r->found);
	r->texts = NULL;
	r->found = NULL;
	r->n = r->cap = 0;
	r->bytes = 0;
}

void sq_read_free(struct sq_read *r)
{
	found_clear(r);
	free(r->req);
	free(r);
}

/* One more of what is found, size bytes each, not yet filled. */
static void *found_add(struct sq_read *r, size_t size)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 8;
		r->found = realloc(r->found, r->cap * size);
		SG_ASSERT(r->found != NULL);
	}
	r->bytes += size;
	return (char *)r->found + size * r->n++;
}

static char *text_room(struct sq_read *r, size_t n)
{
	struct sq_chunk *c = r->texts;

	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK_BYTES / 4 || !c ? n + 256 : CHUNK_BYTES;

		c = malloc(sizeof(*c) + size);
		SG_ASSERT(c != NULL);
		*c = (struct sq_chunk){.next = r->texts, .size = size};
		r->texts = c;
	}
	c->used += n;
	r->bytes += n;
	return c->bytes + c->used - n;
}

/* A copy that ends in NUL; NULL is the absent text. */
static struct str col_text(struct sq_read *r, sqlite3_stmt *st, int col)
{
	const void *text = sqlite3_column_text(st, col);

	if (!text)
		return (struct str){NULL, 0};
	size_t n = (size_t)sqlite3_column_bytes(st, col);
	char *room = text_room(r, n + 1);

	memcpy(room, text, n + 1);
	return (struct str){.p = room, .n = n};
}

static struct sg_id col_id(sqlite3_stmt *st, int col)
{
	struct sg_id id = SG_ID_NONE;
	const void *bytes = sqlite3_column_blob(st, col);

	if (bytes && sqlite3_column_bytes(st, col) == (int)sizeof(id.b))
		memcpy(id.b, bytes, sizeof(id.b));
	return id;
}

/* SG_E_STATE: a name that a newer build wrote. NULL is the first, the empty one. */
static enum sg_status col_name(sqlite3_stmt *st, int col, const char *const *names, unsigned n,
			       int64_t *out)
{
	const char *have = (const char *)sqlite3_column_text(st, col);

	for (unsigned i = 0; i < n; i++) {
		if (strcmp(have ? have : "", names[i]) == 0) {
			*out = i;
			return SG_OK;
		}
	}
	return SG_E_STATE;
}

static enum sg_status col_value(struct sq_read *r, sqlite3_stmt *st, int col,
				const struct col_desc *c, struct value *out)
{
	switch (c->type) {
	case COL_ID:
		out->id = col_id(st, col);
		return SG_OK;
	case COL_TEXT:
	case COL_JSON:
		out->s = col_text(r, st, col);
		return SG_OK;
	case COL_ENUM:
		return col_name(st, col, c->names, c->n_names, &out->i);
	case COL_INT:
	case COL_TIME:
	case COL_BOOL:
	default:
		out->i = sqlite3_column_int64(st, col);
		return SG_OK;
	}
}

static enum sg_status take_row(struct sq_query *q, struct sq_read *r, sqlite3_stmt *st,
			       enum table table)
{
	const struct table_desc *t = &table_desc[table];
	struct row *row = found_add(r, sizeof(*row));

	memset(row, 0, sizeof(*row));
	row->table = table;
	for (unsigned c = 0; c < t->n_cols; c++) {
		SG_TRY(col_value(r, st, (int)c, &t->cols[c], &row->v[c]));
		if ((q->indexed[table] >> c & 1) && row->v[c].s.n == 0)
			row->v[c].s.p = NULL;
	}
	return SG_OK;
}

static enum sg_status kind_of(sqlite3_stmt *st, int col, enum event_kind *out)
{
	const char *have = (const char *)sqlite3_column_text(st, col);

	for (unsigned k = EVENT_NONE + 1; have && k < EVENT_KIND_N; k++) {
		if (strcmp(have, event_desc[k].name) == 0) {
			*out = (enum event_kind)k;
			return SG_OK;
		}
	}
	return SG_E_STATE;
}

static enum sg_status take_event(struct sq_read *r, sqlite3_stmt *st)
{
	struct log_event *e = found_add(r, sizeof(*e));
	int64_t stream_kind, role;

	memset(e, 0, sizeof(*e));
	e->pos = (uint64_t)sqlite3_column_int64(st, 0);
	SG_TRY(col_name(st, 1, stream_names, STREAM_KIND_N, &stream_kind));
	e->stream_kind = (enum stream_kind)stream_kind;
	e->stream = col_id(st, 2);
	e->seq = (uint64_t)sqlite3_column_int64(st, 3);
	e->id = col_id(st, 4);
	SG_TRY(kind_of(st, 5, &e->kind));
	SG_TRY(col_name(st, 6, role_names, ROLE_N, &role));
	e->actor.role = (enum role)role;
	e->actor.id = col_id(st, 7);
	e->at_ms = sqlite3_column_int64(st, 8);
	e->body = col_text(r, st, 9);
	return SG_OK;
}

static enum sg_status take_owed(struct sq_read *r, sqlite3_stmt *st)
{
	struct outbox_row *o = found_add(r, sizeof(*o));

	*o = (struct outbox_row){.id = col_id(st, 0),
				 .channel = col_text(r, st, 1),
				 .body = col_text(r, st, 2),
				 .due_ms = sqlite3_column_int64(st, 3),
				 .attempts = sqlite3_column_int64(st, 4)};
	return SG_OK;
}

static enum sg_status take(struct sq_query *q, struct sq_read *r, sqlite3_stmt *st)
{
	const struct request_read *req = r->req;

	switch (req->kind) {
	case READ_GET:
		return take_row(q, r, st, req->table);
	case READ_RANGE:
		return take_row(q, r, st, index_desc[req->range.index].table);
	case READ_SEARCH:
		return take_row(q, r, st, TABLE_ARTICLE);
	case READ_EVENTS:
	case READ_FEED:
		return take_event(r, st);
	case READ_OUTBOX:
		return take_owed(r, st);
	case READ_LAST:
	default: {
		struct row *row = found_add(r, sizeof(*row));

		memset(row, 0, sizeof(*row));
		row->table = index_desc[req->index].table;
		row->v[index_desc[req->index].cols[0]].i = sqlite3_column_int64(st, 0);
		return SG_OK;
	}
	}
}

/* ---- statements, ready to step; NULL: an I/O failure ---- */

static sqlite3_stmt *get_stmt(struct sq_query *q, const struct request_read *r)
{
	const struct table_desc *t = &table_desc[r->table];
	SG_AUTO(buf) b;
	int rc = SQLITE_OK;

	buf_init(&b, SQL_MAX);
	if (!q->get[r->table])
		sq_sql_get(&b, r->table);
	if (!sq_conn_prepare(q->db, &q->get[r->table], b.data))
		return NULL;
	for (unsigned c = 0; c < t->n_key; c++)
		rc |= sq_bind_value(q->get[r->table], (int)c + 1, &t->cols[c], true,
				    &r->range.eq[c]);
	return rc == SQLITE_OK ? q->get[r->table] : NULL;
}

static sqlite3_stmt *range_stmt(struct sq_query *q, const struct store_range *r)
{
	const struct index_desc *ix = &index_desc[r->index];
	sqlite3_stmt **st = &q->range[r->index][r->n_eq][r->n_after][r->descending];
	int rc = SQLITE_OK, at = 1;
	SG_AUTO(buf) b;

	buf_init(&b, SQL_MAX);
	if (!*st)
		sq_sql_range(&b, r);
	if (!sq_conn_prepare(q->db, st, b.data))
		return NULL;
	for (unsigned c = 0; c < r->n_eq + r->n_after; c++) {
		const struct value *v = c < r->n_eq ? &r->eq[c] : &r->after[c - r->n_eq];

		rc |= sq_bind_value(*st, at++, &table_desc[ix->table].cols[ix->cols[c]], true, v);
	}
	rc |= sqlite3_bind_int64(*st, at, r->limit);
	return rc == SQLITE_OK ? *st : NULL;
}

static sqlite3_stmt *last_stmt(struct sq_query *q, enum index index)
{
	SG_AUTO(buf) b;

	buf_init(&b, SQL_MAX);
	if (!q->last[index])
		sq_sql_last(&b, index);
	return sq_conn_prepare(q->db, &q->last[index], b.data) ? q->last[index] : NULL;
}

#define EVENT_COLS                                                                                 \
	"SELECT pos,stream_kind,stream,seq,id,kind,actor_role,actor_id,at,body FROM event "

static sqlite3_stmt *events_stmt(struct sq_query *q, const struct request_read *r)
{
	if (!sq_conn_prepare(q->db, &q->events,
			     EVENT_COLS "WHERE stream=?1 AND seq>?2 ORDER BY seq LIMIT ?3"))
		return NULL;
	int rc = sqlite3_bind_blob(q->events, 1, r->stream.b, sizeof(r->stream.b), SQLITE_STATIC) |
		 sqlite3_bind_int64(q->events, 2, (sqlite3_int64)r->after) |
		 sqlite3_bind_int64(q->events, 3, r->limit);

	return rc == SQLITE_OK ? q->events : NULL;
}

static sqlite3_stmt *feed_stmt(struct sq_query *q, const struct request_read *r)
{
	if (!sq_conn_prepare(q->db, &q->feed, EVENT_COLS "WHERE pos>?1 ORDER BY pos LIMIT ?2"))
		return NULL;
	int rc = sqlite3_bind_int64(q->feed, 1, (sqlite3_int64)r->after) |
		 sqlite3_bind_int64(q->feed, 2, r->limit);

	return rc == SQLITE_OK ? q->feed : NULL;
}

static sqlite3_stmt *outbox_stmt(struct sq_query *q, const struct request_read *r)
{
	if (!sq_conn_prepare(q->db, &q->outbox,
			     "SELECT id,channel,body,due_ms,attempts FROM outbox WHERE due_ms<=?1"
			     " ORDER BY due_ms,id LIMIT ?2"))
		return NULL;
	int rc = sqlite3_bind_int64(q->outbox, 1, r->due_ms) |
		 sqlite3_bind_int64(q->outbox, 2, r->limit);

	return rc == SQLITE_OK ? q->outbox : NULL;
}

/* Each word in quotes (it holds none), the last as a prefix: nothing a person types is query
 * syntax. */
static bool search_words(struct buf *b, struct str typed)
{
	struct str word[STORE_SEARCH_WORDS];
	unsigned n = words_cut(typed, word, STORE_SEARCH_WORDS);

	for (unsigned i = 0; i < n; i++) {
		if (buf_addf(b, "%s\"%.*s\"%s", i ? " OR " : "", (int)word[i].n, word[i].p,
			     i + 1 == n ? "*" : "") != SG_OK)
			return false;
	}
	return n > 0;
}

static sqlite3_stmt *search_stmt(struct sq_query *q, const struct request_read *r,
				 const struct buf *words)
{
	SG_AUTO(buf) b;

	buf_init(&b, SQL_MAX);
	if (!q->search)
		sq_sql_search(&b);
	if (!sq_conn_prepare(q->db, &q->search, b.data))
		return NULL;
	int rc = sqlite3_bind_text(q->search, 1, words->data, (int)words->len, SQLITE_TRANSIENT) |
		 sqlite3_bind_text(q->search, 2, audience_names[AUDIENCE_PUBLIC], -1,
				   SQLITE_STATIC) |
		 sqlite3_bind_text(q->search, 3, audience_names[r->audience], -1, SQLITE_STATIC) |
		 sqlite3_bind_int64(q->search, 4, r->limit);

	return rc == SQLITE_OK ? q->search : NULL;
}

static sqlite3_stmt *ready(struct sq_query *q, const struct request_read *r,
			   const struct buf *words)
{
	switch (r->kind) {
	case READ_GET:
		return get_stmt(q, r);
	case READ_RANGE:
		return range_stmt(q, &r->range);
	case READ_EVENTS:
		return events_stmt(q, r);
	case READ_FEED:
		return feed_stmt(q, r);
	case READ_OUTBOX:
		return outbox_stmt(q, r);
	case READ_SEARCH:
		return search_stmt(q, r, words);
	case READ_LAST:
	default:
		return last_stmt(q, r->index);
	}
}

static enum sg_status collect(struct sq_query *q, struct sq_read *r, sqlite3_stmt *st)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		SG_TRY(take(q, r, st));
		if (r->bytes > STORE_ANSWER_BYTES_MAX)
			return SG_E_LIMIT;
	}
	return sq_conn_status(q->db, rc, "read");
}

enum sg_status sq_query_run(struct sq_query *q, struct sq_read *r)
{
	SG_AUTO(buf) words;

	r->st = SG_OK;
	buf_init(&words, WORDS_BYTES_MAX * 2);
	if (r->req->kind == READ_SEARCH && !search_words(&words, r->req->words))
		return SG_OK; /* nothing to look for: nothing found */
	sqlite3_stmt *st = ready(q, r->req, &words);

	r->st = st ? collect(q, r, st) : SG_E_IO;
	sqlite3_reset(st);
	if (r->st != SG_OK)
		found_clear(r);
	else if (r->req->kind == READ_GET && r->n == 0)
		r->st = SG_E_NOT_FOUND;
	return r->st == SG_E_IO ? SG_E_IO : SG_OK;
}
