/* people.c - customers and agents: they do what people do, at moments the tape chooses, and give a
 * command again with the same key when they got no answer. What they hear must agree with what is
 * durable. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent.h"
#include "sim/world.h"

enum { RESEND_MS = 3000, TRIES_MAX = 30, PERSON_MS = 4000, AGENT_MS = 2500 };

enum use { USE_START, USE_COMMAND, USE_END, USE_WRAP_UP, USE_FEEDBACK, USE_PRESENCE };

/* One command of one person, given until it is answered for good. */
struct cmd {
	struct world *w;
	enum use use;
	struct actor actor;
	unsigned *outstanding;
	struct sim_person *person;
	struct interaction_cmd ic;
	struct sg_id target;
	struct facts f;
	char text[TEXT_MAX_BYTES], key[16];
	unsigned tries, flights;
	bool waits, settled, ok;
	char result[FLOW_RESULT_MAX + 1];
};

struct flight {
	struct cmd *c;
	unsigned life;
	bool was_done; /* when it was given */
};

static void cmd_send(void *arg);

static void cmd_unref(struct cmd *c)
{
	if (!c->settled || c->flights || c->waits)
		return;
	if (c->use == USE_START)
		c->person->starting = false;
	--*c->outstanding;
	free(c);
}

static void resend_later(struct cmd *c)
{
	if (c->settled || c->waits || c->flights > 0)
		return;
	if (!c->w->quiet && (c->tries >= TRIES_MAX || draw(c->w, 40) == 39)) { /* gives up */
		c->settled = true;
		return;
	}
	c->waits = true;
	sched_after(&c->w->sim.sched, 200 + draw(c->w, RESEND_MS), cmd_send, c);
}

static uint64_t seq_of(const char *result)
{
	const char *at = strstr(result, "\"seq\":");

	return at ? strtoull(at + 6, NULL, 10) : 0;
}

static void heard_ok(struct cmd *c, const struct work_answer *answer)
{
	struct world *w = c->w;
	char result[FLOW_RESULT_MAX + 1];
	struct sg_id id;

	w->acks++;
	w->repeats += answer->repeated;
	str_copy(result, sizeof(result), answer->result);
	/* Presence may change nothing and then leaves no trace. */
	if (model_done(w, &c->actor, c->key) != 1 && c->use != USE_PRESENCE)
		fail(w, "%s acknowledged and durable %" PRIu64 " times", c->key,
		     model_done(w, &c->actor, c->key));
	if (c->ok && strcmp(result, c->result) != 0)
		fail(w, "%s answered with {%s}, then {%s}", c->key, c->result, result);
	memcpy(c->result, result, sizeof(result));
	if (c->use == USE_START && !c->ok &&
	    sg_id_parse((struct str){result + 15, SG_ID_TEXT}, &id) != SG_OK)
		fail(w, "a start that does not say what it started: %s", result);
	if (c->use == USE_COMMAND && c->ic.kind == INTERACTION_MESSAGE && c->person &&
	    !answer->repeated) {
		if (sg_id_eq(&c->person->last_interaction, &c->ic.id) &&
		    seq_of(result) <= c->person->last_seq)
			fail(w, "%s: acknowledged later than a later message", c->key);
		c->person->last_interaction = c->ic.id;
		c->person->last_seq = seq_of(result);
	}
	c->ok = c->settled = true;
}

static bool is_no_answer(enum sg_status st)
{
	return st == SG_E_IO || st == SG_E_LIMIT || st == SG_E_CONFLICT;
}

static void on_answer(const struct work_answer *answer, void *arg)
{
	struct flight *fl = arg;
	struct cmd *c = fl->c;
	struct world *w = c->w;
	bool lost = fl->life != w->lives || w->life->ended;

	bool was_done = fl->was_done;

	free(fl);
	c->flights--;
	if (lost || is_no_answer(answer->st)) {
		resend_later(c);
	} else if (answer->st == SG_OK) {
		heard_ok(c, answer);
	} else {
		/* Presence comes and goes: of two givings at once, one may change nothing at its
		 * moment. */
		if (was_done || (c->use != USE_PRESENCE && model_done(w, &c->actor, c->key) > 0))
			fail(w, "%s was done and is refused (%s, %s)", c->key,
			     sg_status_name(answer->st), answer->why ? answer->why : "");
		c->settled = true;
	}
	cmd_unref(c);
}

