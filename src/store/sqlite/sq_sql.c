#include "store/sqlite/sqlite_priv.h"

#include "store/value.h"

/* The texts built here are short and ours, so a full buffer is a bug. */
#define ADD(b, ...) SG_ASSERT(buf_addf((b), __VA_ARGS__) == SG_OK)

/* An article's body makes its rows too wide for a tree that is ordered by a random key. */
static bool is_wide(enum table table)
{
	return table == TABLE_ARTICLE;
}

static const char *col_name(enum table table, unsigned col)
{
	return table_desc[table].cols[col].name;
}

static void add_cols(struct buf *b, enum table table, uint64_t cols)
{
	const char *comma = "";

	for (unsigned c = 0; c < table_desc[table].n_cols; c++) {
		if (!(cols >> c & 1))
			continue;
		ADD(b, "%s\"%s\"", comma, col_name(table, c));
		comma = ",";
	}
}

static uint64_t key_cols(enum table table)
{
	return (UINT64_C(1) << table_desc[table].n_key) - 1;
}

/* "none" is NULL where nothing is ordered by it, and the least value where something is. */
void sq_sql_column(struct buf *b, enum table table, unsigned col)
{
	const struct col_desc *c = &table_desc[table].cols[col];
	bool indexed = value_indexed(table) >> col & 1;
	const char *type = "TEXT", *none = "''";

	if (c->type == COL_ID) {
		type = "BLOB";
		none = "x'00000000000000000000000000000000'";
	} else if (c->type == COL_INT || c->type == COL_BOOL) {
		type = "INTEGER";
		none = "0";
		indexed = true; /* a number is always there, so that it can be added to */
	} else if (c->type == COL_TIME) {
		type = "INTEGER";
		none = "0";
	}
	ADD(b, "\"%s\" %s", c->name, type);
	if (indexed)
		ADD(b, " NOT NULL DEFAULT %s", none);
}

void sq_sql_table(struct buf *b, enum table table)
{
	const struct table_desc *t = &table_desc[table];

	ADD(b, "CREATE TABLE \"%s\"(", t->name);
	for (unsigned c = 0; c < t->n_cols; c++) {
		sq_sql_column(b, table, c);
		ADD(b, ",");
	}
	ADD(b, "PRIMARY KEY(");
	add_cols(b, table, key_cols(table));
	ADD(b, ")) STRICT%s;", is_wide(table) ? "" : ", WITHOUT ROWID");
}

/* The key ends every index, so that rows that are equal in it have one order everywhere. */
void sq_sql_index(struct buf *b, enum index index)
{
	const struct index_desc *ix = &index_desc[index];
	uint64_t missing = key_cols(ix->table);

	ADD(b, "CREATE INDEX \"%s\" ON \"%s\"(", ix->name, table_desc[ix->table].name);
	for (unsigned c = 0; c < ix->n_cols; c++) {
		ADD(b, "%s\"%s\"", c ? "," : "", col_name(ix->table, ix->cols[c]));
		missing &= ~(UINT64_C(1) << ix->cols[c]);
	}
	if (missing) {
		ADD(b, ",");
		add_cols(b, ix->table, missing);
	}
	ADD(b, ");");
}

static void add_update(struct buf *b, enum table table, uint64_t cols, uint64_t add)
{
	const char *comma = "";

	for (unsigned c = 0; c < table_desc[table].n_cols; c++) {
		const char *name = col_name(table, c);

		if (!(cols >> c & 1))
			continue;
		/* A sum beyond 64 bits becomes a real; the cast brings it back to the end of the
		 * range. */
		if (add >> c & 1)
			ADD(b, "%s\"%s\"=CAST(\"%s\".\"%s\"+excluded.\"%s\" AS INTEGER)", comma,
			    name, table_desc[table].name, name, name);
		else
			ADD(b, "%s\"%s\"=excluded.\"%s\"", comma, name, name);
		comma = ",";
	}
}

void sq_sql_put(struct buf *b, enum table table, uint64_t set, uint64_t add)
{
	const char *comma = "";
	uint64_t rest = set & ~key_cols(table);

	ADD(b, "INSERT INTO \"%s\"(", table_desc[table].name);
	add_cols(b, table, set);
	ADD(b, ") VALUES(");
	for (unsigned c = 0; c < table_desc[table].n_cols; c++) {
		if (set >> c & 1) {
			ADD(b, "%s?", comma);
			comma = ",";
		}
	}
	ADD(b, ") ON CONFLICT(");
	add_cols(b, table, key_cols(table));
	ADD(b, rest ? ") DO UPDATE SET " : ") DO NOTHING");
	add_update(b, table, rest, add);
}

