/* sq_upkeep.c - the thread for what takes long and hurries nobody: moving the write-ahead log into
 * the database file, and copying the database. */
#include "store/sqlite/sqlite_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

/* Above this many pages (16 MB) the writer is held up for a moment so that the log can start over;
 * under steady writing it never would by itself. */
enum { RESTART_PAGES = 4096, PATH_BYTES_MAX = 4096 };

struct job {
	struct job *next;
	char *path;
	struct sq_write *w;
};

struct sq_upkeep {
	struct sq_place place;
	struct sq_mail *mail;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct job *first, *last;
	bool checkpoint, stop;
	sqlite3 *db; /* the thread's own */
};

/* A failure is not told to anybody: the log stays as it is and the next call tries again. */
static void checkpoint(struct sq_upkeep *u)
{
	int pages = 0, done = 0;

	int rc = sqlite3_wal_checkpoint_v2(u->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &done);
	if (rc == SQLITE_OK && pages > RESTART_PAGES)
		rc = sqlite3_wal_checkpoint_v2(u->db, NULL, SQLITE_CHECKPOINT_RESTART, &pages,
					       &done);
	if (sq_conn_status(u->db, rc, "checkpoint") != SG_OK && (rc & 0xff) != SQLITE_BUSY) {
		sq_conn_close(u->db);
		u->db = NULL;
	}
}

static enum sg_status sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return SG_E_IO;
	int rc = fsync(fd);

	close(fd);
	return rc == 0 ? SG_OK : SG_E_IO;
}

/* All pages in one step are one snapshot; in WAL mode that holds up neither readers nor the writer.
 */
static enum sg_status copy_database(sqlite3 *from, const char *file)
{
	sqlite3 *to = NULL;
	enum sg_status st = sq_conn_status(to, sqlite3_open(file, &to), "backup");

	if (st == SG_OK)
		st = sq_conn_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;");
	if (st == SG_OK) {
		sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
		int rc = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;

		st = rc == SQLITE_DONE ? SG_OK : SG_E_IO;
		if (b && sqlite3_backup_finish(b) != SQLITE_OK)
			st = SG_E_IO;
	}
	sq_conn_close(to);
	return st;
}

static enum sg_status sync_copy(const char *folder, const char *file)
{
	SG_AUTO(buf) parent;

	buf_init(&parent, PATH_BYTES_MAX + 8);
	SG_TRY(buf_addf(&parent, "%s/..", folder));
	SG_TRY(sync_path(file));
	SG_TRY(sync_path(folder));
	return sync_path(parent.data);
}

static enum sg_status backup(struct sq_upkeep *u, const char *folder)
{
	const char *slash = strrchr(u->place.path, '/');
	SG_AUTO(buf) file;

	buf_init(&file, PATH_BYTES_MAX);
	SG_TRY(buf_addf(&file, "%s/%s", folder, slash ? slash + 1 : u->place.path));
	if (mkdir(folder, 0700) != 0)
		return errno == EEXIST ? SG_E_STATE : SG_E_IO;
	enum sg_status st = u->db ? copy_database(u->db, file.data) : SG_E_IO;

	if (st == SG_OK)
		st = sync_copy(folder, file.data);
	if (st != SG_OK) { /* half a copy must not be taken for one */
		unlink(file.data);
		rmdir(folder);
	}
	return st;
}

static void job_do(struct sq_upkeep *u, struct job *job)
{
	job->w->st = backup(u, job->path);
	sq_mail_send(u->mail, &job->w->mail, &job->w->mail);
	free(job->path);
	free(job);
}

/* Waits for something to do; false: stopped and no copy is asked for any more. */
static bool upkeep_take(struct sq_upkeep *u, struct job **job_out, bool *checkpoint_out)
{
	pthread_mutex_lock(&u->lock);
	while (!u->first && !u->checkpoint && !u->stop)
		pthread_cond_wait(&u->came, &u->lock);
	struct job *job = u->first;
	bool more = job || !u->stop;

	if (job) {
		u->first = job->next;
		if (!u->first)
			u->last = NULL;
	}
	*job_out = job;
	*checkpoint_out = u->checkpoint && !u->stop;
	u->checkpoint = false;
	pthread_mutex_unlock(&u->lock);
	return more;
}

static void *upkeep_main(void *arg)
{
	struct sq_upkeep *u = arg;
	struct job *job;
	bool checkpoint_now;

	while (upkeep_take(u, &job, &checkpoint_now)) {
		if (!u->db && sq_conn_open(&u->place, &u->db) != SG_OK)
			u->db = NULL;
		if (checkpoint_now && u->db)
			checkpoint(u);
		if (job)
			job_do(u, job);
	}
	sq_conn_close(u->db);
	return NULL;
}

struct sq_upkeep *sq_upkeep_new(const struct sq_place *place, struct sq_mail *mail)
{
	struct sq_upkeep *u = calloc(1, sizeof(*u));

	SG_ASSERT(u != NULL);
	u->place = *place;
	u->mail = mail;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->came, NULL);
	SG_ASSERT(pthread_create(&u->thread, NULL, upkeep_main, u) == 0);
	pthread_setname_np(u->thread, "store-upkeep");
	return u;
}

void sq_upkeep_checkpoint(struct sq_upkeep *u)
{
	pthread_mutex_lock(&u->lock);
	u->checkpoint = true;
	pthread_cond_signal(&u->came);
	pthread_mutex_unlock(&u->lock);
}

void sq_upkeep_backup(struct sq_upkeep *u, const char *path, struct sq_write *w)
{
	struct job *job = calloc(1, sizeof(*job));

	SG_ASSERT(job != NULL);
	job->w = w;
	job->path = strdup(path);
	SG_ASSERT(job->path != NULL);
	pthread_mutex_lock(&u->lock);
	if (u->last)
		u->last->next = job;
	else
		u->first = job;
	u->last = job;
	pthread_cond_signal(&u->came);
	pthread_mutex_unlock(&u->lock);
}

void sq_upkeep_stop(struct sq_upkeep *u)
{
	pthread_mutex_lock(&u->lock);
	u->stop = true;
	pthread_cond_signal(&u->came);
	pthread_mutex_unlock(&u->lock);
	pthread_join(u->thread, NULL);
	pthread_cond_destroy(&u->came);
	pthread_mutex_destroy(&u->lock);
	free(u);
}
