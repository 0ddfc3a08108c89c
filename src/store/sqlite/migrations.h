/* migrations.h - brings a database to the newest schema, one numbered step after the other; the
 * number of the last step done is SQLite's user_version.
 *
 * To add a step: append {n + 1, function} to migrations_list; never change or remove one that was
 * released. Steps that follow the descriptors (schema/db/views.json) must stay right for a fresh
 * database, which gets all steps one after the other, with today's descriptors from the first on:
 *   - views (any change): {n, migrations_rebuild_views}. Drops and creates them, empty, and sets
 *     the record setting "views_stale" = "1" when there is a log to fold again. Who opens the
 *     store (app) then calls wipe_views, projects the feed, and deletes that setting in the last
 *     write;
 *   - records (a new table, column or index): {n, migrations_extend_records}. Creates what is
 *     missing and drops nothing;
 *   - the log's own tables, or moving of data: a function with its SQL, written to find nothing
 *     to do where an earlier step already made it so.
 */
#ifndef SG_STORE_SQLITE_MIGRATIONS_H
#define SG_STORE_SQLITE_MIGRATIONS_H

#include <sqlite3.h>

#include "base/status.h"

struct migration {
	int version;
	enum sg_status (*run)(sqlite3 *db); /* inside a transaction */
};

extern const struct migration migrations_list[];
extern const unsigned migrations_n;

/* SG_E_STATE: newer than the list, or not a database of Segue. Each step is a transaction. */
SG_CHECKED enum sg_status migrations_apply(sqlite3 *db, const struct migration *list, unsigned n);

/* SG_OK when every step is done already; SG_E_STATE: it is older, newer, or not a database of
 * Segue. */
SG_CHECKED enum sg_status migrations_newest(sqlite3 *db, const struct migration *list, unsigned n);

/* SG_E_STATE: a table or a column of the descriptors is missing. */
SG_CHECKED enum sg_status migrations_check(sqlite3 *db);

SG_CHECKED enum sg_status migrations_first(sqlite3 *db);
SG_CHECKED enum sg_status migrations_rebuild_views(sqlite3 *db);
SG_CHECKED enum sg_status migrations_extend_records(sqlite3 *db);

#endif
