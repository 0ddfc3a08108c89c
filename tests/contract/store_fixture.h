/* store_fixture.h - a store to test, of either back end, and calls that wait for their answers. */
#ifndef SG_TESTS_CONTRACT_STORE_FIXTURE_H
#define SG_TESTS_CONTRACT_STORE_FIXTURE_H

#include <stdio.h>

#include "check.h"

#include "base/arena.h"
#include "sim/post_queue.h"
#include "sim/sched_sim.h"
#include "store/store.h"

enum { FIXTURE_DEADLINE_MS = 30000 };

struct fixture {
	struct store *s;
	bool sqlite;
	struct tape tape;     /* of the jitter that reorders what memory is asked */
	struct sched_sim sim; /* memory: drives it; SQLite: only its clock */
	struct post_queue queue;
	struct arena arena; /* what answers lent, copied */
	char folder[64];
	char path[96];
	struct store_sqlite_options opt;
};

/* Which back end the following fixtures have: "memory" or "sqlite". */
extern const char *fixture_backend;

struct fixture *fixture_new(void);
void fixture_free(struct fixture *f); /* closes the store if that is not done, removes the folder */
void fixture_close(struct fixture *f);
enum sg_status fixture_open(struct fixture *f); /* SQLite: once more; memory: a new one */

/* Runs the loop until done(arg); fails the test at the deadline. */
void fixture_wait(struct fixture *f, bool (*done)(void *arg), void *arg);

struct answer {
	unsigned calls; /* how often the callback ran */
	enum sg_status st;
	bool repeated;
	uint64_t pos;
	struct str result;
	struct row *rows;
	struct log_event *events;
	struct outbox_row *owed;
	unsigned n;
	struct arena *arena; /* where to copy to; NULL: nothing is copied */
};

store_done_cb on_done;
store_rows_cb on_rows;
store_events_cb on_events;
store_outbox_cb on_outbox;
bool is_answered(void *arg); /* struct answer */

struct answer do_write(struct fixture *f, const struct store_write *w);
struct answer do_rows(struct fixture *f, const struct row_op *rows, unsigned n);
struct answer do_get(struct fixture *f, enum table table, const struct value *key);
struct answer do_range(struct fixture *f, const struct store_range *q);
struct answer do_events(struct fixture *f, const struct sg_id *stream, uint64_t after,
			unsigned limit);
struct answer do_feed(struct fixture *f, uint64_t after, unsigned limit);
struct answer do_outbox(struct fixture *f, int64_t due_ms, unsigned limit);
struct answer do_search(struct fixture *f, struct str words, enum audience audience,
			unsigned limit);
struct answer do_last(struct fixture *f, enum index index);
struct answer do_wipe(struct fixture *f);
struct answer do_backup(struct fixture *f, const char *path);

/* The n-th id of a test; 0 is none. */
struct sg_id id_of(uint32_t n);
struct str text(const char *s);

/* An event that is sound: a message in the interaction `stream`. */
struct log_event message(uint32_t stream, uint64_t seq, const char *body);

#define BIT(col) (UINT64_C(1) << (col))
#define ID(n) ((struct value){.id = id_of(n)})
#define TEXT(t) ((struct value){.s = text(t)})
#define INT(n) ((struct value){.i = (n)})

bool rows_equal(const struct row *a, const struct row *b);

#endif
