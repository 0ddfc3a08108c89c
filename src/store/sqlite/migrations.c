#include "store/sqlite/migrations.h"

#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "store/sqlite/sqlite_priv.h"

enum { SQL_MAX = 256 * 1024, APPLICATION_ID = 0x53454755 /* "SEGU" */ };

const struct migration migrations_list[] = {
	{1, migrations_first},
};
const unsigned migrations_n = sizeof(migrations_list) / sizeof(migrations_list[0]);

/* The hot path writes event and, when asked, idem: each has one tree beside its own at most. */
static const char log_tables[] =
	"CREATE TABLE event(pos INTEGER PRIMARY KEY, stream_kind TEXT NOT NULL, stream BLOB NOT "
	"NULL,"
	" seq INTEGER NOT NULL, id BLOB, kind TEXT NOT NULL, actor_role TEXT NOT NULL, actor_id "
	"BLOB,"
	" at INTEGER NOT NULL, body TEXT) STRICT;"
	"CREATE UNIQUE INDEX event_by_stream ON event(stream, seq);"
	"CREATE TABLE idem(source TEXT NOT NULL, key TEXT NOT NULL, result TEXT, at INTEGER NOT "
	"NULL,"
	" PRIMARY KEY(source, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE outbox(id BLOB NOT NULL PRIMARY KEY, channel TEXT, body TEXT,"
	" due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;"
	"CREATE INDEX outbox_by_due ON outbox(due_ms, id);";

/* article_doc gives each article the number that a full-text index needs and that no VACUUM
 * changes. */
static const char search_tables[] =
	"CREATE TABLE article_doc(doc INTEGER PRIMARY KEY, article BLOB NOT NULL UNIQUE) STRICT;"
	"CREATE VIRTUAL TABLE article_fts USING fts5(title, summary, body,"
	" tokenize='unicode61 remove_diacritics 2');";

static enum sg_status exec_buf(sqlite3 *db, struct buf *b)
{
	enum sg_status st = b->len ? sq_conn_exec(db, b->data) : SG_OK;

	buf_consume(b, b->len);
	return st;
}

static enum sg_status create_table(sqlite3 *db, enum table table)
{
	SG_AUTO(buf) b;

	buf_init(&b, SQL_MAX);
	sq_sql_table(&b, table);
	for (unsigned i = 0; i < INDEX_N; i++) {
		if (index_desc[i].table == table)
			sq_sql_index(&b, (enum index)i);
	}
	return exec_buf(db, &b);
}

enum sg_status migrations_first(sqlite3 *db)
{
	SG_TRY(sq_conn_exec(db, log_tables));
	SG_TRY(sq_conn_exec(db, search_tables));
	for (unsigned t = 0; t < TABLE_N; t++)
		SG_TRY(create_table(db, (enum table)t));
	SG_AUTO(buf) b;

	buf_init(&b, 64);
	SG_TRY(buf_addf(&b, "PRAGMA application_id=%d", APPLICATION_ID));
	return exec_buf(db, &b);
}

