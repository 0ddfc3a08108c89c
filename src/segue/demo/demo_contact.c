#include "segue/demo/demo_priv.h"

/* What may happen, and how often; see the shapes in demo.h. */
#define MISSED_CHANCE .07
#define REJECTED_CHANCE .05
#define TRANSFER_CHANCE .07
#define IMPATIENT_CHANCE .05
#define END_BY_AGENT .5
#define END_BY_PERSON .35 /* else the agent wraps up at once, which ends it */

enum { SERVICE_MEAN_S = 8 * 60, SERVICE_MORE_S = 72, SERVICE_LONGEST_S = 90 * 60, LEAST_GAP_S = 3 };

struct plan {
	struct demo *d;
	struct demo_contact *c;
	int64_t at_ms;
	unsigned queue, agent;
	int64_t *slot; /* the place of `agent` that it takes */
};

static int64_t ms(double seconds)
{
	return (int64_t)(seconds * (double)DEMO_SECOND_MS);
}

static void add(struct plan *p, enum demo_step_kind kind, unsigned what)
{
	struct demo_contact *c = p->c;

	SG_ASSERT(c->n_steps < DEMO_STEPS_MAX);
	c->steps[c->n_steps++] = (struct demo_step){
		.at_ms = p->at_ms, .kind = kind, .agent = p->agent, .what = what};
}

/* ---- who takes it ---- */

static bool serves(const struct demo_agent *a, unsigned queue)
{
	for (unsigned i = 0; i < a->queues.n; i++) {
		if (a->queues.at[i] == queue)
			return a->role == ROLE_AGENT;
	}
	return false;
}

static int64_t *freest(struct demo_agent *a)
{
	int64_t *best = &a->free_ms[0];

	for (unsigned i = 1; i < a->capacity; i++) {
		if (a->free_ms[i] < *best)
			best = &a->free_ms[i];
	}
	return best;
}

/* Contacts the agent has at this moment. */
static unsigned held(const struct demo_agent *a, int64_t at_ms)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->capacity; i++)
		n += a->free_ms[i] > at_ms;
	return n;
}

/* Anybody of the queue with a free place, else who is free first; not `but`. False: there is
 * nobody. */
static bool find_agent(struct plan *p, unsigned but)
{
	struct demo_content *c = &p->d->content;
	unsigned seen = 0;
	int64_t *first = NULL;

	for (unsigned i = 0; i < c->n_agents; i++) {
		if (i == but || !serves(&c->agents[i], p->queue))
			continue;
		int64_t *slot = freest(&c->agents[i]);
		bool is_free = *slot <= p->at_ms;

		/* Each of the free ones is as likely as the others (reservoir sampling). */
		if (is_free ? demo_random_below(&p->d->talk, ++seen) == 0
			    : !seen && (!first || *slot < *first)) {
			first = slot;
			p->slot = slot;
			p->agent = i;
		}
	}
	if (first && *first > p->at_ms)
		p->at_ms = *first + DEMO_SECOND_MS;
	return first != NULL;
}

static bool find_hero_agent(struct plan *p)
{
	struct demo_agent *a = &p->d->content.agents[p->c->hero_agent];

	if (!serves(a, p->queue) || *freest(a) > p->at_ms)
		return find_agent(p, p->d->content.n_agents);
	p->slot = freest(a);
	p->agent = p->c->hero_agent;
	return true;
}

/* ---- waiting ---- */

static int64_t patience(struct demo *d)
{
	if (demo_random_chance(&d->talk, IMPATIENT_CHANCE))
		return ms(2 + demo_random_exponential(&d->talk, 5));
	return ms(2 + demo_random_weibull(&d->talk, .8, 600));
}

static void miss(struct plan *p)
{
	unsigned agent = p->agent;

	if (!find_agent(p, agent))
		return;
	add(p, DEMO_STEP_OFFER, 0);
	p->at_ms += p->d->content.queues[p->queue].offer_ms;
	add(p, DEMO_STEP_EXPIRE, 0);
}

static void reject(struct plan *p)
{
	unsigned agent = p->agent;

	if (!find_agent(p, agent))
		return;
	add(p, DEMO_STEP_OFFER, 0);
	p->at_ms += ms(3 + 7 * demo_random_unit(&p->d->talk));
	add(p, DEMO_STEP_REJECT, 0);
}

