/* load_chat.c - durable chat messages from customers to their agents. A message counts when it was
 * acked to its sender and its event reached the agent.
 *
 * Two phases on the same connections. Closed: every conversation has one message on its way, the
 * next follows at once: what the server can do. Open: messages fall due at half that rate, evenly
 * spread over the conversations; latency counts from when a message was due, so that a stall is not
 * hidden by the messages that were not sent during it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

enum { DEADLINE_S = 30, FILL = 64 };

static const char filler[] = "It has been off since this morning, and I have tried the switch. ";

struct talk {
	struct conn customer, *agent;
	char id[LOAD_ID];
	unsigned sent, done; /* in all */
	unsigned phase_sent; /* in this phase: the next one's place in the schedule */
	bool acked, seen;    /* of the one on its way */
	double since;
};

struct chat {
	const struct load_options *opt;
	struct conns conns;
	struct talk *talks;
	struct conn *agents;
	unsigned n, n_agents, watching, on_way;
	unsigned done; /* in this phase */
	bool again;    /* a finished one is followed by the next */
	double rate, began, until;
	struct latencies latencies;
};

static void say(struct chat *c, unsigned i)
{
	struct talk *t = &c->talks[i];
	char body[128], text[512];

	t->acked = t->seen = false;
	t->sent++;
	t->phase_sent++;
	c->on_way++;
	int n = snprintf(body, sizeof(body), "%u %u %.*s", i, t->sent, FILL, filler);

	if (c->opt->raw) {
		conn_frame(&c->conns, &t->customer, 'M', i, t->sent,
			   (struct str){.p = body, .n = (size_t)n});
		return;
	}
	n = snprintf(
		text, sizeof(text),
		"{\"type\":\"command\",\"id\":\"b%d-%u-%u\",\"name\":\"send_message\",\"params\":"
		"{\"interaction\":\"%s\",\"text\":\"%s\"}}",
		(int)getpid(), i, t->sent, t->id, body);
	conn_text(&c->conns, &t->customer, text, (size_t)n);
}

/* When the next message of this conversation is due. */
static double due(const struct chat *c, unsigned i)
{
	return c->began + ((double)i + (double)c->talks[i].phase_sent * c->n) / c->rate;
}

static void arrived(struct chat *c, unsigned i)
{
	struct talk *t = &c->talks[i];
	double now = load_now();

	if (!t->acked || !t->seen || t->done == t->sent)
		return;
	t->done++;
	c->done++;
	c->on_way--;
	latencies_add(&c->latencies, now - t->since);
	if (!c->again || now >= c->until || t->phase_sent >= c->opt->messages_max)
		return;
	if (!c->rate || due(c, i) <= now) {
		t->since = c->rate ? due(c, i) : now;
		say(c, i);
	}
}

/* "7 12 It has …": conversation 7, message 12. */
static void seen(struct chat *c, const char *body)
{
	char *end;
	unsigned long i = strtoul(body, &end, 10), no = strtoul(end, NULL, 10);

	if (i < c->n && no == c->talks[i].sent) {
		c->talks[i].seen = true;
		arrived(c, (unsigned)i);
	}
}

static void acked(struct chat *c, unsigned i)
{
	c->talks[i].acked = true;
	arrived(c, i);
}

static void on_raw(struct chat *c, const struct conn *k, const char *data)
{
	if (data[0] == 'E')
		seen(c, data + 9);
	else if (k->no < c->n)
		acked(c, k->no);
	else
		c->watching++;
}

static bool starts(const char *data, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && memcmp(data, with, len) == 0;
}

static void on_text(struct chat *c, const struct conn *k, char *data, size_t n)
{
	if (starts(data, n, "{\"type\":\"ack\"")) {
		acked(c, k->no);
	} else if (starts(data, n, "{\"type\":\"event\"")) {
		const char *at = k->no >= c->n ? memmem(data, n, "\"text\":\"", 8) : NULL;

		if (at)
			seen(c, at + 8);
	} else if (starts(data, n, "{\"type\":\"watching\"")) {
		c->watching++;
	} else if (starts(data, n, "{\"type\":\"error\"")) {
		fprintf(stderr, "%.*s\n", (int)n, data);
		load_fail("refused");
	}
}

static void on_message(struct conn *k, char *data, size_t n, void *arg)
{
	struct chat *c = arg;

	if (c->opt->raw)
		on_raw(c, k, data);
	else
		on_text(c, k, data, n);
}

/* ---- beginning ---- */

static void watch(struct chat *c, struct conn *k, unsigned i)
{
	char text[160];

	if (c->opt->raw) {
		conn_frame(&c->conns, k, 'J', i, 0, (struct str){.p = "", .n = 0});
		return;
	}
	int n = snprintf(text, sizeof(text),
			 "{\"type\":\"watch\",\"topic\":\"interaction:%s\",\"after\":0}",
			 c->talks[i].id);

	conn_text(&c->conns, k, text, (size_t)n);
}

