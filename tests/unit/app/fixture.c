#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/rows.h"
#include "base/log.h"
#include "store/memory/store_memory.h"

static uint64_t answers;

static void fill(void *self, void *out, unsigned n)
{
	struct fx *f = self;

	tape_fill(++f->entropy_no, out, n);
}

struct entropy fx_entropy(struct fx *f)
{
	return (struct entropy){.fill = fill, .self = f};
}

struct sg_id fx_id(struct fx *f)
{
	struct entropy e = fx_entropy(f);

	return sg_id_make(1, &e);
}

struct job {
	void (*done)(void *arg);
	void *arg;
};

static void job_done(void *arg)
{
	struct job job = *(struct job *)arg;

	free(arg);
	job.done(job.arg);
}

static enum sg_status work_now_done_later(void *self, void (*run)(void *arg),
					  void (*done)(void *arg), void *arg)
{
	struct fx *f = self;
	struct job *job = malloc(sizeof(*job));

	assert_non_null(job);
	*job = (struct job){.done = done, .arg = arg};
	run(arg);
	sched_after(&f->sim.sched, 0, job_done, job);
	return SG_OK;
}

struct post {
	struct fx *f;
	channel_done_cb *done;
	void *arg;
};

static void posted(void *arg)
{
	struct post p = *(struct post *)arg;

	free(arg);
	p.done(p.f->mail_answer, p.arg);
}

static void post(void *self, const struct delivery *d, channel_done_cb *done, void *arg)
{
	struct fx *f = self;
	struct post *p = malloc(sizeof(*p));

	assert_non_null(p);
	assert_true(f->n_mails < FX_MAILS_MAX);
	f->mails[f->n_mails].id = d->id;
	f->mails[f->n_mails].at_ms = f->sim.now_ms;
	str_copy(f->mails[f->n_mails].body, sizeof(f->mails[0].body), d->body);
	f->n_mails++;
	*p = (struct post){.f = f, .done = done, .arg = arg};
	sched_after(&f->sim.sched, 0, posted, p);
}

static void published(const struct event *ev, const struct log_event *log, void *arg)
{
	struct fx *f = arg;

	(void)log;
	assert_true(f->n_events < FX_EVENTS_MAX);
	f->events[f->n_events].kind = ev->kind;
	f->events[f->n_events].stream = ev->stream;
	f->events[f->n_events].agent = ev->f.agent;
	f->events[f->n_events].seq = ev->seq;
	f->n_events++;
}

static enum hostile_fate fate(unsigned no, void *arg)
{
	struct fx *f = arg;
	unsigned n = no - f->writes_before;

	if (n >= 1 && n <= f->n_fates)
		return f->fates[n - 1];

	return f->fate_at && n >= f->fate_at && n < f->fate_at + f->fate_times ? f->fate
									       : FATE_DONE;
}

void fx_fate(struct fx *f, unsigned n, enum hostile_fate what, unsigned times)
{
	f->fate_at = n;
	f->fate = what;
	f->fate_times = times;
	f->writes_before = f->store.writes;
	f->n_fates = 0;
}

void fx_fates(struct fx *f, const enum hostile_fate *fates, unsigned n)
{
	fx_fate(f, 0, FATE_DONE, 0);
	f->fates = fates;
	f->n_fates = n;
}

static void loaded(enum sg_status st, void *arg)
{
	struct fx *f = arg;

	assert_status(st, SG_OK);
	f->loaded = true;
}

static void app_open(struct fx *f)
{
	struct app_options opt = {
		.dispatch = {.agents_max = f->agents_max,
			     .open_max = f->open_max,
			     .gone_ms = 10000,
			     .requeue_ms = 20000},
		.auth = {.public_url = "https://help.example.com",
			 .company = "Example",
			 .host_secret = "0123456789abcdef0123456789abcdef",
			 .agent_session_ms = 3600000,
			 .customer_session_ms = 3600000,
			 .link_ms = 900000},
		.channels = f->channels,
	};
	struct entropy entropy = fx_entropy(f);

	f->app = app_new(&f->sim.sched, &f->store.base, &entropy, &f->worker, &opt);
	flow_watch(f->app->flow, published, f);
	f->loaded = false;
	app_load(f->app, loaded, f);
	fx_run(f, 2000);
	assert_true(f->loaded);
}