/* The offer rings and is taken; before that, another may have let it ring or said no. */
static void take(struct plan *p, bool is_smooth)
{
	struct demo_random *r = &p->d->talk;
	unsigned agent = p->agent;
	int64_t *slot = p->slot;

	if (!is_smooth && demo_random_chance(r, MISSED_CHANCE))
		miss(p);
	else if (!is_smooth && demo_random_chance(r, REJECTED_CHANCE))
		reject(p);
	p->agent = agent;
	p->slot = slot;
	p->at_ms += ms(.2 + demo_random_unit(r));
	add(p, DEMO_STEP_OFFER, 0);
	p->at_ms += ms(2 + 10 * demo_random_unit(r));
	add(p, DEMO_STEP_ACCEPT, 0);
}

/* ---- talking ---- */

/* Where the agent may hand it on: an answer in the middle, which the next one then gives; 0:
 * nowhere. */
static unsigned transfer_turn(struct plan *p)
{
	const struct demo_dialogue *g = p->c->dialogue;

	if (p->c->is_hero || !demo_random_chance(&p->d->talk, TRANSFER_CHANCE))
		return 0;
	for (unsigned i = 3; i + 1 < g->n_turns; i++) {
		if (g->turns[i].by_agent)
			return i;
	}
	return 0;
}

/* To another queue or to a colleague of the same; nothing happens when there is nobody. */
static void transfer(struct plan *p)
{
	struct demo *d = p->d;
	unsigned from = p->agent, queue = p->queue;
	int64_t *slot = p->slot, left_ms = p->at_ms;
	bool to_queue = d->content.n_queues > 1 && demo_random_chance(&d->talk, .5);

	if (to_queue)
		p->queue = (queue + 1 + demo_random_below(&d->talk, d->content.n_queues - 1)) %
			   d->content.n_queues;
	p->at_ms += ms(10 + demo_random_exponential(&d->talk, 25));
	if (!find_agent(p, from)) {
		p->queue = queue;
		p->agent = from;
		p->slot = slot;
		return;
	}
	unsigned to = p->agent;
	int64_t taken_ms = p->at_ms;

	*slot = left_ms;
	p->at_ms = left_ms;
	p->agent = from;
	add(p, to_queue ? DEMO_STEP_TO_QUEUE : DEMO_STEP_TO_AGENT, to_queue ? p->queue : to);
	p->at_ms = taken_ms;
	p->agent = to;
	take(p, true);
}

/* Gaps between messages, lognormal, stretched so that the whole lasts as long as services do. */
static void talk(struct plan *p)
{
	struct demo_random *r = &p->d->talk;
	const struct demo_dialogue *g = p->c->dialogue;
	double gaps[DEMO_TURNS_MAX] = {0}, sum = 0;
	double more = SERVICE_MORE_S * held(&p->d->content.agents[p->agent], p->at_ms);
	double lasts = demo_random_lognormal_cv(r, SERVICE_MEAN_S + more, .8);
	unsigned hand_on = transfer_turn(p);

	for (unsigned i = 1; i < g->n_turns; i++)
		sum += gaps[i] = demo_random_lognormal(r, 25, .7);
	if (lasts > SERVICE_LONGEST_S)
		lasts = SERVICE_LONGEST_S;
	for (unsigned i = 1; i < g->n_turns; i++) {
		p->at_ms += ms(LEAST_GAP_S + gaps[i] * lasts / sum);
		if (i == hand_on)
			transfer(p);
		add(p, g->turns[i].by_agent ? DEMO_STEP_ANSWER : DEMO_STEP_SAY, i);
	}
}

static void finish(struct plan *p)
{
	struct demo_random *r = &p->d->talk;
	double how = demo_random_unit(r);

	if (p->c->dialogue->note.n) {
		p->at_ms += ms(4 + demo_random_exponential(r, 15));
		add(p, DEMO_STEP_NOTE, 0);
	}
	p->at_ms += ms(1 + demo_random_exponential(r, 4));
	add(p, DEMO_STEP_READ, 0);
	p->at_ms += ms(1 + demo_random_exponential(r, 6));
	add(p, DEMO_STEP_PERSON_READ, 0);
	p->at_ms += ms(3 + demo_random_exponential(r, 12));
	if (how < END_BY_AGENT)
		add(p, DEMO_STEP_END, 0);
	else if (how < END_BY_AGENT + END_BY_PERSON)
		add(p, DEMO_STEP_LEAVE, 0);
	p->at_ms += ms(8 + demo_random_lognormal(r, 40, .6));
	add(p, DEMO_STEP_WRAP_UP, 0);
}

