/* bench_store.c - events a second through the SQLite store with 1, 10 and 100 writes in flight,
 * beside a raw file that is appended to and synced in groups of as many rows, measured in turn in
 * the same run: the ratio says what the store costs, whatever the disk. bench_store [FOLDER
 * [SECONDS-A-RUN]] */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/post_queue.h"
#include "sim/sched_sim.h"
#include "store/sqlite/store_sqlite.h"

enum { BODY = 256, HEADER = 48, RUNS = 3, ROWS_MAX = 400000, IN_FLIGHT_MAX = 100 };

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double raw_rows(const char *folder, unsigned group, double seconds)
{
	static char rows[(BODY + HEADER) * IN_FLIGHT_MAX];
	double start = now_s();
	unsigned long n = 0;
	char path[256];

	snprintf(path, sizeof(path), "%s/raw.log", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		abort();
	while (now_s() - start < seconds && n < ROWS_MAX) {
		size_t bytes = (size_t)group * (BODY + HEADER);

		if (write(fd, rows, bytes) != (ssize_t)bytes || fdatasync(fd) != 0)
			abort();
		n += group;
	}
	double rate = (double)n / (now_s() - start);

	close(fd);
	unlink(path);
	return rate;
}

struct bench;

struct writer {
	struct bench *b;
	struct sg_id stream;
	uint64_t seq;
	double since;
};

struct bench {
	struct store *s;
	char body[BODY];
	struct writer w[IN_FLIGHT_MAX];
	unsigned long n, failed;
	unsigned in_flight;
	double until;
	double *took; /* seconds a write took */
};

static void next_write(struct writer *w);

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	struct writer *w = arg;
	struct bench *b = w->b;
	double now = now_s();

	(void)done;
	b->failed += st != SG_OK;
	b->took[b->n++] = now - w->since;
	b->in_flight--;
	if (now < b->until && b->n + b->in_flight < ROWS_MAX)
		next_write(w);
}

static void next_write(struct writer *w)
{
	struct log_event e = {.stream_kind = STREAM_INTERACTION,
			      .stream = w->stream,
			      .seq = ++w->seq,
			      .id = w->stream,
			      .kind = EVENT_MESSAGE_SENT,
			      .at_ms = 1,
			      .body = {.p = w->b->body, .n = BODY}};

	w->since = now_s();
	w->b->in_flight++;
	store_write(w->b->s, &(struct store_write){.events = &e, .n_events = 1}, on_written, w);
}

static bool bench_over(void *arg)
{
	return ((struct bench *)arg)->in_flight == 0;
}

static int by_time(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double store_rows(struct store *s, struct post_queue *q, unsigned in_flight, unsigned run,
			 double seconds, double *p99_ms_out)
{
	struct bench *b = calloc(1, sizeof(*b));
	double start = now_s();

	if (!b)
		abort();
	b->took = calloc(ROWS_MAX + IN_FLIGHT_MAX, sizeof(*b->took));
	b->s = s;
	memset(b->body, 'x', BODY);
	b->until = start + seconds;
	for (unsigned i = 0; i < in_flight; i++) {
		struct writer *w = &b->w[i];

		*w = (struct writer){.b = b};
		/* Streams scattered as ids of customers are. */
		uint64_t mix =
			(run * 1000 + in_flight * 100000 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);

		memcpy(w->stream.b, &mix, sizeof(mix));
		next_write(w);
	}
	if (!post_queue_run(q, 60000, bench_over, b) || b->failed)
		abort();
	double rate = (double)b->n / (now_s() - start);

	qsort(b->took, b->n, sizeof(*b->took), by_time);
	*p99_ms_out = b->took[b->n * 99 / 100] * 1000;
	free(b->took);
	free(b);
	return rate;
}

int main(int argc, char **argv)
{
	const unsigned in_flight[] = {1, 10, 100};
	char folder[128], path[160], command[192];
	struct post_queue q;
	struct sched_sim sim;
	struct store *s;

	snprintf(folder, sizeof(folder), "%s/bench-store-XXXXXX", argc > 1 ? argv[1] : "/tmp");
	double seconds = argc > 2 ? atof(argv[2]) : 0.8;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/segue.db", folder);
	post_queue_init(&q);
	sched_sim_init(&sim, NULL, 0);
	struct store_sqlite_options opt = {.path = path, .readers = 1, .queue_max = 1000};

	if (store_sqlite_open(&sim.sched, &q.poster, &opt, &s) != SG_OK)
		return 1;
	printf("in flight   raw rows/s   store rows/s   ratio   p99 ms\n");
	for (unsigned i = 0; i < 3; i++) {
		double raw = 0, store = 0, p99 = 0;

		for (unsigned run = 0; run < RUNS;
		     run++) { /* in turn, so that both meet the same neighbours */
			double ms;

			raw += raw_rows(folder, in_flight[i], seconds) / RUNS;
			store += store_rows(s, &q, in_flight[i], run, seconds, &ms) / RUNS;
			p99 = ms > p99 ? ms : p99;
		}
		printf("%9u   %10.0f   %12.0f   %5.2f   %6.2f\n", in_flight[i], raw, store,
		       store / raw, p99);
	}
	store_close(s);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", folder);
	int rc = system(command);

	sched_sim_fini(&sim);
	post_queue_fini(&q);
	return rc != 0;
}
