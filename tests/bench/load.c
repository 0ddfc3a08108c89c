/* load.c - the front of the load generator, and what its parts share: clocks, figures, plans. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

double load_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void load_fail(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

double load_server_cpu(pid_t pid)
{
	char path[64], text[1024];
	unsigned long user = 0, kernel = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");

	if (!f)
		load_fail("the server is gone");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	(void)fclose(f);
	text[n] = '\0';
	const char *after = strrchr(text, ')');

	if (!after || sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			     &user, &kernel) != 2)
		load_fail("/proc/PID/stat");
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

double load_own_cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

long load_server_rss_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");

	if (!f)
		load_fail("the server is gone");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	}
	(void)fclose(f);
	return kb;
}

/* ---- figures ---- */

void latencies_init(struct latencies *l)
{
	*l = (struct latencies){.ms = malloc(LOAD_LATENCIES * sizeof(*l->ms))};
	if (!l->ms)
		load_fail("memory");
}

void latencies_fini(struct latencies *l)
{
	free(l->ms);
}

void latencies_add(struct latencies *l, double seconds)
{
	if (l->n < LOAD_LATENCIES)
		l->ms[l->n++] = (float)(seconds * 1000);
}

static int by_size(const void *a, const void *b)
{
	const float *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double latencies_at(struct latencies *l, double share)
{
	if (!l->n)
		return -1;
	qsort(l->ms, l->n, sizeof(*l->ms), by_size);
	unsigned at = (unsigned)((double)l->n * share);

	return (double)l->ms[at < l->n ? at : l->n - 1];
}

/* ---- plans ---- */

struct plan_line *plan_read(const char *path, const char *kind, unsigned max, unsigned *n_out)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	struct plan_line *lines = calloc(max, sizeof(*lines));
	char text[320];
	unsigned n = 0;

	if (!f || !lines)
		load_fail("cannot read the plan");
	while (n < max && fgets(text, sizeof(text), f)) {
		struct plan_line *l = &lines[n];

		if (sscanf(text, "%11s %64s %64s %64s", l->kind, l->a, l->b, l->c) >= 2 &&
		    strcmp(l->kind, kind) == 0)
			n++;
	}
	(void)fclose(f);
	if (!n)
		load_fail("the plan has no such lines");
	*n_out = n;
	return lines;
}

/* ---- the front ---- */

static const struct {
	const char *name;
	void (*run)(const struct load_options *opt);
} modes[] = {{"chat", load_chat},
	     {"offers", load_offers},
	     {"sockets", load_sockets},
	     {"stuff", load_stuff}};

static bool option(struct load_options *o, const char *name, const char *value)
{
	if (strcmp(name, "--port") == 0)
		o->port = (uint16_t)strtoul(value, NULL, 10);
	else if (strcmp(name, "--pid") == 0)
		o->pid = (pid_t)strtol(value, NULL, 10);
	else if (strcmp(name, "--plan") == 0)
		o->plan = value;
	else if (strcmp(name, "--count") == 0)
		o->count = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--seconds") == 0)
		o->seconds = strtod(value, NULL);
	else if (strcmp(name, "--rate") == 0)
		o->rate = strtod(value, NULL);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct load_options o = {.count = 1, .seconds = 2, .messages_max = 4000};
	bool ok = argc > 1;

	for (int i = 2; ok && i < argc; i++) {
		if (strcmp(argv[i], "--raw") == 0)
			o.raw = true;
		else if (i + 1 >= argc || !option(&o, argv[i], argv[i + 1]))
			ok = false;
		else
			i++;
	}
	for (unsigned i = 0; ok && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, argv[1]) == 0) {
			modes[i].run(&o);
			return 0;
		}
	}
	fprintf(stderr,
		"usage: load chat|offers|sockets|stuff --port N --pid N --plan FILE [--count N]"
		" [--seconds N] [--rate N] [--raw]\n");
	return 2;
}