bool demo_contact_plan(struct demo *d, struct demo_contact *c, unsigned queue, int64_t at_ms)
{
	struct plan p = {.d = d, .c = c, .queue = queue};
	int64_t waits_ms = ms(demo_random_lognormal(&d->talk, 13, .9)), patience_ms = patience(d);

	p.at_ms = at_ms + waits_ms;
	if (!(c->is_hero ? find_hero_agent(&p) : find_agent(&p, d->content.n_agents)))
		return false;
	if (!c->is_hero && at_ms + patience_ms < p.at_ms) {
		p.at_ms = at_ms + patience_ms;
		add(&p, DEMO_STEP_ABANDON, 0);
		return p.at_ms < d->opt.now_ms;
	}
	take(&p, c->is_hero);
	talk(&p);
	finish(&p);
	if (p.at_ms >= d->opt.now_ms)
		return false;
	*p.slot = p.at_ms;
	return true;
}

/* ---- doing it ---- */

static struct actor agent_actor(const struct demo *d, unsigned agent)
{
	const struct demo_agent *a = &d->content.agents[agent];

	return (struct actor){.role = a->role, .id = a->id};
}

static unsigned queue_index(const struct demo *d, const struct sg_id *id)
{
	unsigned i = 0;

	while (!sg_id_eq(&d->content.queues[i].id, id))
		SG_ASSERT(++i < d->content.n_queues);
	return i;
}

static void give_offer(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		       struct facts *f)
{
	f->agent = d->content.agents[s->agent].id;
	f->expires_at = s->at_ms + d->content.queues[queue_index(d, &c->it.queue)].offer_ms;
}

static void give_answer(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
			struct facts *f)
{
	f->offer_no = c->it.offer_no;
	f->name = d->content.agents[s->agent].name;
}

static void give_turn(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		      struct facts *f)
{
	(void)d;
	f->leg = LEG_CHAT;
	f->text = c->dialogue->turns[s->what].text;
}

static void give_note(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		      struct facts *f)
{
	(void)d;
	(void)s;
	f->text = c->dialogue->note;
}

static void give_read(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		      struct facts *f)
{
	(void)d;
	(void)s;
	f->read_seq = (int64_t)c->it.seq;
}

static struct str handing_on(struct demo *d)
{
	static const char *const notes[] = {
		"Please take over: the first questions are answered, the rest is yours.",
		"I have read the history with them. They only need the last step from you.",
		"Not my field, sorry. All details are in the messages, please do not ask again.",
		"My shift ends. They are friendly and in a hurry.",
		"Needs somebody who may decide this. I have told them that you will take over.",
	};

	return str_from(notes[demo_random_below(&d->talk, sizeof(notes) / sizeof(notes[0]))]);
}

static void give_queue(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		       struct facts *f)
{
	(void)c;
	f->queue = d->content.queues[s->what].id;
	f->text = handing_on(d);
	d->sum.transfers++;
}

static void give_agent(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		       struct facts *f)
{
	(void)c;
	f->agent = d->content.agents[s->what].id;
	f->text = handing_on(d);
	d->sum.transfers++;
}

/* As the server does: what becomes of the contact, then what that means for its case. */
static void update_case(struct demo *d, const struct demo_contact *c, struct actor actor,
			int64_t at_ms, const struct facts *f)
{
	struct case_cmd cmd = {
		.kind = CASE_UPDATE, .id = c->it.case_id, .actor = actor, .now_ms = at_ms, .f = *f};

	cmd.f.interaction = c->it.id;
	demo_write_case(&d->write, &d->cases[c->case_index].st, &cmd);
}

static bool begins(struct str s, struct str with)
{
	return s.n >= with.n && str_eq((struct str){.p = s.p, .n = with.n}, with);
}

/* "Send the signed paper": the next step is the customer's. */
static bool is_for_person(struct str next_step)
{
	return begins(next_step, STR("Send ")) || begins(next_step, STR("Decide ")) ||
	       begins(next_step, STR("Ask "));
}