/* What is lent to a call is gone when it returns. */
static void lend(struct cmd *c, const char *words)
{
	struct str *const texts[] = {&c->ic.f.text, &c->f.text, &c->f.summary};

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i]->p)
			texts[i]->p = words;
	}
}

static void give(struct cmd *c)
{
	char words[TEXT_MAX_BYTES], key[sizeof(c->key)];

	struct app *app = c->w->life->app;
	struct flight *fl = malloc(sizeof(*fl));
	struct contact_call call = {.actor = c->actor, .done = on_answer, .arg = fl};

	SG_ASSERT(fl != NULL);
	*fl = (struct flight){
		.c = c, .life = c->w->lives, .was_done = model_done(c->w, &c->actor, c->key) > 0};
	memcpy(words, c->text, sizeof(words));
	memcpy(key, c->key, sizeof(key));
	call.idem_key = str_from(key);
	lend(c, words);
	c->flights++;
	switch (c->use) {
	case USE_START:
		contact_start(app, &call, &c->f, STR("Something"));
		break;
	case USE_COMMAND:
		contact_command(app, &call, &c->ic);
		break;
	case USE_END:
		contact_end(app, &call, &c->ic.id, REASON_NONE);
		break;
	case USE_WRAP_UP:
		contact_wrap_up(app, &call, &c->ic.id, &c->f);
		break;
	case USE_FEEDBACK:
		contact_feedback(app, &call, &c->target, &c->f);
		break;
	case USE_PRESENCE:
		contact_presence(app, &call, &c->target, c->f.presence);
		break;
	}
	lend(c, c->text);
	memset(words, '#', sizeof(words));
	memset(key, '#', sizeof(key));
}

static void cmd_send(void *arg)
{
	struct cmd *c = arg;

	c->waits = false;
	c->tries++;
	if (!life_is_up(c->w)) {
		resend_later(c);
		cmd_unref(c);
		return;
	}
	give(c);
	if (draw(c->w, 12) == 11) /* the network repeats it */
		give(c);
}

static struct cmd *cmd_new(struct world *w, enum use use, struct actor actor, unsigned *outstanding)
{
	struct cmd *c = calloc(1, sizeof(*c));

	SG_ASSERT(c != NULL);
	c->w = w;
	c->use = use;
	c->actor = actor;
	c->outstanding = outstanding;
	++*outstanding;
	w->commands++;
	snprintf(c->key, sizeof(c->key), "k%u", ++w->next_key);
	snprintf(c->text, sizeof(c->text), "words of %s", c->key);
	return c;
}

static struct cmd *command(struct world *w, struct actor actor, unsigned *outstanding,
			   const struct sg_id *it, enum interaction_cmd_kind kind)
{
	struct cmd *c = cmd_new(w, USE_COMMAND, actor, outstanding);

	c->ic = (struct interaction_cmd){.kind = kind, .id = *it};
	if (kind == INTERACTION_MESSAGE || kind == INTERACTION_NOTE)
		c->ic.f.text = str_from(c->text);
	return c;
}

/* ---- customers ---- */

static const struct mstream *any_of(struct world *w, const struct sg_id *person, bool open)
{
	for (const struct mstream *m = w->all; m; m = m->next) {
		if (m->kind == STREAM_INTERACTION && sg_id_eq(&m->interaction.person, person) &&
		    interaction_is_open(&m->interaction) == open)
			return m;
	}
	return NULL;
}

static void person_starts(struct world *w, struct sim_person *p)
{
	struct cmd *c = cmd_new(w, USE_START, p->actor, &p->outstanding);
	const struct mstream *old = any_of(w, &p->id, false);

	c->person = p;
	p->starting = true;
	c->f.person = p->id;
	c->f.name = STR("Somebody");
	c->f.queue = w->queues[draw(w, QUEUES)];
	c->f.channel = CHANNEL_CHAT;
	c->f.priority = draw(w, 5) == 4;
	if (draw(w, 2))
		c->f.text = str_from(c->text);
	if (old && draw(w, 3) == 2)
		c->f.case_id = old->interaction.case_id;
	cmd_send(c);
}

