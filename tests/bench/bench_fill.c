/* bench_fill.c - prepares a database to measure on: signed-in people and agents, conversations
 * under way, people waiting, one person with many things. Written by the rules of core/ and the
 * rows of app/, as the server would have, but in large writes.
 *
 *   bench_fill FOLDER chat N                 N conversations, ten an agent
 *   bench_fill FOLDER queue WAITING AGENTS CAPACITY   every agent busy to capacity, the rest waits
 *   bench_fill FOLDER sockets N              N signed-in people
 *   bench_fill FOLDER stuff N                one person with N things
 *
 * What load needs to know goes to standard output, a line each:
 *   chat INTERACTION CUSTOMER-TOKEN AGENT-TOKEN | held INTERACTION AGENT-TOKEN | customer TOKEN */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "app/auth.h"
#include "app/project.h"
#include "core/agent.h"
#include "segue/demo/demo_write.h"
#include "sim/post_queue.h"
#include "sim/sched_sim.h"
#include "store/sqlite/store_sqlite.h"

enum { CASE_NUMBER_FIRST = 50000000, DAY = 86400000, CHATS_AN_AGENT = 10, WRITE_MS = 60000 };

struct fill {
	struct demo_write w;
	struct store *store;
	struct post_queue q;
	bool busy;
	struct entropy entropy;
	int64_t now_ms;
	int64_t number;
	struct sg_id queue;
};

struct somebody {
	struct sg_id id;
	enum role role;
	struct str name;
	char token[AUTH_TOKEN_TEXT + 1];
};

static void fill_random(void *self, void *to, unsigned n)
{
	(void)self;
	randombytes_buf(to, n);
}

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)done;
	SG_ASSERT(st == SG_OK);
	((struct fill *)arg)->busy = false;
}

static bool is_idle(void *arg)
{
	return !((struct fill *)arg)->busy;
}

static void flush(struct fill *f)
{
	if (!f->w.n_events && !f->w.n_rows)
		return;
	f->busy = true;
	demo_write_send(&f->w, on_written, f);
	bool done = post_queue_run(&f->q, WRITE_MS, is_idle, f);

	SG_ASSERT(done);
}

static void flush_if_full(struct fill *f)
{
	if (demo_write_is_full(&f->w))
		flush(f);
}

static struct sg_id new_id(struct fill *f)
{
	return sg_id_make(f->now_ms, &f->entropy);
}

static void put_queue(struct fill *f)
{
	f->queue = new_id(f);
	struct event ev = {.kind = EVENT_QUEUE_PUT, .stream = f->queue, .at_ms = f->now_ms};

	ev.f.name = STR("Bench");
	ev.f.offer_ms = 60000;
	ev.f.active = true;
	demo_write_plain(&f->w, &ev);
}

static void sign_in(struct fill *f, struct somebody *s)
{
	char hash[AUTH_TOKEN_TEXT + 1];
	struct row_op op;

	auth_make_token(&f->entropy, s->token);
	auth_hash_token(str_from(s->token), hash);
	row_put(&op, TABLE_SESSION);
	row_str(&op, SESSION_COL_TOKEN_HASH, demo_write_text(&f->w, "%s", hash));
	row_int(&op, SESSION_COL_ROLE, s->role);
	row_id(&op, SESSION_COL_SUBJECT, &s->id);
	row_int(&op, SESSION_COL_CREATED_AT, f->now_ms);
	row_int(&op, SESSION_COL_EXPIRES_AT, f->now_ms + DAY);
	demo_write_record(&f->w, &op);
}

static struct somebody put_person(struct fill *f, unsigned no)
{
	struct somebody s = {.id = new_id(f), .role = ROLE_CUSTOMER};
	struct event ev = {.kind = EVENT_PERSON_PUT, .stream = s.id, .at_ms = f->now_ms};

	s.name = demo_write_text(&f->w, "Customer %u", no);
	ev.f.name = s.name;
	ev.f.ring = RING_CUSTOMER;
	demo_write_plain(&f->w, &ev);
	sign_in(f, &s);
	return s;
}

