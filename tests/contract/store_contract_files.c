/* SQLite: what lies in files: reopening, backup, migrations, one process at a time. */
#include "contract/store_contract.h"
#include "contract/store_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/sqlite/migrations.h"

static int setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static struct row_op setting(const char *name, const char *value)
{
	struct row_op op = {.table = TABLE_SETTING,
			    .set = BIT(SETTING_COL_NAME) | BIT(SETTING_COL_VALUE)};

	op.v[SETTING_COL_NAME] = TEXT(name);
	op.v[SETTING_COL_VALUE] = TEXT(value);
	return op;
}

static void write_something(struct fixture *f, uint64_t seq)
{
	struct log_event e = message(1, seq, "{}");
	struct row_op rows[2] = {setting("k", "v"),
				 {.table = TABLE_PERSON, .set = BIT(PERSON_COL_ID)}};
	struct outbox_op owed = {.id = id_of((uint32_t)seq), .channel = text("sms"), .due_ms = 5};
	struct store_write w = {.idem_source = text("s"),
				.idem_key = text(seq == 1 ? "one" : "more"),
				.idem_result = text("r"),
				.events = &e,
				.n_events = 1,
				.rows = rows,
				.n_rows = 2,
				.outbox = &owed,
				.n_outbox = 1};

	rows[1].v[PERSON_COL_ID] = ID((uint32_t)seq);
	assert_status(do_write(f, &w).st, SG_OK);
}

static void look_for_something(struct fixture *f)
{
	struct value key = TEXT("k"), p = ID(1);
	struct store_write again = {.idem_source = text("s"), .idem_key = text("one")};
	struct answer a = do_feed(f, 0, 10);

	assert_int_equal(a.n, 1);
	assert_int_equal(a.events[0].seq, 1);
	assert_int_equal(do_get(f, TABLE_SETTING, &key).n, 1);
	assert_int_equal(do_get(f, TABLE_PERSON, &p).n, 1);
	assert_int_equal(do_outbox(f, 5, 10).n, 1);
	a = do_write(f, &again);
	assert_true(a.repeated);
	assert_true(str_eq(a.result, STR("r")));
}

static void what_was_written_is_there_after_reopening(void **state)
{
	struct fixture *f = *state;

	write_something(f, 1);
	fixture_close(f);
	assert_status(fixture_open(f), SG_OK);
	look_for_something(f);
	write_something(f, 2); /* places and positions go on */
	struct answer a = do_feed(f, 0, 10);

	assert_int_equal(a.n, 2);
	assert_true(a.events[1].pos > a.events[0].pos);
}

static void a_backup_opens_and_holds_the_same(void **state)
{
	struct fixture *f = *state;
	char folder[128], path[160];

	snprintf(folder, sizeof(folder), "%s/copy", f->folder);
	snprintf(path, sizeof(path), "%s/segue.db", folder);
	write_something(f, 1);
	assert_status(do_backup(f, folder).st, SG_OK);
	write_something(f, 2); /* not in the copy */
	assert_status(do_backup(f, folder).st, SG_E_STATE);
	fixture_close(f);
	f->opt.path = path;
	assert_status(fixture_open(f), SG_OK);
	look_for_something(f);
}

static void a_backup_that_cannot_be_made_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	char folder[128];
	struct stat sb;

	snprintf(folder, sizeof(folder), "%s/no/such/folder", f->folder);
	assert_status(do_backup(f, folder).st, SG_E_IO);
	assert_int_not_equal(stat(folder, &sb), 0);
}

struct backup_race {
	struct answer writes, backup;
	unsigned left;
	struct fixture *f;
	uint64_t seq;
};

static void race_write(struct backup_race *r);

static void on_race(enum sg_status st, const struct store_done *done, void *arg)
{
	struct backup_race *r = arg;

	on_done(st, done, &r->writes);
	assert_status(st, SG_OK);
	if (--r->left > 0)
		race_write(r);
}

static void race_write(struct backup_race *r)
{
	struct log_event e = message(1, ++r->seq, "{}");
	struct row_op row = setting("seq", NULL);
	char value[24];

	snprintf(value, sizeof(value), "%u", (unsigned)r->seq);
	row.v[SETTING_COL_VALUE] = TEXT(value);
	store_write(r->f->s,
		    &(struct store_write){.events = &e, .n_events = 1, .rows = &row, .n_rows = 1},
		    on_race, r);
}

