/* store_sqlite.h - the default store: SQLite in WAL mode, synchronous=FULL, one writer thread with
 * group commit (commits at once when idle; the next group is what arrived meanwhile), reader
 * threads, and a thread of its own for checkpoints. */
#ifndef SG_STORE_SQLITE_STORE_SQLITE_H
#define SG_STORE_SQLITE_STORE_SQLITE_H

#include "store/store.h"

/* How results come back to the loop thread: post() may be called from any thread and arranges that
 * run(arg) is called soon on the loop thread. Production: net/loop.h. Tests:
 * tests/sim/post_queue.h. */
struct poster {
	void (*post)(void *self, void (*run)(void *arg), void *arg);
	void *self;
};

struct store_sqlite_options {
	const char *path;   /* the database file; its folder must exist */
	unsigned readers;   /* reader threads, 1..8 */
	unsigned queue_max; /* writes waiting at most, and reads waiting at most; above: SG_E_LIMIT
			     */
	const char *vfs;    /* NULL: SQLite's own; tests put a failing disk here */
	bool read_only;     /* beside the process that writes: no lock, no migrations, no file is
			     * made; writes are SG_E_STATE. Backup works. */
};

/* Opens, migrates to the newest schema (numbered migrations, schema/db), checks it. SG_E_IO: cannot
 * be opened; SG_E_STATE: made by a newer Segue, or not by Segue; SG_E_CONFLICT: another process has
 * it open (one writer at a time: path.lock is held while open). Read only: SG_E_STATE also when an
 * older Segue made it. Options are copied; poster must outlive the store by what it was asked to
 * run. */
SG_CHECKED enum sg_status store_sqlite_open(struct sched *sched, const struct poster *poster,
					    const struct store_sqlite_options *opt,
					    struct store **store_out);

#endif
