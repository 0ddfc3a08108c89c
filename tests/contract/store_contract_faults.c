/* SQLite: kills at any moment, disks that fail, are full, or are slow. */
#include "contract/store_contract.h"
#include "contract/store_fixture.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/tape.h"
#include "contract/vfs_faulty.h"

static int setup(void **state)
{
	vfs_faulty_register();
	vfs_faulty_set(VFS_SOUND);
	*state = fixture_new();
	return 0;
}

static int teardown(void **state)
{
	vfs_faulty_set(VFS_SOUND);
	fixture_free(*state);
	return 0;
}

/* ---- kill -9 ---- */

enum { ROUNDS = 20, IN_FLIGHT = 16, STREAMS = 3 };

/* The child: writes as fast as it can and tells each acknowledged place through the pipe. */
struct child {
	struct fixture *f;
	int pipe;
	uint64_t seq[STREAMS];
};

struct place {
	uint32_t stream;
	uint32_t seq;
};

struct child_write {
	struct child *c;
	struct place at;
};

static void child_write(struct child *c, uint32_t stream);

static void on_child(enum sg_status st, const struct store_done *done, void *arg)
{
	struct child_write *w = arg;

	(void)done;
	if (st != SG_OK || write(w->c->pipe, &w->at, sizeof(w->at)) != (ssize_t)sizeof(w->at))
		_exit(3);
	child_write(w->c, w->at.stream);
	free(w);
}