static bool race_over(void *arg)
{
	struct backup_race *r = arg;

	return r->left == 0 && r->backup.calls > 0;
}

static void a_backup_taken_while_writing_is_one_moment(void **state)
{
	struct fixture *f = *state;
	struct backup_race r = {.f = f, .left = 400};
	char folder[128], path[160];
	struct value key = TEXT("seq");

	snprintf(folder, sizeof(folder), "%s/copy", f->folder);
	snprintf(path, sizeof(path), "%s/segue.db", folder);
	race_write(&r);
	fixture_wait(f, is_answered, &r.writes);
	f->s->ops->backup(f->s, folder, on_done, &r.backup);
	fixture_wait(f, race_over, &r);
	assert_status(r.backup.st, SG_OK);
	fixture_close(f);
	f->opt.path = path;
	assert_status(fixture_open(f), SG_OK);
	struct answer log = do_feed(f, 0, 1000), row = do_get(f, TABLE_SETTING, &key);
	char value[24];

	assert_true(log.n >= 1);
	snprintf(value, sizeof(value), "%u", (unsigned)log.events[log.n - 1].seq);
	assert_true(str_eq(row.rows[0].v[SETTING_COL_VALUE].s, text(value)));
}

static sqlite3 *raw(const struct fixture *f)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->opt.path, &db), SQLITE_OK);
	return db;
}

static void raw_exec(const struct fixture *f, const char *sql)
{
	sqlite3 *db = raw(f);
	char *err = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &err) != SQLITE_OK)
		fail_msg("%s: %s", sql, err);
	sqlite3_close(db);
}

static void a_database_of_a_newer_segue_is_not_opened(void **state)
{
	struct fixture *f = *state;

	fixture_close(f);
	raw_exec(f, "PRAGMA user_version=1000");
	assert_status(fixture_open(f), SG_E_STATE);
	raw_exec(f, "PRAGMA user_version=1");
	assert_status(fixture_open(f), SG_OK);
}

static void a_database_that_is_not_ours_is_not_opened(void **state)
{
	struct fixture *f = *state;
	char path[128];

	fixture_close(f);
	snprintf(path, sizeof(path), "%s/other.db", f->folder);
	f->opt.path = path;
	raw_exec(f, "CREATE TABLE t(a)");
	assert_status(fixture_open(f), SG_E_STATE);
	FILE *not_sqlite = fopen(path, "w");

	fputs("this is no database, and it is long enough to be looked at by whoever opens it",
	      not_sqlite);
	fclose(not_sqlite);
	assert_status(fixture_open(f), SG_E_IO);
	f->opt.path = "/nonexistent/folder/segue.db";
	assert_status(fixture_open(f), SG_E_IO);
	f->opt.path = f->path;
	f->opt.readers = 0;
	assert_status(fixture_open(f), SG_E_INPUT);
}

static void a_missing_column_is_noticed_at_opening(void **state)
{
	struct fixture *f = *state;

	fixture_close(f);
	raw_exec(f, "ALTER TABLE setting RENAME COLUMN value TO other");
	assert_status(fixture_open(f), SG_E_STATE);
}

static void a_database_is_open_once(void **state)
{
	struct fixture *f = *state;
	struct store *mine = f->s;

	assert_status(fixture_open(f), SG_E_CONFLICT);
	assert_ptr_equal(f->s, mine);
}

static void a_reader_beside_the_writer_sees_its_commits_and_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct store *writer = f->s;
	struct row_op row = setting("k", "other");
	struct store_write w = {.rows = &row, .n_rows = 1};

	write_something(f, 1);
	f->opt.read_only = true;
	assert_status(fixture_open(f), SG_OK);
	struct store *reader = f->s;

	assert_int_equal(do_feed(f, 0, 10).n, 1);
	assert_status(do_write(f, &w).st, SG_E_STATE);
	assert_status(do_wipe(f).st, SG_E_STATE);
	f->s = writer;
	write_something(f, 2);
	f->s = reader;
	assert_int_equal(do_feed(f, 0, 10).n, 2);
	fixture_close(f);
	f->s = writer;
	assert_status(do_write(f, &w).st, SG_OK);
}