void fx_open(struct fx *f)
{
	log_set_level((enum log_level)(LOG_ERROR + 1));
	memset(f, 0, sizeof(*f));
	sched_sim_init(&f->sim, NULL, 0);
	f->inner = store_memory_new(&f->sim.sched);
	hostile_init(&f->store, &f->sim.sched, f->inner);
	f->store.hooks.fate = fate;
	f->store.hooks.arg = f;
	f->worker = (struct worker){.submit = work_now_done_later, .self = f};
	f->mail = (struct channel_port){.name = "email", .deliver = post, .self = f};
	f->channels[0] = &f->mail;
	f->agents_max = 100;
	f->open_max = 1000;
	app_open(f);
}

void fx_close(struct fx *f)
{
	fx_run(f, 60000);
	assert_int_equal(flow_busy(f->app->flow), 0);
	app_free(f->app);
	fx_run(f, 60000);
	store_close(f->inner);
	hostile_fini(&f->store);
	sched_sim_fini(&f->sim);
}

void fx_restart(struct fx *f)
{
	fx_run(f, 2000);
	app_free(f->app);
	app_open(f);
}

void fx_run(struct fx *f, int64_t ms)
{
	sched_sim_run_until(&f->sim, f->sim.now_ms + ms, 1000000);
}

/* ---- calls ---- */

void fx_answered(const struct work_answer *answer, void *arg)
{
	struct fx_answer *a = arg;

	a->n++;
	a->st = answer->st;
	a->repeated = answer->repeated;
	a->order = ++answers;
	str_copy(a->why, sizeof(a->why), str_from(answer->why));
	str_copy(a->result, sizeof(a->result), answer->result);
}

struct contact_call fx_call(enum role role, const struct sg_id *who, const char *key,
			    struct fx_answer *a)
{
	*a = (struct fx_answer){.n = 0};
	return (struct contact_call){
		.actor = {.role = role, .id = who ? *who : SG_ID_NONE},
		.idem_key = str_from(key),
		.done = fx_answered,
		.arg = a,
	};
}

struct sg_id fx_queue(struct fx *f, const char *name)
{
	struct fx_answer a;
	struct contact_call call = fx_call(ROLE_NONE, NULL, NULL, &a);
	struct event ev = {.kind = EVENT_QUEUE_PUT, .stream = fx_id(f)};

	ev.f.name = str_from(name);
	ev.f.offer_ms = 5000;
	ev.f.active = true;
	contact_put(f->app, &call, &ev, 1);
	fx_run(f, 100);
	assert_status(a.st, SG_OK);
	return ev.stream;
}

struct sg_id fx_person(struct fx *f, const char *email, const char *external_id)
{
	struct fx_answer a;
	struct contact_call call = fx_call(ROLE_NONE, NULL, NULL, &a);
	struct sg_id id = fx_id(f);
	struct event ev[2] = {{.kind = EVENT_PERSON_PUT, .stream = id},
			      {.kind = EVENT_IDENTITY_LINKED, .stream = id}};

	ev[0].f.name = STR("Pat");
	ev[0].f.external_id = str_from(external_id);
	ev[1].f.identity_kind = IDENTITY_KIND_EMAIL;
	ev[1].f.value_text = str_from(email);
	ev[1].f.verified = true;
	contact_put(f->app, &call, ev, 2);
	fx_run(f, 100);
	assert_status(a.st, SG_OK);
	return id;
}

struct hiring {
	struct agent_cmd cmd;
	char queues[SG_ID_TEXT + 5];
};

static enum sg_status decide_hire(struct work *w, void *arg)
{
	struct hiring *h = arg;
	struct decision dec = {.n = 0};
	const struct agent *a = work_agent(w, &h->cmd.id);

	if (!a)
		return SG_E_AGAIN;
	h->cmd.now_ms = work_now(w);
	SG_TRY(agent_decide(a, &h->cmd, &dec));
	work_emit(w, &dec);
	return SG_OK;
}