static void wait_for(struct chat *c, const unsigned *what, unsigned n, const char *name)
{
	double end = load_now() + DEADLINE_S;

	while (*what != n) {
		conns_run(&c->conns, .1);
		if (load_now() > end)
			load_fail(name);
	}
}

static void open_all(struct chat *c, const struct plan_line *lines)
{
	const char *token = "";

	c->talks = calloc(c->n, sizeof(*c->talks));
	c->agents = calloc(c->n, sizeof(*c->agents));
	if (!c->talks || !c->agents)
		load_fail("memory");
	for (unsigned i = 0; i < c->n; i++) {
		struct talk *t = &c->talks[i];

		memcpy(t->id, lines[i].a, sizeof(t->id));
		t->customer.no = i;
		conn_open(&c->conns, &t->customer, false, lines[i].b);
		if (strcmp(lines[i].c, token) != 0) {
			token = lines[i].c;
			c->agents[c->n_agents].no = c->n + c->n_agents;
			conn_open(&c->conns, &c->agents[c->n_agents++], true, token);
		}
		t->agent = &c->agents[c->n_agents - 1];
		watch(c, t->agent, i);
		/* A customer's page watches its own conversation, too. */
		if (!c->opt->raw)
			watch(c, &t->customer, i);
	}
	wait_for(c, &c->watching, c->opt->raw ? c->n : 2 * c->n, "watching");
}

/* ---- phases ---- */

static void phase(struct chat *c, double rate, double seconds)
{
	c->rate = rate;
	c->done = 0;
	c->latencies.n = 0;
	c->began = load_now();
	c->until = c->began + seconds;
	for (unsigned i = 0; i < c->n; i++)
		c->talks[i].phase_sent = 0;
}

static void closed_phase(struct chat *c, double seconds)
{
	phase(c, 0, seconds);
	c->again = seconds > 0;
	for (unsigned i = 0; i < c->n; i++) {
		c->talks[i].since = load_now();
		say(c, i);
	}
	while (c->on_way) {
		conns_run(&c->conns, 1);
		if (load_now() > c->until + DEADLINE_S)
			load_fail("a message was not answered");
	}
}

/* Sends what is due of conversations that are free; who is busy goes on by itself (arrived). */
static void open_phase(struct chat *c, double rate, double seconds)
{
	double now;

	phase(c, rate, seconds);
	c->again = true;
	for (uint64_t k = 0; (now = load_now()) < c->until;) {
		double next = c->began + (double)k / rate;
		unsigned i = (unsigned)(k % c->n);
		struct talk *t = &c->talks[i];

		if (next > now) {
			conns_run(&c->conns, next < c->until ? next - now : c->until - now);
			continue;
		}
		if (t->done == t->sent && t->phase_sent <= k / c->n &&
		    t->phase_sent < c->opt->messages_max) {
			t->since = due(c, i);
			say(c, i);
		}
		k++;
		conns_run(&c->conns, 0);
	}
	wait_for(c, &c->on_way, 0, "the last messages");
}

static void report(struct chat *c, const char *name, double took, double server_cpu, double own_cpu)
{
	printf("%s %u rate %.0f p50 %.2f p99 %.2f server_us %.1f load_us %.1f n %u\n", name, c->n,
	       c->done / took, latencies_at(&c->latencies, .5), latencies_at(&c->latencies, .99),
	       server_cpu / c->done * 1e6, own_cpu / c->done * 1e6, c->done);
	(void)fflush(stdout);
}

void load_chat(const struct load_options *opt)
{
	struct chat c = {.opt = opt};
	struct plan_line *lines = plan_read(opt->plan, "chat", opt->count, &c.n);

	latencies_init(&c.latencies);
	conns_init(&c.conns, opt, on_message, &c);
	open_all(&c, lines);
	closed_phase(&c, 0); /* one of each: the way is there and warm */

	double cpu = load_server_cpu(opt->pid), own = load_own_cpu();

	closed_phase(&c, opt->seconds);
	double took = load_now() - c.began, rate = c.done / took;

	report(&c, "closed", took, load_server_cpu(opt->pid) - cpu, load_own_cpu() - own);
	cpu = load_server_cpu(opt->pid);
	own = load_own_cpu();
	open_phase(&c, opt->rate ? opt->rate : rate / 2, opt->seconds);
	took = load_now() - c.began;
	report(&c, "half", took, load_server_cpu(opt->pid) - cpu, load_own_cpu() - own);
	for (unsigned i = 0; i < c.n; i++)
		conn_close(&c.talks[i].customer);
	for (unsigned i = 0; i < c.n_agents; i++)
		conn_close(&c.agents[i]);
	latencies_fini(&c.latencies);
	free(c.talks);
	free(c.agents);
	free(lines);
}
