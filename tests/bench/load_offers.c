/* load_offers.c - how soon a free place is filled while many wait. Every agent is busy to capacity
 * and watches the desk; each in turn wraps a conversation up, and the time until the next offer
 * reaches the desk is taken from the sending of that command. Then it is accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

enum { HELD_MAX = 10, DEADLINE_S = 60 };

struct agent {
	struct conn conn;
	char held[HELD_MAX][LOAD_ID];
	unsigned n, next; /* next: to wrap up */
	double since;     /* 0: nothing is awaited */
};

struct offers {
	const struct load_options *opt;
	struct conns conns;
	struct agent *agents;
	unsigned n, ready, awaited, commands;
	struct latencies latencies;
};

static void command(struct offers *o, struct agent *a, const char *name, const char *id,
		    const char *more)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "{\"type\":\"command\",\"id\":\"o%d-%u\",\"name\":\"%s\",\"params\":"
			 "{\"interaction\":\"%s\",%s}}",
			 (int)getpid(), ++o->commands, name, id, more);

	if (n < 0 || (size_t)n >= sizeof(text))
		load_fail("a command is too long");
	conn_text(&o->conns, &a->conn, text, (size_t)n);
}

static void on_offer(struct offers *o, struct agent *a, const char *id, const char *offer_no)
{
	char *place = a->held[a->next], more[64];

	latencies_add(&o->latencies, load_now() - a->since);
	a->since = 0;
	o->awaited--;
	memcpy(place, id, LOAD_ID - 1);
	a->next = (a->next + 1) % a->n;
	(void)snprintf(more, sizeof(more), "\"offer_no\":%lu", strtoul(offer_no, NULL, 10));
	command(o, a, "accept_offer", place, more);
}

static void on_message(struct conn *k, char *data, size_t n, void *arg)
{
	struct offers *o = arg;
	struct agent *a = &o->agents[k->no];
	const char *id = memmem(data, n, "\"id\":\"", 6);
	const char *no = memmem(data, n, "\"offer_no\":", 11);

	if (memmem(data, n < 24 ? n : 24, "\"error\"", 7)) {
		fprintf(stderr, "%.*s\n", (int)n, data);
		load_fail("refused");
	} else if (memmem(data, n < 24 ? n : 24, "\"snapshot\"", 10)) {
		o->ready++;
	} else if (a->since && id && no && memmem(data, n, "\"state\":\"offered\"", 17)) {
		on_offer(o, a, id + 6, no + 11);
	}
}

static struct agent *agent_get(struct offers *o, const char *token, const char **last)
{
	static const char watch[] = "{\"type\":\"watch\",\"topic\":\"desk\"}";

	if (*last && strcmp(token, *last) == 0)
		return &o->agents[o->n - 1];
	struct agent *a = &o->agents[o->n];

	*last = token;
	a->conn.no = o->n++;
	conn_open(&o->conns, &a->conn, true, token);
	conn_text(&o->conns, &a->conn, watch, sizeof(watch) - 1);
	return a;
}

static void wait_for(struct offers *o, const unsigned *what, unsigned n, const char *name)
{
	double end = load_now() + DEADLINE_S;

	while (*what != n) {
		conns_run(&o->conns, .1);
		if (load_now() > end)
			load_fail(name);
	}
}

void load_offers(const struct load_options *opt)
{
	struct offers o = {.opt = opt};
	const char *last = NULL;
	unsigned n;
	struct plan_line *lines = plan_read(opt->plan, "held", opt->count, &n);

	o.agents = calloc(n, sizeof(*o.agents));
	if (!o.agents)
		load_fail("memory");
	latencies_init(&o.latencies);
	conns_init(&o.conns, opt, on_message, &o);
	for (unsigned i = 0; i < n; i++) {
		struct agent *a = agent_get(&o, lines[i].b, &last);

		if (a->n == HELD_MAX)
			load_fail("more than an agent can hold");
		memcpy(a->held[a->n++], lines[i].a, LOAD_ID);
	}
	wait_for(&o, &o.ready, o.n, "snapshots");
	double cpu = load_server_cpu(opt->pid), began = load_now(), now;

	for (unsigned k = 0; (now = load_now()) < began + opt->seconds;) {
		struct agent *a = &o.agents[k % o.n];
		double due = began + k / opt->rate;

		if (due > now || a->since) {
			conns_run(&o.conns, due > now ? due - now : .001);
			continue;
		}
		a->since = due;
		o.awaited++;
		command(&o, a, "wrap_up", a->held[a->next],
			"\"summary\":\"Done.\",\"outcome\":\"resolved\"");
		k++;
		conns_run(&o.conns, 0);
	}
	wait_for(&o, &o.awaited, 0, "offers");
	cpu = load_server_cpu(opt->pid) - cpu;
	printf("offers %u rate %.0f p50 %.2f p99 %.2f server_us %.1f n %u\n", o.n,
	       o.latencies.n / (load_now() - began), latencies_at(&o.latencies, .5),
	       latencies_at(&o.latencies, .99), cpu / o.latencies.n * 1e6, o.latencies.n);
	for (unsigned i = 0; i < o.n; i++)
		conn_close(&o.agents[i].conn);
	latencies_fini(&o.latencies);
	free(o.agents);
	free(lines);
}