/* For a row that is most likely there: no row to insert is made first. Parameters are those of the
 * put, by number. */
void sq_sql_update(struct buf *b, enum table table, uint64_t set, uint64_t add)
{
	const struct table_desc *t = &table_desc[table];
	const char *comma = " SET ", *and = " WHERE ";
	unsigned at = 0;

	ADD(b, "UPDATE \"%s\"", t->name);
	for (unsigned c = 0; c < t->n_cols; c++) {
		const char *name = col_name(table, c);

		if (!(set >> c & 1))
			continue;
		at++;
		if (c < t->n_key)
			continue;
		if (add >> c & 1)
			ADD(b, "%s\"%s\"=CAST(\"%s\"+?%u AS INTEGER)", comma, name, name, at);
		else
			ADD(b, "%s\"%s\"=?%u", comma, name, at);
		comma = ",";
	}
	for (unsigned c = 0; c < t->n_key; c++) { /* the key comes first: its numbers are 1, 2, … */
		ADD(b, "%s\"%s\"=?%u", and, col_name(table, c), c + 1);
		and = " AND ";
	}
}

static void add_key_is(struct buf *b, enum table table)
{
	for (unsigned c = 0; c < table_desc[table].n_key; c++)
		ADD(b, "%s\"%s\"=?", c ? " AND " : " WHERE ", col_name(table, c));
}

void sq_sql_delete(struct buf *b, enum table table)
{
	ADD(b, "DELETE FROM \"%s\"", table_desc[table].name);
	add_key_is(b, table);
}

static void add_select(struct buf *b, enum table table)
{
	ADD(b, "SELECT ");
	add_cols(b, table, UINT64_MAX);
	ADD(b, " FROM \"%s\"", table_desc[table].name);
}

void sq_sql_get(struct buf *b, enum table table)
{
	add_select(b, table);
	add_key_is(b, table);
}

void sq_sql_range(struct buf *b, const struct store_range *q)
{
	const struct index_desc *ix = &index_desc[q->index];
	const char *dir = q->descending ? " DESC" : "", *comma = "";
	uint64_t missing = key_cols(ix->table);

	add_select(b, ix->table);
	ADD(b, " INDEXED BY \"%s\"", ix->name);
	for (unsigned c = 0; c < q->n_eq; c++)
		ADD(b, "%s\"%s\"=?", c ? " AND " : " WHERE ", col_name(ix->table, ix->cols[c]));
	if (q->n_after) {
		ADD(b, "%s(", q->n_eq ? " AND " : " WHERE ");
		for (unsigned c = 0; c < q->n_after; c++)
			ADD(b, "%s\"%s\"", c ? "," : "",
			    col_name(ix->table, ix->cols[q->n_eq + c]));
		ADD(b, ")%s(", q->descending ? "<" : ">");
		for (unsigned c = 0; c < q->n_after; c++)
			ADD(b, "%s?", c ? "," : "");
		ADD(b, ")");
	}
	ADD(b, " ORDER BY ");
	for (unsigned c = 0; c < ix->n_cols; c++) {
		missing &= ~(UINT64_C(1) << ix->cols[c]);
		ADD(b, "%s\"%s\"%s", comma, col_name(ix->table, ix->cols[c]), dir);
		comma = ",";
	}
	for (unsigned c = 0; c < table_desc[ix->table].n_key; c++) {
		if (missing >> c & 1)
			ADD(b, ",\"%s\"%s", col_name(ix->table, c), dir);
	}
	ADD(b, " LIMIT ?");
}

void sq_sql_last(struct buf *b, enum index index)
{
	const struct index_desc *ix = &index_desc[index];

	ADD(b, "SELECT coalesce(max(\"%s\"),0) FROM \"%s\"", col_name(ix->table, ix->cols[0]),
	    table_desc[ix->table].name);
}

void sq_sql_search(struct buf *b)
{
	ADD(b, "SELECT ");
	for (unsigned c = 0; c < ARTICLE_COL_N; c++)
		ADD(b, "%sa.\"%s\"", c ? "," : "", col_name(TABLE_ARTICLE, c));
	ADD(b, " FROM article_fts f JOIN article_doc d ON d.doc=f.rowid JOIN article a ON "
	       "a.id=d.article"
	       " WHERE article_fts MATCH ?1 AND a.active AND a.audience IN (?2,?3)"
	       " ORDER BY bm25(article_fts,10.0,3.0,1.0),a.id LIMIT ?4");
}