struct sg_id fx_agent(struct fx *f, const struct sg_id *queue, const char *email, unsigned capacity)
{
	struct hiring h = {.cmd = {.kind = AGENT_PUT, .id = fx_id(f)}};
	struct fx_answer a = {.n = 0};
	char id[SG_ID_TEXT + 1];

	sg_id_text(queue, id);
	snprintf(h.queues, sizeof(h.queues), "[\"%s\"]", id);
	h.cmd.f.name = STR("Ada");
	h.cmd.f.email = str_from(email);
	h.cmd.f.role = ROLE_AGENT;
	h.cmd.f.capacity = capacity ? capacity : 1;
	h.cmd.f.queues = str_from(h.queues);
	h.cmd.f.active = true;
	struct work_spec spec = {.decide = decide_hire, .arg = &h};

	assert_status(flow_submit(f->app->flow, &spec), SG_OK);
	fx_run(f, 100);
	if (capacity) {
		struct contact_call call = fx_call(ROLE_AGENT, &h.cmd.id, NULL, &a);

		dispatch_connected(f->app->dispatch, &h.cmd.id, 1);
		contact_presence(f->app, &call, &h.cmd.id, PRESENCE_AVAILABLE);
		fx_run(f, 100);
		assert_status(a.st, SG_OK);
	}
	return h.cmd.id;
}

struct sg_id fx_start(struct fx *f, const struct sg_id *person, const struct sg_id *queue)
{
	struct fx_answer a;
	struct contact_call call = fx_call(ROLE_CUSTOMER, person, NULL, &a);
	struct facts facts = {.person = *person, .queue = *queue, .channel = CHANNEL_CHAT};
	struct sg_id id;

	contact_start(f->app, &call, &facts, STR("Something"));
	fx_run(f, 10);
	assert_status(a.st, SG_OK);
	assert_status(sg_id_parse((struct str){a.result + 15, SG_ID_TEXT}, &id), SG_OK);
	return id;
}

void fx_say(struct fx *f, const struct sg_id *person, const struct sg_id *it, const char *key,
	    struct fx_answer *a)
{
	struct contact_call call = fx_call(ROLE_CUSTOMER, person, key, a);
	struct interaction_cmd cmd = {.kind = INTERACTION_MESSAGE, .id = *it};

	cmd.f.text = str_from(key);
	contact_command(f->app, &call, &cmd);
}

void fx_do(struct fx *f, enum role role, const struct sg_id *who, const struct sg_id *it,
	   enum interaction_cmd_kind kind, struct fx_answer *a)
{
	struct contact_call call = fx_call(role, who, NULL, a);
	struct interaction_cmd cmd = {.kind = kind, .id = *it};

	cmd.f.offer_no = fx_interaction(f, it).offer_no;
	contact_command(f->app, &call, &cmd);
	fx_run(f, 20);
}

struct got {
	struct row row;
	bool found, done;
};

static void on_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct got *g = arg;

	g->done = true;
	g->found = st == SG_OK && n == 1;
	if (g->found)
		g->row = rows[0];
}

struct row fx_row(struct fx *f, enum table table, const struct value *key, bool *found)
{
	static struct got g;

	memset(&g, 0, sizeof(g));
	store_get(f->inner, table, key, on_row, &g);
	fx_run(f, 1);
	assert_true(g.done);
	*found = g.found;
	return g.row;
}

static void on_interaction(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct interaction *it = arg;

	if (st == SG_OK && n == 1)
		rows_interaction(rows, it);
}

struct interaction fx_interaction(struct fx *f, const struct sg_id *id)
{
	struct interaction it = {.seq = 0};
	struct value key = {.id = *id};

	store_get(f->inner, TABLE_INTERACTION, &key, on_interaction, &it);
	fx_run(f, 1);
	return it;
}

unsigned fx_count(const struct fx *f, enum event_kind kind, const struct sg_id *stream)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->n_events; i++)
		n += f->events[i].kind == kind &&
		     (!stream || sg_id_eq(&f->events[i].stream, stream));
	return n;
}
