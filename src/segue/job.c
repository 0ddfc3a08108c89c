/* job.c - commands that do one thing with the store and end. */
#include <stdio.h>
#include <sys/stat.h>

#include <sodium.h>

#include "net/loop.h"
#include "segue/command.h"
#include "store/store.h"

struct starting {
	struct job *job;
	void (*start)(struct job *j);
};

static void begin(void *arg)
{
	struct starting *s = arg;

	s->start(s->job);
}

void job_end(struct job *j, int code)
{
	j->code = code;
	loop_stop(j->loop);
}

static int job_with(struct config *c, bool read_only, void (*start)(struct job *j), void *more)
{
	struct job j = {.config = c, .more = more, .code = EXIT_SOFTWARE};
	struct starting s = {.job = &j, .start = start};

	(void)umask(077);
	if (sodium_init() < 0 || (!read_only && !server_make_folders(&c->s)))
		return EXIT_IO;
	j.loop = loop_new();
	j.sched = loop_sched(j.loop);
	j.store = server_open_store(&c->s, j.loop, read_only);
	if (!j.store)
		return EXIT_IO;
	sched_after(j.sched, 0, begin, &s);
	loop_run(j.loop);
	store_close(j.store);
	loop_fini_handles(j.loop);
	loop_free(j.loop);
	return j.code;
}

int job_run(struct config *c, void (*start)(struct job *j), void *more)
{
	return job_with(c, false, start, more);
}

int job_read(struct config *c, void (*start)(struct job *j), void *more)
{
	return job_with(c, true, start, more);
}