static void agent_step(struct fill *f, struct agent *a, const struct agent_cmd *cmd)
{
	struct decision d = {.n = 0};
	enum sg_status st = agent_decide(a, cmd, &d);

	SG_ASSERT(st == SG_OK);
	for (unsigned i = 0; i < d.n; i++) {
		agent_apply(a, &d.ev[i]);
		demo_write_event(&f->w, &d.ev[i]);
	}
}

static struct somebody put_agent(struct fill *f, unsigned no, unsigned capacity)
{
	struct somebody s = {.id = new_id(f), .role = ROLE_AGENT};
	struct agent a = {.id = s.id};
	struct agent_cmd put = {.kind = AGENT_PUT, .id = s.id, .now_ms = f->now_ms};
	struct agent_cmd come = {.kind = AGENT_PRESENCE, .id = s.id, .now_ms = f->now_ms};
	char queue[SG_ID_TEXT + 1];

	sg_id_text(&f->queue, queue);
	s.name = demo_write_text(&f->w, "Agent %u", no);
	put.f.name = s.name;
	put.f.email = demo_write_text(&f->w, "agent%u@bench.example", no);
	put.f.role = ROLE_AGENT;
	put.f.capacity = capacity;
	put.f.queues = demo_write_text(&f->w, "[\"%s\"]", queue);
	put.f.active = true;
	agent_step(f, &a, &put);
	come.actor = (struct actor){.role = ROLE_AGENT, .id = s.id};
	come.f.presence = PRESENCE_AVAILABLE;
	come.f.reason = REASON_REQUESTED;
	agent_step(f, &a, &come);
	sign_in(f, &s);
	return s;
}

/* A conversation that waits; with an agent, one under way. */
static struct sg_id put_interaction(struct fill *f, const struct somebody *customer,
				    const struct somebody *agent)
{
	struct sg_id id = new_id(f), case_id = new_id(f);
	struct interaction it = {.id = id};
	struct case_ k = {.id = case_id};
	struct actor person = {.role = ROLE_CUSTOMER, .id = customer->id};
	struct facts facts = {.person = customer->id,
			      .name = customer->name,
			      .case_id = case_id,
			      .interaction = id,
			      .number = f->number++,
			      .title = STR("A question"),
			      .queue = f->queue,
			      .channel = CHANNEL_CHAT};
	struct case_cmd open = {
		.kind = CASE_OPEN, .id = case_id, .actor = person, .now_ms = f->now_ms, .f = facts};
	struct interaction_cmd cmd = {.kind = INTERACTION_START,
				      .id = id,
				      .actor = person,
				      .now_ms = f->now_ms++,
				      .f = facts};

	demo_write_case(&f->w, &k, &open);
	demo_write_interaction(&f->w, &it, &cmd);
	if (agent) {
		cmd.kind = INTERACTION_OFFER;
		cmd.actor = (struct actor){.role = ROLE_NONE};
		cmd.f = (struct facts){.agent = agent->id, .expires_at = f->now_ms + 60000};
		demo_write_interaction(&f->w, &it, &cmd);
		cmd.kind = INTERACTION_ACCEPT;
		cmd.actor = (struct actor){.role = ROLE_AGENT, .id = agent->id};
		cmd.f = (struct facts){.offer_no = 1, .name = agent->name};
		demo_write_interaction(&f->w, &it, &cmd);
	}
	return id;
}

/* A write is sent between people only, so names live as long as they are needed. */
static void fill_chat(struct fill *f, unsigned n)
{
	for (unsigned a = 0; a * CHATS_AN_AGENT < n; a++) {
		struct somebody agent = put_agent(f, a, CHATS_AN_AGENT);

		for (unsigned i = a * CHATS_AN_AGENT; i < n && i < (a + 1) * CHATS_AN_AGENT; i++) {
			char text[SG_ID_TEXT + 1];
			struct somebody c = put_person(f, i);
			struct sg_id id = put_interaction(f, &c, &agent);

			sg_id_text(&id, text);
			printf("chat %s %s %s\n", text, c.token, agent.token);
		}
		flush(f);
	}
}