static void a_reader_makes_no_database_and_takes_no_older_one(void **state)
{
	struct fixture *f = *state;

	fixture_close(f);
	f->opt.read_only = true;
	raw_exec(f, "PRAGMA user_version = 0");
	assert_status(fixture_open(f), SG_E_STATE);
	unlink(f->path);
	assert_status(fixture_open(f), SG_E_IO);
	assert_int_not_equal(access(f->path, F_OK), 0);
}

static void a_database_of_the_first_migration_goes_through_the_later_ones(void **state)
{
	static const struct migration first[] = {{1, migrations_first}};
	static const struct migration later[] = {{1, migrations_first},
						 {2, migrations_rebuild_views},
						 {3, migrations_extend_records}};
	struct fixture *f = *state;

	fixture_close(f);
	unlink(f->path);
	sqlite3 *db = raw(f);

	assert_status(migrations_apply(db, first, 1), SG_OK);
	assert_status(migrations_check(db), SG_OK);
	sqlite3_close(db);
	assert_status(fixture_open(f), SG_OK);
	write_something(f, 1);
	fixture_close(f);
	/* As an older Segue left it: a view without a column, a record without one and one missing.
	 */
	raw_exec(f, "ALTER TABLE person DROP COLUMN zip; ALTER TABLE file DROP COLUMN mime;"
		    "DROP TABLE bucket; DROP INDEX session_by_expiry;");
	db = raw(f);
	assert_status(migrations_apply(db, later, 3), SG_OK);
	assert_status(migrations_apply(db, later, 3), SG_OK); /* done is done */
	assert_status(migrations_check(db), SG_OK);
	assert_status(migrations_apply(db, first, 1), SG_E_STATE); /* newer now */
	sqlite3_exec(db, "PRAGMA user_version=1", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_status(fixture_open(f), SG_OK);
	struct value p = ID(1), k = TEXT("k"), stale = TEXT("views_stale");

	assert_int_equal(do_feed(f, 0, 10).n, 1);
	assert_status(do_get(f, TABLE_PERSON, &p).st, SG_E_NOT_FOUND); /* to be folded again */
	assert_int_equal(do_get(f, TABLE_SETTING, &stale).n, 1);
	assert_int_equal(do_get(f, TABLE_SETTING, &k).n, 1);
}

static void an_event_of_a_kind_from_the_future_is_not_misread(void **state)
{
	struct fixture *f = *state;
	struct sg_id stream = id_of(1);

	write_something(f, 1);
	fixture_close(f);
	raw_exec(f, "UPDATE event SET kind='from_the_future'");
	assert_status(fixture_open(f), SG_OK);
	assert_status(do_feed(f, 0, 10).st, SG_E_STATE);
	assert_status(do_events(f, &stream, 0, 10).st, SG_E_STATE);
}

static off_t size_of(const char *path)
{
	struct stat sb;

	assert_int_equal(stat(path, &sb), 0);
	return sb.st_size;
}

static void the_log_is_moved_into_the_file_while_running(void **state)
{
	struct fixture *f = *state;
	enum { BODY = 100000, ENOUGH = 700, MOST = 20000 };
	char *big = malloc(BODY + 1), wal[128];
	uint64_t seq = 0;

	memset(big, 'x', BODY);
	big[BODY] = '\0';
	snprintf(wal, sizeof(wal), "%s-wal", f->path);
	/* The log starts over in between: its file stays short though far more is written. */
	do {
		struct log_event e = message(1, ++seq, big);

		assert_status(do_write(f, &(struct store_write){.events = &e, .n_events = 1}).st,
			      SG_OK);
		assert_true(seq < MOST);
	} while (seq < ENOUGH || size_of(wal) > 33 << 20 || size_of(f->path) < 15 << 20);
	free(big);
}

int store_contract_files(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_was_written_is_there_after_reopening),
		T(a_backup_opens_and_holds_the_same),
		T(a_backup_that_cannot_be_made_leaves_nothing),
		T(a_backup_taken_while_writing_is_one_moment),
		T(a_database_of_a_newer_segue_is_not_opened),
		T(a_database_that_is_not_ours_is_not_opened),
		T(a_missing_column_is_noticed_at_opening),
		T(a_database_is_open_once),
		T(a_reader_beside_the_writer_sees_its_commits_and_writes_nothing),
		T(a_reader_makes_no_database_and_takes_no_older_one),
		T(a_database_of_the_first_migration_goes_through_the_later_ones),
		T(an_event_of_a_kind_from_the_future_is_not_misread),
		T(the_log_is_moved_into_the_file_while_running),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
