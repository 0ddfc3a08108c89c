/* load_more.c - memory of idle live connections, and My Stuff of a person with many things. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { DEADLINE_S = 60, ANSWER_MAX = 1 << 20 };

/* ---- idle sockets ---- */

static void count_snapshot(struct conn *k, char *data, size_t n, void *arg)
{
	(void)k;
	if (memmem(data, n < 24 ? n : 24, "\"snapshot\"", 10))
		++*(unsigned *)arg;
}

void load_sockets(const struct load_options *opt)
{
	static const char watch[] = "{\"type\":\"watch\",\"topic\":\"me\"}";
	struct conns conns;
	unsigned n, ready = 0;
	struct plan_line *lines = plan_read(opt->plan, "customer", opt->count, &n);
	struct conn *all = calloc(n, sizeof(*all));
	long before = load_server_rss_kb(opt->pid);

	if (!all)
		load_fail("memory");
	conns_init(&conns, opt, count_snapshot, &ready);
	for (unsigned i = 0; i < n; i++) {
		conn_open(&conns, &all[i], false, lines[i].a);
		conn_text(&conns, &all[i], watch, sizeof(watch) - 1);
		conns_run(&conns, 0);
	}
	double end = load_now() + DEADLINE_S;

	while (ready < n && load_now() < end)
		conns_run(&conns, .1);
	if (ready < n)
		load_fail("snapshots");
	/* Idle for a while: what the server gives back it has given back. */
	for (end = load_now() + opt->seconds; load_now() < end;)
		conns_run(&conns, .1);
	double cpu = load_server_cpu(opt->pid);

	for (end = load_now() + 2; load_now() < end;)
		conns_run(&conns, .1);
	long after = load_server_rss_kb(opt->pid);

	printf("sockets %u before_kb %ld after_kb %ld bytes_each %.0f idle_cpu_percent %.1f\n", n,
	       before, after, (double)(after - before) * 1024 / n,
	       (load_server_cpu(opt->pid) - cpu) / 2 * 100);
	for (unsigned i = 0; i < n; i++)
		conn_close(&all[i]);
	free(all);
	free(lines);
}

/* ---- My Stuff ---- */

/* One answer, by its Content-Length; returns the body. */
static char *get(int fd, const struct load_options *opt, const char *token, const char *query)
{
	static char text[ANSWER_MAX];
	size_t n = 0;
	int len = snprintf(text, sizeof(text),
			   "GET /api/v1/me/stuff?limit=50%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
			   "Cookie: segue_customer=%s\r\n\r\n",
			   query, opt->port, token);

	if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		load_fail("send");
	for (;;) {
		ssize_t k = recv(fd, text + n, sizeof(text) - 1 - n, 0);

		if (k <= 0)
			load_fail("the server hung up");
		n += (size_t)k;
		text[n] = '\0';
		char *body = strstr(text, "\r\n\r\n"),
		     *length = strcasestr(text, "\r\nContent-Length:");

		if (!body || !length)
			continue;
		if (memcmp(text, "HTTP/1.1 200", 12) != 0)
			load_fail(text);
		if (n >= (size_t)(body + 4 - text) + strtoul(length + 17, NULL, 10))
			return body + 4;
	}
}

/* First pages and the pages after them in turn, to the last and over again. */
void load_stuff(const struct load_options *opt)
{
	unsigned n;
	struct plan_line *lines = plan_read(opt->plan, "customer", 1, &n);
	struct latencies first, later;
	char query[400] = "";
	int fd = conn_connect(opt->port);

	latencies_init(&first);
	latencies_init(&later);
	for (unsigned i = 0; i < opt->count; i++) {
		double since = load_now();

		(void)get(fd, opt, lines[0].a, "");
		latencies_add(&first, load_now() - since);
		since = load_now();
		const char *next = strstr(get(fd, opt, lines[0].a, query), "\"next\":\"");

		latencies_add(&later, load_now() - since);
		if (next)
			(void)snprintf(query, sizeof(query), "&cursor=%.*s",
				       (int)strcspn(next + 8, "\""), next + 8);
		else
			query[0] = '\0';
	}
	printf("stuff first p50 %.2f p99 %.2f later p50 %.2f p99 %.2f n %u\n",
	       latencies_at(&first, .5), latencies_at(&first, .99), latencies_at(&later, .5),
	       latencies_at(&later, .99), opt->count);
	latencies_fini(&first);
	latencies_fini(&later);
	close(fd);
	free(lines);
}