static void fill_queue(struct fill *f, unsigned waiting, unsigned agents, unsigned capacity)
{
	for (unsigned a = 0; a < agents; a++) {
		struct somebody agent = put_agent(f, a, capacity);

		for (unsigned i = 0; i < capacity; i++) {
			char text[SG_ID_TEXT + 1];
			struct somebody c = put_person(f, a * capacity + i);
			struct sg_id id = put_interaction(f, &c, &agent);

			sg_id_text(&id, text);
			printf("held %s %s\n", text, agent.token);
		}
		flush(f);
	}
	for (unsigned i = 0; i < waiting; i++) {
		struct somebody c = put_person(f, agents * capacity + i);

		(void)put_interaction(f, &c, NULL);
		flush_if_full(f);
	}
}

static void fill_sockets(struct fill *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct somebody c = put_person(f, i);

		printf("customer %s\n", c.token);
		flush_if_full(f);
	}
}

static void fill_stuff(struct fill *f, unsigned n)
{
	struct somebody c = put_person(f, 0);

	printf("customer %s\n", c.token);
	for (unsigned i = 0; i < n; i++) {
		struct sg_id id = new_id(f);
		struct event ev = {.kind = EVENT_ITEM_PUT, .stream = id, .at_ms = f->now_ms};

		ev.f.person = c.id;
		ev.f.kind = i % 3 ? STR("purchase") : STR("enquiry");
		ev.f.external_id = demo_write_text(&f->w, "bench-%u", i);
		ev.f.title = demo_write_text(&f->w, "A thing with the number %u", i);
		ev.f.state = STR("delivered");
		ev.f.occurred_at = f->now_ms - (int64_t)i * 3600000;
		ev.f.amount = 1000 + i;
		ev.f.currency = STR("EUR");
		demo_write_plain(&f->w, &ev);
		flush_if_full(f);
	}
}

static bool fill(struct fill *f, int argc, char **argv)
{
	unsigned n[3] = {0};

	for (int i = 3; i < argc && i < 6; i++)
		n[i - 3] = (unsigned)strtoul(argv[i], NULL, 10);
	put_queue(f);
	if (argc == 4 && strcmp(argv[2], "chat") == 0)
		fill_chat(f, n[0]);
	else if (argc == 6 && strcmp(argv[2], "queue") == 0)
		fill_queue(f, n[0], n[1], n[2]);
	else if (argc == 4 && strcmp(argv[2], "sockets") == 0)
		fill_sockets(f, n[0]);
	else if (argc == 4 && strcmp(argv[2], "stuff") == 0)
		fill_stuff(f, n[0]);
	else
		return false;
	flush(f);
	return true;
}

int main(int argc, char **argv)
{
	static struct fill f;
	struct sched_sim sim;
	struct timespec now;
	char path[1024];

	if (argc < 4 || sodium_init() < 0) {
		fprintf(stderr, "usage: bench_fill FOLDER chat|queue|sockets|stuff N...\n");
		return 2;
	}
	(void)mkdir(argv[1], 0700);
	(void)snprintf(path, sizeof(path), "%s/segue.db", argv[1]);
	clock_gettime(CLOCK_REALTIME, &now);
	f.now_ms = (int64_t)now.tv_sec * 1000 - 600000;
	f.number = CASE_NUMBER_FIRST;
	f.entropy = (struct entropy){.fill = fill_random};
	post_queue_init(&f.q);
	sched_sim_init(&sim, NULL, 0);
	struct store_sqlite_options opt = {.path = path, .readers = 1, .queue_max = 1000};

	if (store_sqlite_open(&sim.sched, &f.q.poster, &opt, &f.store) != SG_OK) {
		fprintf(stderr, "bench_fill: cannot open %s\n", path);
		return 1;
	}
	demo_write_init(&f.w, f.store, f.entropy);
	bool ok = fill(&f, argc, argv);

	demo_write_fini(&f.w);
	store_close(f.store);
	sched_sim_fini(&sim);
	post_queue_fini(&f.q);
	return ok ? 0 : 2;
}