static void person_goes_on(struct world *w, struct sim_person *p, const struct mstream *m)
{
	uint32_t what = draw(w, 10);
	struct cmd *c;

	if (p->one_by_one && p->outstanding)
		return;
	if (what < 6) {
		c = command(w, p->actor, &p->outstanding, &m->id, INTERACTION_MESSAGE);
		c->person = p;
	} else if (what == 6) {
		c = command(w, p->actor, &p->outstanding, &m->id, INTERACTION_READ);
		c->ic.f.read_seq = (int64_t)m->seq;
	} else if (what == 7) {
		c = cmd_new(w, USE_END, p->actor, &p->outstanding);
		c->ic.id = m->id;
	} else {
		return;
	}
	cmd_send(c);
}

static void person_looks_back(struct world *w, struct sim_person *p)
{
	const struct mstream *old = any_of(w, &p->id, false);

	if (!old)
		return;
	struct cmd *c = cmd_new(w, USE_FEEDBACK, p->actor, &p->outstanding);

	c->target = old->interaction.case_id;
	c->f.outcome_score = 1 + draw(w, 5);
	c->f.feeling_score = 1 + draw(w, 5);
	cmd_send(c);
}

static void on_link(const struct auth_answer *answer, void *arg)
{
	(void)answer;
	(void)arg;
}

static void person_acts(struct world *w, struct sim_person *p)
{
	const struct mstream *open = any_of(w, &p->id, true);

	if (p->outstanding >= 3 || p->starting)
		return;
	if (draw(w, 16) == 15 && life_is_up(w))
		auth_ask_link(w->life->app->auth, str_from(p->email), STR("192.0.2.7"), on_link,
			      NULL);
	if (open)
		person_goes_on(w, p, open);
	else if (draw(w, 3))
		person_starts(w, p);
	else
		person_looks_back(w, p);
}

/* ---- agents ---- */

static void agent_connects(struct world *w, struct sim_agent *a, bool connected)
{
	if (a->connected == connected || !life_is_up(w))
		return;
	model_agent_changed(w, a);
	if (a->connected)
		a->ok_until_ms = w->sim.now_ms;
	a->connected = connected;
	dispatch_connected(w->life->app->dispatch, &a->id, connected ? 1 : -1);
	model_agent_changed(w, a);
}

static void agent_says(struct world *w, struct sim_agent *a, enum presence presence)
{
	struct cmd *c = cmd_new(w, USE_PRESENCE, a->actor, &a->outstanding);

	c->target = a->id;
	c->f.presence = presence;
	cmd_send(c);
}

static const struct mstream *held_by(struct world *w, const struct sim_agent *a)
{
	unsigned n = model_held(w, &a->id), i = 0, take = n ? draw(w, n) : 0;

	for (const struct mstream *m = w->all; m; m = m->next) {
		struct sg_id holder = interaction_holder(&m->interaction);

		if (m->kind == STREAM_INTERACTION && !sg_id_is_none(&holder) &&
		    sg_id_eq(&holder, &a->id) && i++ == take)
			return m;
	}
	return NULL;
}

static void agent_answers(struct world *w, struct sim_agent *a, const struct mstream *m)
{
	uint32_t what = w->quiet ? 0 : draw(w, 10);

	if (what >= 9)
		return; /* lets it ring */
	struct cmd *c = command(w, a->actor, &a->outstanding, &m->id,
				what < 7 ? INTERACTION_ACCEPT : INTERACTION_REJECT);

	c->ic.f.offer_no = m->interaction.offer_no;
	cmd_send(c);
}

