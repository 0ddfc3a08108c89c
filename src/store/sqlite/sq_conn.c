#include "store/sqlite/sqlite_priv.h"

#include "base/log.h"

enum { BUSY_MS = 10000 };

enum sg_status sq_conn_status(sqlite3 *db, int rc, const char *doing)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return SG_OK;
	log_event(LOG_DEBUG, "sqlite_failed", LF_STR("doing", doing), LF_INT("code", rc),
		  LF_STR("text", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc)));
	return SG_E_IO;
}

enum sg_status sq_conn_exec(sqlite3 *db, const char *sql)
{
	return sq_conn_status(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

/* Checkpoints are the upkeep thread's work, hence no automatic ones. FULL: each commit is synced.
 */
static const char conn_pragmas[] = "PRAGMA journal_mode=WAL;"
				   "PRAGMA synchronous=FULL;"
				   "PRAGMA foreign_keys=OFF;"
				   "PRAGMA recursive_triggers=OFF;"
				   "PRAGMA trusted_schema=OFF;"
				   "PRAGMA temp_store=MEMORY;"
				   "PRAGMA cache_size=-8000;"
				   "PRAGMA journal_size_limit=33554432;" /* after a burst */
				   "PRAGMA wal_autocheckpoint=0;";

enum sg_status sq_conn_open(const struct sq_place *place, sqlite3 **db_out)
{
	sqlite3 *db = NULL;
	int how = place->read_only ? SQLITE_OPEN_READONLY
				   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int rc = sqlite3_open_v2(place->path, &db, how | SQLITE_OPEN_NOMUTEX, place->vfs);
	enum sg_status st = sq_conn_status(db, rc, "open");

	if (st == SG_OK) {
		sqlite3_extended_result_codes(db, 1);
		sqlite3_busy_timeout(db, BUSY_MS);
		/* A name in quotes that is no column is an error, not a text. */
		sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
		st = sq_conn_exec(db, conn_pragmas);
	}
	if (st != SG_OK) {
		sq_conn_close(db);
		return st;
	}
	*db_out = db;
	return SG_OK;
}

void sq_conn_close(sqlite3 *db)
{
	if (db)
		SG_ASSERT(sqlite3_close(db) == SQLITE_OK); /* else a statement was forgotten */
}

bool sq_conn_prepare(sqlite3 *db, sqlite3_stmt **st, const char *sql)
{
	if (*st)
		return true;
	int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);

	return sq_conn_status(db, rc, sql) == SG_OK;
}

int sq_bind_text(sqlite3_stmt *st, int at, struct str s)
{
	if (!s.p)
		return sqlite3_bind_null(st, at);
	return sqlite3_bind_text64(st, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}

int sq_bind_id(sqlite3_stmt *st, int at, const struct sg_id *id)
{
	if (sg_id_is_none(id))
		return sqlite3_bind_null(st, at);
	return sqlite3_bind_blob(st, at, id->b, sizeof(id->b), SQLITE_STATIC);
}

int sq_bind_value(sqlite3_stmt *st, int at, const struct col_desc *c, bool indexed,
		  const struct value *v)
{
	switch (c->type) {
	case COL_ID:
		if (indexed)
			return sqlite3_bind_blob(st, at, v->id.b, sizeof(v->id.b), SQLITE_STATIC);
		return sq_bind_id(st, at, &v->id);
	case COL_TEXT:
	case COL_JSON:
		return sq_bind_text(st, at, v->s.p || !indexed ? v->s : STR(""));
	case COL_ENUM:
		if (v->i == 0 && !indexed)
			return sqlite3_bind_null(st, at);
		return sqlite3_bind_text(st, at, c->names[v->i], -1, SQLITE_STATIC);
	case COL_TIME:
		if (v->i == 0 && !indexed)
			return sqlite3_bind_null(st, at);
		return sqlite3_bind_int64(st, at, v->i);
	case COL_INT:
	case COL_BOOL:
	default:
		return sqlite3_bind_int64(st, at, v->i);
	}
}