/* The first column of the first row; 0 without rows. bind may be NULL. */
static enum sg_status read_int(sqlite3 *db, const char *sql, const char *bind, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	*out = 0;
	if (rc == SQLITE_OK && bind)
		rc = sqlite3_bind_text(st, 1, bind, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return sq_conn_status(db, rc, sql);
}

static const char mark_stale[] = "INSERT INTO setting(name, value) SELECT 'views_stale', '1' WHERE "
				 "EXISTS(SELECT 1 FROM event)"
				 " ON CONFLICT(name) DO UPDATE SET value=excluded.value;";

enum sg_status migrations_rebuild_views(sqlite3 *db)
{
	SG_TRY(sq_conn_exec(db,
			    "DROP TABLE IF EXISTS article_fts; DROP TABLE IF EXISTS article_doc;"));
	SG_TRY(sq_conn_exec(db, search_tables));
	for (unsigned t = 0; t < TABLE_N; t++) {
		SG_AUTO(buf) b;

		buf_init(&b, SQL_MAX);
		if (!table_desc[t].is_view)
			continue;
		SG_TRY(buf_addf(&b, "DROP TABLE IF EXISTS \"%s\";", table_desc[t].name));
		SG_TRY(exec_buf(db, &b));
		SG_TRY(create_table(db, (enum table)t));
	}
	return sq_conn_exec(db, mark_stale);
}

static enum sg_status extend_columns(sqlite3 *db, enum table table)
{
	for (unsigned c = 0; c < table_desc[table].n_cols; c++) {
		SG_AUTO(buf) b;
		int64_t there;

		buf_init(&b, SQL_MAX);
		SG_TRY(buf_addf(&b, "SELECT count(*) FROM pragma_table_info('%s') WHERE name=?",
				table_desc[table].name));
		SG_TRY(read_int(db, b.data, table_desc[table].cols[c].name, &there));
		if (there)
			continue;
		buf_consume(&b, b.len);
		SG_TRY(buf_addf(&b, "ALTER TABLE \"%s\" ADD COLUMN ", table_desc[table].name));
		sq_sql_column(&b, table, c);
		SG_TRY(exec_buf(db, &b));
	}
	return SG_OK;
}

static enum sg_status extend_indexes(sqlite3 *db, enum table table)
{
	for (unsigned i = 0; i < INDEX_N; i++) {
		SG_AUTO(buf) b;
		int64_t there;

		buf_init(&b, SQL_MAX);
		if (index_desc[i].table != table)
			continue;
		SG_TRY(read_int(db,
				"SELECT count(*) FROM sqlite_schema WHERE type='index' AND name=?",
				index_desc[i].name, &there));
		if (there)
			continue;
		sq_sql_index(&b, (enum index)i);
		SG_TRY(exec_buf(db, &b));
	}
	return SG_OK;
}

enum sg_status migrations_extend_records(sqlite3 *db)
{
	for (unsigned t = 0; t < TABLE_N; t++) {
		int64_t there;

		if (table_desc[t].is_view)
			continue;
		SG_TRY(read_int(db,
				"SELECT count(*) FROM sqlite_schema WHERE type='table' AND name=?",
				table_desc[t].name, &there));
		if (!there) {
			SG_TRY(create_table(db, (enum table)t));
			continue;
		}
		SG_TRY(extend_columns(db, (enum table)t));
		SG_TRY(extend_indexes(db, (enum table)t));
	}
	return SG_OK;
}

static enum sg_status migrate_one(sqlite3 *db, const struct migration *m)
{
	SG_AUTO(buf) b;

	buf_init(&b, 64);
	SG_TRY(buf_addf(&b, "PRAGMA user_version=%d", m->version));
	enum sg_status st = sq_conn_exec(db, "BEGIN IMMEDIATE");

	if (st == SG_OK)
		st = m->run(db);
	if (st == SG_OK)
		st = exec_buf(db, &b);
	if (st == SG_OK)
		st = sq_conn_exec(db, "COMMIT");
	if (st != SG_OK && !sqlite3_get_autocommit(db))
		(void)!sq_conn_exec(db, "ROLLBACK");
	return st;
}

enum sg_status migrations_apply(sqlite3 *db, const struct migration *list, unsigned n)
{
	int64_t version, application, tables;

	SG_TRY(read_int(db, "PRAGMA user_version", NULL, &version));
	SG_TRY(read_int(db, "PRAGMA application_id", NULL, &application));
	SG_TRY(read_int(db, "SELECT count(*) FROM sqlite_schema", NULL, &tables));
	if (tables > 0 && application != APPLICATION_ID)
		return SG_E_STATE;
	if (version > (n ? list[n - 1].version : 0))
		return SG_E_STATE;
	for (unsigned i = 0; i < n; i++) {
		if (list[i].version > version)
			SG_TRY(migrate_one(db, &list[i]));
	}
	return SG_OK;
}

enum sg_status migrations_newest(sqlite3 *db, const struct migration *list, unsigned n)
{
	int64_t version, application;

	SG_TRY(read_int(db, "PRAGMA user_version", NULL, &version));
	SG_TRY(read_int(db, "PRAGMA application_id", NULL, &application));
	if (application != APPLICATION_ID || version != (n ? list[n - 1].version : 0))
		return SG_E_STATE;
	return SG_OK;
}

enum sg_status migrations_check(sqlite3 *db)
{
	for (unsigned t = 0; t < TABLE_N; t++) {
		SG_AUTO(buf) b;
		sqlite3_stmt *st = NULL;

		buf_init(&b, SQL_MAX);
		sq_sql_get(&b, (enum table)t);
		int rc = sqlite3_prepare_v2(db, b.data, -1, &st, NULL);

		sqlite3_finalize(st);
		if (rc != SQLITE_OK) {
			log_event(LOG_DEBUG, "schema_differs", LF_STR("table", table_desc[t].name),
				  LF_STR("text", sqlite3_errmsg(db)));
			return (rc & 0xff) == SQLITE_ERROR ? SG_E_STATE : SG_E_IO;
		}
	}
	return SG_OK;
}