static void agent_passes_on(struct world *w, struct sim_agent *a, const struct mstream *m)
{
	struct cmd *c = command(w, a->actor, &a->outstanding, &m->id, INTERACTION_TRANSFER);

	if (draw(w, 2))
		c->ic.f.agent = w->agents[draw(w, AGENTS)].id;
	else
		c->ic.f.queue = w->queues[draw(w, QUEUES)];
	cmd_send(c);
}

static void agent_wraps_up(struct world *w, struct sim_agent *a, const struct mstream *m)
{
	struct cmd *c = cmd_new(w, USE_WRAP_UP, a->actor, &a->outstanding);

	c->ic.id = m->id;
	c->f.outcome = (enum outcome)(OUTCOME_RESOLVED + draw(w, 4));
	c->f.summary = str_from(c->text);
	cmd_send(c);
}

static void agent_talks(struct world *w, struct sim_agent *a, const struct mstream *m)
{
	static const enum interaction_cmd_kind kinds[] = {INTERACTION_MESSAGE, INTERACTION_MESSAGE,
							  INTERACTION_NOTE, INTERACTION_LEG_JOIN,
							  INTERACTION_LEG_LEAVE};
	uint32_t what = w->quiet ? 9 : draw(w, 10);
	struct cmd *c;

	if (what == 9) {
		agent_wraps_up(w, a, m);
		return;
	}
	if (what == 8) {
		agent_passes_on(w, a, m);
		return;
	}
	if (what >= 5) {
		c = cmd_new(w, USE_END, a->actor, &a->outstanding);
		c->ic.id = m->id;
	} else {
		c = command(w, a->actor, &a->outstanding, &m->id, kinds[what]);
		c->ic.f.leg = c->ic.f.text.n ? LEG_CHAT : LEG_COBROWSE;
	}
	cmd_send(c);
}

static void agent_works(struct world *w, struct sim_agent *a)
{
	const struct mstream *m = held_by(w, a);

	if (!m)
		return;
	if (m->interaction.state == INTERACTION_OFFERED)
		agent_answers(w, a, m);
	else if (m->interaction.state == INTERACTION_ACTIVE)
		agent_talks(w, a, m);
	else if (w->quiet || draw(w, 2))
		agent_wraps_up(w, a, m);
}

static void agent_acts(struct world *w, struct sim_agent *a)
{
	uint32_t what = w->quiet ? 0 : draw(w, 16);

	if (a->outstanding >= 3)
		return;
	if (what == 15)
		agent_connects(w, a, !a->connected);
	else if (what < 8)
		agent_connects(w, a, true);
	if (what == 14)
		agent_says(w, a, (enum presence)(PRESENCE_OFFLINE + draw(w, 4)));
	else if (a->published != PRESENCE_AVAILABLE && what < 8)
		agent_says(w, a, PRESENCE_AVAILABLE);
	else
		agent_works(w, a);
}

/* ---- time ---- */

static void tick(void *arg)
{
	struct ticker *t = arg;
	struct world *w = t->w;
	uint32_t wait = w->quiet ? 500 : t->agent ? AGENT_MS : PERSON_MS;

	if (w->failed)
		return;
	if (t->agent)
		agent_acts(w, &w->agents[t->who]);
	else if (!w->quiet)
		person_acts(w, &w->persons[t->who]);
	sched_after(&w->sim.sched, 50 + draw(w, wait), tick, t);
}

void people_begin(struct world *w)
{
	for (unsigned i = 0; i < AGENTS + PERSONS; i++) {
		struct ticker *t = &w->tickers[i];

		*t = (struct ticker){
			.w = w, .who = i < AGENTS ? i : i - AGENTS, .agent = i < AGENTS};
		sched_after(&w->sim.sched, draw(w, 2000), tick, t);
	}
}

void people_new_life(struct world *w)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		struct sim_agent *a = &w->agents[i];

		if (a->connected)
			a->ok_until_ms = w->sim.now_ms;
		a->connected = false;
	}
}

/* ---- setting up ---- */