static void child_write(struct child *c, uint32_t stream)
{
	struct child_write *w = malloc(sizeof(*w));
	struct log_event e = message(1 + stream, ++c->seq[stream], "{\"text\":\"something said\"}");
	struct row_op row = {.table = TABLE_PERSON,
			     .set = BIT(PERSON_COL_ID) | BIT(PERSON_COL_VALUE)};
	char key[48];

	row.v[PERSON_COL_ID] = ID(1 + stream);
	row.v[PERSON_COL_VALUE] = INT(1);
	row.add = BIT(PERSON_COL_VALUE); /* counts the writes: twice done would show */
	snprintf(key, sizeof(key), "%u-%u", stream, (unsigned)e.seq);
	*w = (struct child_write){.c = c, .at = {.stream = stream, .seq = (uint32_t)e.seq}};
	store_write(c->f->s,
		    &(struct store_write){.idem_source = text("child"),
					  .idem_key = text(key),
					  .events = &e,
					  .n_events = 1,
					  .rows = &row,
					  .n_rows = 1},
		    on_child, w);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static _Noreturn void child_main(struct fixture *f, int out, const uint64_t seq[STREAMS])
{
	struct child c = {.f = f, .pipe = out};

	memcpy(c.seq, seq, sizeof(c.seq));
	if (fixture_open(f) != SG_OK)
		_exit(2);
	for (uint32_t i = 0; i < IN_FLIGHT; i++)
		child_write(&c, i % STREAMS);
	post_queue_run(&f->queue, FIXTURE_DEADLINE_MS, never, NULL);
	_exit(4);
}

/* Reads acknowledgements until n came, kills, reads the rest. Leaves the newest place of each
 * stream. */
static void kill_after(pid_t pid, int in, unsigned n, uint64_t acked[STREAMS])
{
	struct place p;
	int status;

	for (unsigned i = 0; read(in, &p, sizeof(p)) == (ssize_t)sizeof(p); i++) {
		assert_true(p.stream < STREAMS);
		assert_true(p.seq > acked[p.stream]);
		acked[p.stream] = p.seq;
		if (i == n)
			kill(pid, SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Every place up to the last acknowledged one is there, each once, and the rows agree with the log.
 */
static void look_after_crash(struct fixture *f, const uint64_t acked[STREAMS],
			     uint64_t seq_out[STREAMS])
{
	for (uint32_t s = 0; s < STREAMS; s++) {
		struct sg_id stream = id_of(1 + s);
		struct value key = ID(1 + s);
		uint64_t n = 0;

		for (struct answer a; (a = do_events(f, &stream, n, 1000)).n > 0;) {
			for (unsigned i = 0; i < a.n; i++)
				assert_int_equal(a.events[i].seq, ++n);
		}
		assert_true(n >= acked[s]);
		struct answer row = do_get(f, TABLE_PERSON, &key);

		assert_int_equal(row.n ? row.rows[0].v[PERSON_COL_VALUE].i : 0, n);
		seq_out[s] = n;
	}
}

static void nothing_acknowledged_is_lost_and_nothing_doubled_by_kill_9(void **state)
{
	struct fixture *f = *state;
	uint64_t seq[STREAMS] = {0};
	uint8_t bytes[ROUNDS * 3];
	struct tape t = {.bytes = bytes, .len = sizeof(bytes)};

	tape_fill(7, bytes, sizeof(bytes));
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t acked[STREAMS];
		int fd[2];

		memcpy(acked, seq, sizeof(acked));
		fixture_close(f); /* no threads while forking */
		assert_int_equal(pipe(fd), 0);
		fflush(NULL);
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			close(fd[0]);
			child_main(f, fd[1], seq);
		}
		close(fd[1]);
		kill_after(pid, fd[0], 20 + tape_below(&t, 1500), acked);
		close(fd[0]);
		assert_status(fixture_open(f), SG_OK);
		look_after_crash(f, acked, seq);
	}
}

/* ---- a disk that fails ---- */

static void use_faulty(struct fixture *f)
{
	fixture_close(f);
	f->opt.vfs = VFS_FAULTY;
	assert_status(fixture_open(f), SG_OK);
}

static struct answer write_seq(struct fixture *f, uint64_t seq)
{
	struct log_event e = message(1, seq, "{}");

	return do_write(f, &(struct store_write){.events = &e, .n_events = 1});
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

enum { FAILING = 200, BATCH = 20 };

struct batch {
	struct answer a[BATCH];
};

static bool batch_done(void *arg)
{
	const struct batch *b = arg;

	for (unsigned i = 0; i < BATCH; i++) {
		if (!b->a[i].calls)
			return false;
	}
	return true;
}

/* Writes of one stream, one after the other or some at once; each is SG_E_IO while the fault lasts.
 */
static void fail_and_recover(struct fixture *f, enum vfs_fault fault, uint64_t seq)
{
	struct sg_id stream = id_of(1);
	int64_t start = now_ms();

	vfs_faulty_set(fault);
	for (unsigned i = 0; i < FAILING / 2; i++)
		assert_status(write_seq(f, seq + 1).st, SG_E_IO);
	for (unsigned i = 0; i < FAILING / 2; i += BATCH) {
		struct batch b = {.a = {{.calls = 0}}};

		for (unsigned k = 0; k < BATCH; k++) {
			struct log_event e = message(1, seq + 1 + k, "{}");

			store_write(f->s, &(struct store_write){.events = &e, .n_events = 1},
				    on_done, &b.a[k]);
		}
		fixture_wait(f, batch_done, &b);
		for (unsigned k = 0; k < BATCH; k++)
			assert_true(b.a[k].st == SG_E_IO || b.a[k].st == SG_E_CONFLICT);
	}
	assert_true(now_ms() - start < 20000);
	/* Reading goes on, and sees nothing of what failed. */
	assert_int_equal(do_events(f, &stream, 0, 1000).n, seq);
	vfs_faulty_set(VFS_SOUND);
	assert_status(write_seq(f, seq + 1).st, SG_OK);
	assert_int_equal(do_events(f, &stream, 0, 1000).n, seq + 1);
}

static void nothing_is_acknowledged_while_the_disk_fails_and_writing_goes_on_after(void **state)
{
	struct fixture *f = *state;
	struct sg_id stream = id_of(1);

	use_faulty(f);
	assert_status(write_seq(f, 1).st, SG_OK);
	fail_and_recover(f, VFS_SYNC_FAILS, 1);
	fail_and_recover(f, VFS_WRITE_FAILS, 2);
	fail_and_recover(f, VFS_FULL, 3);
	fixture_close(f);
	f->opt.vfs = NULL;
	assert_status(fixture_open(f), SG_OK);
	assert_int_equal(do_events(f, &stream, 0, 1000).n, 4);
}

static void closing_with_a_failing_disk_answers_and_ends(void **state)
{
	struct fixture *f = *state;
	struct answer a = {.calls = 0};
	struct log_event e = message(1, 1, "{}");

	use_faulty(f);
	vfs_faulty_set(VFS_SYNC_FAILS);
	store_write(f->s, &(struct store_write){.events = &e, .n_events = 1}, on_done, &a);
	fixture_close(f);
	assert_int_equal(a.calls, 1);
	assert_status(a.st, SG_E_IO);
	vfs_faulty_set(VFS_SOUND);
}

/* ---- a disk that is slow: groups and full queues ---- */

enum { QUEUE = 8, FLOOD = 50 };

struct flood {
	struct answer a[FLOOD];
};

static bool flood_done(void *arg)
{
	const struct flood *fl = arg;

	for (unsigned i = 0; i < FLOOD; i++) {
		if (!fl->a[i].calls)
			return false;
	}
	return true;
}

static void what_exceeds_the_queue_is_refused_and_the_rest_done(void **state)
{
	struct fixture *f = *state;
	struct flood fl = {.a = {{.calls = 0}}};
	unsigned ok = 0, limit = 0;

	f->opt.queue_max = QUEUE;
	use_faulty(f);
	vfs_faulty_set(VFS_SYNC_WAITS);
	for (unsigned i = 0; i < FLOOD; i++) {
		struct log_event e = message(1 + i, 1, "{}");

		store_write(f->s, &(struct store_write){.events = &e, .n_events = 1}, on_done,
			    &fl.a[i]);
		if (i == 0)
			assert_true(vfs_faulty_wait(
				FIXTURE_DEADLINE_MS)); /* the writer is held in its sync */
	}
	vfs_faulty_set(VFS_SOUND);
	fixture_wait(f, flood_done, &fl);
	for (unsigned i = 0; i < FLOOD; i++) {
		ok += fl.a[i].st == SG_OK;
		limit += fl.a[i].st == SG_E_LIMIT;
	}
	assert_int_equal(ok, 1 + QUEUE);
	assert_int_equal(limit, FLOOD - 1 - QUEUE);
	assert_int_equal(do_feed(f, 0, 1000).n, ok);
}

static void a_write_of_many_bytes_fills_the_queue_too(void **state)
{
	struct fixture *f = *state;
	enum { BODY = 4000000 };
	struct flood fl = {.a = {{.calls = 0}}};
	char *big = malloc(BODY);
	unsigned limit = 0;

	memset(big, 'x', BODY);
	use_faulty(f);
	vfs_faulty_set(VFS_SYNC_WAITS);
	for (unsigned i = 0; i < FLOOD; i++) {
		struct log_event e = message(1 + i, 1, NULL);

		e.body = (struct str){.p = big, .n = BODY};
		store_write(f->s, &(struct store_write){.events = &e, .n_events = 1}, on_done,
			    &fl.a[i]);
	}
	vfs_faulty_set(VFS_SOUND);
	fixture_wait(f, flood_done, &fl);
	for (unsigned i = 0; i < FLOOD; i++)
		limit += fl.a[i].st == SG_E_LIMIT;
	assert_true(limit >= FLOOD - 40);
	free(big);
}

int store_contract_faults(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(nothing_acknowledged_is_lost_and_nothing_doubled_by_kill_9),
		T(nothing_is_acknowledged_while_the_disk_fails_and_writing_goes_on_after),
		T(closing_with_a_failing_disk_answers_and_ends),
		T(what_exceeds_the_queue_is_refused_and_the_rest_done),
		T(a_write_of_many_bytes_fills_the_queue_too),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