static void wrap_up(struct demo *d, struct demo_contact *c, const struct demo_step *s)
{
	const struct demo_dialogue *g = c->dialogue;
	struct interaction_cmd cmd = {.kind = INTERACTION_WRAP_UP,
				      .id = c->it.id,
				      .actor = agent_actor(d, s->agent),
				      .now_ms = s->at_ms,
				      .f = {.summary = g->summary, .outcome = g->outcome}};

	if (g->next_step.n)
		cmd.f.next_step = g->next_step;
	d->cases[c->case_index].agent = s->agent;
	cmd.f.due_at = demo_history_promise(d, c, s->at_ms);
	demo_write_interaction(&d->write, &c->it, &cmd);
	if (g->outcome != OUTCOME_RESOLVED && is_for_person(g->next_step))
		cmd.f.status = CASE_STATUS_WAITING_CUSTOMER;
	update_case(d, c, cmd.actor, s->at_ms, &cmd.f);
	demo_history_ended(d, c, false, s->at_ms);
}

static void give_up(struct demo *d, struct demo_contact *c, const struct demo_step *s)
{
	struct interaction_cmd cmd = {.kind = INTERACTION_END,
				      .id = c->it.id,
				      .actor = {.role = ROLE_CUSTOMER, .id = c->it.person},
				      .now_ms = s->at_ms};
	struct facts closed = {.status = CASE_STATUS_CLOSED,
			       .summary = STR("The contact ended before somebody could answer.")};

	demo_write_interaction(&d->write, &c->it, &cmd);
	update_case(d, c, (struct actor){.role = ROLE_NONE}, s->at_ms, &closed);
	demo_history_ended(d, c, true, s->at_ms);
}

enum by { BY_SEGUE, BY_AGENT, BY_PERSON };

static const struct {
	enum interaction_cmd_kind kind;
	enum by by;
	void (*give)(struct demo *d, const struct demo_contact *c, const struct demo_step *s,
		     struct facts *f);
	void (*instead)(struct demo *d, struct demo_contact *c, const struct demo_step *s);
} step_desc[DEMO_STEP_N] = {
	[DEMO_STEP_OFFER] = {INTERACTION_OFFER, BY_SEGUE, give_offer, NULL},
	[DEMO_STEP_ACCEPT] = {INTERACTION_ACCEPT, BY_AGENT, give_answer, NULL},
	[DEMO_STEP_REJECT] = {INTERACTION_REJECT, BY_AGENT, give_answer, NULL},
	[DEMO_STEP_EXPIRE] = {INTERACTION_EXPIRE, BY_SEGUE, give_answer, NULL},
	[DEMO_STEP_SAY] = {INTERACTION_MESSAGE, BY_PERSON, give_turn, NULL},
	[DEMO_STEP_ANSWER] = {INTERACTION_MESSAGE, BY_AGENT, give_turn, NULL},
	[DEMO_STEP_NOTE] = {INTERACTION_NOTE, BY_AGENT, give_note, NULL},
	[DEMO_STEP_READ] = {INTERACTION_READ, BY_AGENT, give_read, NULL},
	[DEMO_STEP_PERSON_READ] = {INTERACTION_READ, BY_PERSON, give_read, NULL},
	[DEMO_STEP_TO_QUEUE] = {INTERACTION_TRANSFER, BY_AGENT, give_queue, NULL},
	[DEMO_STEP_TO_AGENT] = {INTERACTION_TRANSFER, BY_AGENT, give_agent, NULL},
	[DEMO_STEP_ABANDON] = {INTERACTION_END, BY_PERSON, NULL, give_up},
	[DEMO_STEP_LEAVE] = {INTERACTION_END, BY_PERSON, NULL, NULL},
	[DEMO_STEP_END] = {INTERACTION_END, BY_AGENT, NULL, NULL},
	[DEMO_STEP_WRAP_UP] = {INTERACTION_WRAP_UP, BY_AGENT, NULL, wrap_up},
};

void demo_contact_step(struct demo *d, struct demo_contact *c)
{
	SG_ASSERT(c->next < c->n_steps);
	const struct demo_step *s = &c->steps[c->next++];
	struct interaction_cmd cmd = {
		.kind = step_desc[s->kind].kind, .id = c->it.id, .now_ms = s->at_ms};

	if (step_desc[s->kind].instead) {
		step_desc[s->kind].instead(d, c, s);
		return;
	}
	if (step_desc[s->kind].by == BY_AGENT)
		cmd.actor = agent_actor(d, s->agent);
	else if (step_desc[s->kind].by == BY_PERSON)
		cmd.actor = (struct actor){.role = ROLE_CUSTOMER, .id = c->it.person};
	if (step_desc[s->kind].give)
		step_desc[s->kind].give(d, c, s, &cmd.f);
	demo_write_interaction(&d->write, &c->it, &cmd);
}