void people_init(struct world *w)
{
	struct entropy e = world_entropy(w);

	for (unsigned i = 0; i < QUEUES; i++)
		w->queues[i] = sg_id_make(1, &e);
	for (unsigned i = 0; i < AGENTS; i++) {
		struct sim_agent *a = &w->agents[i];

		a->id = sg_id_make(2, &e);
		a->actor = (struct actor){.role = i == 0 ? ROLE_MANAGER : ROLE_AGENT, .id = a->id};
		a->capacity = 1 + draw(w, 3);
		a->queues[i % QUEUES] = true;
		a->queues[(i + 1) % QUEUES] = draw(w, 2) == 1;
		a->published = PRESENCE_OFFLINE;
	}
	for (unsigned i = 0; i < PERSONS; i++) {
		struct sim_person *p = &w->persons[i];

		p->id = sg_id_make(3, &e);
		p->actor = (struct actor){.role = ROLE_CUSTOMER, .id = p->id};
		p->one_by_one = draw(w, 2) == 1;
		snprintf(p->email, sizeof(p->email), "p%u@example.com", i);
	}
}

struct hiring {
	struct world *w;
	struct agent_cmd cmd;
	char queues[128];
};

static enum sg_status decide_hire(struct work *work, void *arg)
{
	struct hiring *h = arg;
	struct decision dec = {.n = 0};
	const struct agent *a = work_agent(work, &h->cmd.id);

	if (!a)
		return SG_E_AGAIN;
	h->cmd.now_ms = work_now(work);
	SG_TRY(agent_decide(a, &h->cmd, &dec));
	work_emit(work, &dec);
	return SG_OK;
}

static void hired(const struct work_answer *answer, void *arg)
{
	struct hiring *h = arg;

	if (answer->st != SG_OK)
		fail(h->w, "not hired: %s", sg_status_name(answer->st));
}

static void hire(struct world *w, const struct sim_agent *a, unsigned no)
{
	struct hiring *h = calloc(1, sizeof(*h));
	char id[SG_ID_TEXT + 1];
	size_t n = 0;

	SG_ASSERT(h != NULL);
	h->w = w;
	for (unsigned q = 0; q < QUEUES; q++) {
		if (!a->queues[q])
			continue;
		sg_id_text(&w->queues[q], id);
		n += (size_t)snprintf(h->queues + n, sizeof(h->queues) - n, "%s\"%s\"",
				      n ? "," : "[", id);
	}
	snprintf(h->queues + n, sizeof(h->queues) - n, "]");
	h->cmd = (struct agent_cmd){.kind = AGENT_PUT, .id = a->id};
	h->cmd.f = (struct facts){
		.name = no % 2 ? STR("Ada") : STR("Ben"),
		.email = STR("agent@example.com"),
		.role = a->actor.role,
		.capacity = a->capacity,
		.queues = str_from(h->queues),
		.active = true,
	};
	struct work_spec spec = {.decide = decide_hire, .done = hired, .free_arg = free, .arg = h};

	if (flow_submit(w->life->app->flow, &spec) != SG_OK)
		fail(w, "no room to set up");
}

void people_set_up(struct world *w)
{
	struct contact_call call = {.actor = {.role = ROLE_NONE}};

	for (unsigned i = 0; i < QUEUES; i++) {
		struct event ev = {.kind = EVENT_QUEUE_PUT, .stream = w->queues[i]};

		ev.f.name = i ? STR("Second") : STR("First");
		ev.f.offer_ms = 5000;
		ev.f.active = true;
		contact_put(w->life->app, &call, &ev, 1);
	}
	for (unsigned i = 0; i < PERSONS; i++) {
		struct event ev[2] = {{.kind = EVENT_PERSON_PUT, .stream = w->persons[i].id},
				      {.kind = EVENT_IDENTITY_LINKED, .stream = w->persons[i].id}};

		ev[0].f.name = STR("Somebody");
		ev[0].f.ring = RING_CUSTOMER;
		ev[1].f.identity_kind = IDENTITY_KIND_EMAIL;
		ev[1].f.value_text = str_from(w->persons[i].email);
		ev[1].f.verified = true;
		contact_put(w->life->app, &call, ev, 2);
	}
	for (unsigned i = 0; i < AGENTS; i++)
		hire(w, &w->agents[i], i);
}
