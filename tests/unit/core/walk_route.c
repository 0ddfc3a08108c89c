/* The model keeps arrays and looks at everything for every answer; it shares no code with
 * core/route.c. */
#include "walk_route.h"

#include <string.h>

#include "core/route.h"

enum { AGENTS = 7, CONTACTS = 14, QUEUES = 4, MEMORY = 64 * 1024 };

struct model_agent {
	bool known, available;
	unsigned capacity;
	bool in_queue[QUEUES];
	int64_t idle_since;
	unsigned session; /* counts the times they became available */
};

struct model_contact {
	enum { ABSENT, WAITING, HELD } state;
	int queue;  /* the last it waited in, -1: not remembered */
	int wanted; /* agent, -1: anybody */
	int holder;
	int64_t queued_at;
	int priority;
	struct {
		int agent;
		unsigned session;
	} rejects[ROUTE_REJECTS_MAX];
	int n_rejects;
};

struct world {
	struct tape *t;
	struct route *r;
	struct model_agent agents[AGENTS];
	struct model_contact contacts[CONTACTS];
	int64_t now;
	struct walk_route_result result;
};

/* Ids in an order that differs from the order of the numbers. */
static struct sg_id id_of(int group, int n)
{
	struct sg_id id = {{0}};

	id.b[0] = (uint8_t)group;
	id.b[1] = (uint8_t)(n * 37 % 16);
	id.b[15] = (uint8_t)n;
	return id;
}

static struct sg_id agent_id(int n)
{
	return id_of(1, n);
}

static struct sg_id contact_id(int n)
{
	return id_of(2, n);
}

static struct sg_id queue_id(int n)
{
	return id_of(3, n);
}

/* ---- the model ---- */

static unsigned held_by(const struct world *w, int agent)
{
	unsigned n = 0;

	for (int i = 0; i < CONTACTS; i++)
		n += w->contacts[i].state == HELD && w->contacts[i].holder == agent;
	return n;
}

static bool has_place(const struct world *w, int agent)
{
	const struct model_agent *a = &w->agents[agent];

	return a->known && a->available && held_by(w, agent) < a->capacity;
}

static bool has_rejected(const struct world *w, const struct model_contact *c, int agent)
{
	for (int i = 0; i < c->n_rejects; i++) {
		if (c->rejects[i].agent == agent &&
		    c->rejects[i].session == w->agents[agent].session)
			return true;
	}
	return false;
}

static bool contact_before(const struct world *w, int a, int b)
{
	const struct model_contact *x = &w->contacts[a], *y = &w->contacts[b];
	struct sg_id ia = contact_id(a), ib = contact_id(b);

	if (x->priority != y->priority)
		return x->priority > y->priority;
	if (x->queued_at != y->queued_at)
		return x->queued_at < y->queued_at;
	return memcmp(&ia, &ib, sizeof(ia)) < 0;
}

static bool agent_before(const struct world *w, int a, int b)
{
	struct sg_id ia = agent_id(a), ib = agent_id(b);

	if (held_by(w, a) != held_by(w, b))
		return held_by(w, a) < held_by(w, b);
	if (w->agents[a].idle_since != w->agents[b].idle_since)
		return w->agents[a].idle_since < w->agents[b].idle_since;
	return memcmp(&ia, &ib, sizeof(ia)) < 0;
}

static int wished_contact(const struct world *w, int agent)
{
	int best = -1;

	for (int i = 0; i < CONTACTS; i++) {
		const struct model_contact *c = &w->contacts[i];

		if (c->state != WAITING || c->wanted != agent || has_rejected(w, c, agent))
			continue;
		if (best < 0 || contact_before(w, i, best))
			best = i;
	}
	return best;
}

static int agent_for(const struct world *w, const struct model_contact *c)
{
	int best = -1;

	for (int a = 0; a < AGENTS; a++) {
		if (!has_place(w, a) || !w->agents[a].in_queue[c->queue] || has_rejected(w, c, a))
			continue;
		if (best < 0 || agent_before(w, a, best))
			best = a;
	}
	return best;
}

static bool expected_wish(const struct world *w, int *contact, int *agent)
{
	*agent = -1;
	for (int a = 0; a < AGENTS; a++) {
		struct sg_id ia = agent_id(a), ib = agent_id(*agent < 0 ? 0 : *agent);

		if (!has_place(w, a) || wished_contact(w, a) < 0)
			continue;
		if (*agent < 0 || memcmp(&ia, &ib, sizeof(ia)) < 0)
			*agent = a;
	}
	*contact = *agent < 0 ? -1 : wished_contact(w, *agent);
	return *agent >= 0;
}

static bool expected_next(const struct world *w, int *contact, int *agent)
{
	if (expected_wish(w, contact, agent))
		return true;
	*contact = -1;
	for (int i = 0; i < CONTACTS; i++) {
		const struct model_contact *c = &w->contacts[i];

		if (c->state != WAITING || c->wanted >= 0 || agent_for(w, c) < 0)
			continue;
		if (*contact < 0 || contact_before(w, i, *contact))
			*contact = i;
	}
	if (*contact < 0)
		return false;
	*agent = agent_for(w, &w->contacts[*contact]);
	return true;
}

static void forget_if_at_rest(struct model_contact *c)
{
	if (c->state == ABSENT && c->n_rejects == 0)
		c->queue = -1;
}

/* ---- checks ---- */

static void check_queue(const struct world *w, int q)
{
	struct sg_id id = queue_id(q);
	uint32_t waiting = 0, agents = 0, places = 0, got_agents, got_places;
	int64_t oldest = 0;

	for (int i = 0; i < CONTACTS; i++) {
		const struct model_contact *c = &w->contacts[i];

		if (c->state != WAITING || c->queue != q)
			continue;
		waiting++;
		if (oldest == 0 || c->queued_at < oldest)
			oldest = c->queued_at;
	}
	for (int a = 0; a < AGENTS; a++) {
		if (!w->agents[a].known || !w->agents[a].available || !w->agents[a].in_queue[q])
			continue;
		agents++;
		if (has_place(w, a))
			places += w->agents[a].capacity - held_by(w, a);
	}
	SG_ASSERT(route_waiting(w->r, &id) == waiting);
	SG_ASSERT(route_oldest_ms(w->r, &id) == oldest);
	route_staff(w->r, &id, &got_agents, &got_places);
	SG_ASSERT(got_agents == agents && got_places == places);
}

static uint32_t place_of(const struct world *w, int contact)
{
	const struct model_contact *c = &w->contacts[contact];
	uint32_t place = 1;

	if (c->state != WAITING)
		return 0;
	for (int i = 0; i < CONTACTS; i++) {
		const struct model_contact *o = &w->contacts[i];

		place += o->state == WAITING && o->queue == c->queue && i != contact &&
			 contact_before(w, i, contact);
	}
	return place;
}

static void check_world(const struct world *w)
{
	struct route_match match;
	int contact, agent;

	for (int q = 0; q < QUEUES; q++)
		check_queue(w, q);
	for (int i = 0; i < CONTACTS; i++) {
		struct sg_id id = contact_id(i);

		SG_ASSERT(route_position(w->r, &id) == place_of(w, i));
	}
	for (int a = 0; a < AGENTS; a++) {
		struct sg_id id = agent_id(a);

		SG_ASSERT(route_held(w->r, &id) == held_by(w, a));
	}
	if (!expected_next(w, &contact, &agent)) {
		SG_ASSERT(!route_next(w->r, &match));
		return;
	}

	struct sg_id want_contact = contact_id(contact), want_agent = agent_id(agent);

	SG_ASSERT(route_next(w->r, &match));
	SG_ASSERT(sg_id_eq(&match.interaction, &want_contact));
	SG_ASSERT(sg_id_eq(&match.agent, &want_agent));
}

/* ---- steps ---- */

static void step_agent_set(struct world *w)
{
	int n = (int)tape_below(w->t, AGENTS);
	struct model_agent *a = &w->agents[n];
	struct route_agent set = {.id = agent_id(n)};
	bool was_available = a->available;

	set.available = a->available = tape_below(w->t, 4) != 3;
	a->capacity = 1 + tape_below(w->t, 3);
	set.capacity = (uint8_t)a->capacity;
	a->known = true;
	for (int q = 0; q < QUEUES; q++) {
		a->in_queue[q] = tape_below(w->t, 2) == 0;
		if (a->in_queue[q])
			set.queues[set.n_queues++] = queue_id(q);
	}
	if (set.n_queues > 0 && tape_below(w->t, 4) == 3)
		set.queues[set.n_queues++] = set.queues[0]; /* named twice */
	if (a->available && !was_available) {
		a->idle_since = w->now;
		a->session++;
	}
	SG_ASSERT(route_agent_set(w->r, &set, w->now) == SG_OK);
}

static void step_agent_remove(struct world *w)
{
	int n = (int)tape_below(w->t, AGENTS);
	struct sg_id id = agent_id(n);

	w->agents[n].known = w->agents[n].available = false;
	route_agent_remove(w->r, &id);
}

static void step_enqueue(struct world *w)
{
	int n = (int)tape_below(w->t, CONTACTS);
	struct model_contact *c = &w->contacts[n];
	int queue = (int)tape_below(w->t, QUEUES);
	struct route_contact add = {.id = contact_id(n), .queue = queue_id(queue)};

	if (c->queue >= 0 && c->queue != queue)
		c->n_rejects = 0;
	c->state = WAITING;
	c->queue = queue;
	c->wanted = tape_below(w->t, 4) == 3 ? (int)tape_below(w->t, AGENTS) : -1;
	c->priority = tape_below(w->t, 4) == 3 ? (int)tape_below(w->t, 3) - 1 : 0;
	c->queued_at = 1 + tape_below(w->t, 50);
	add.queued_at_ms = c->queued_at;
	add.priority = c->priority;
	if (c->wanted >= 0)
		add.wanted_agent = agent_id(c->wanted);
	SG_ASSERT(route_enqueue(w->r, &add) == SG_OK);
}

static void step_dequeue(struct world *w)
{
	int n = (int)tape_below(w->t, CONTACTS);
	struct model_contact *c = &w->contacts[n];
	struct sg_id id = contact_id(n);

	c->n_rejects = 0;
	if (c->state == WAITING)
		c->state = ABSENT;
	forget_if_at_rest(c);
	route_dequeue(w->r, &id);
}

static void hold(struct world *w, int contact, int agent)
{
	struct sg_id ic = contact_id(contact), ia = agent_id(agent);

	w->contacts[contact].state = HELD;
	w->contacts[contact].holder = agent;
	route_hold(w->r, &ic, &ia);
}

/* As after a restart: whatever the rules would say. */
static void step_hold(struct world *w)
{
	int contact = (int)tape_below(w->t, CONTACTS);

	hold(w, contact, (int)tape_below(w->t, AGENTS));
}

static void release(struct world *w, int n)
{
	struct model_contact *c = &w->contacts[n];
	struct sg_id id = contact_id(n);

	if (c->state == HELD) {
		c->state = ABSENT;
		w->agents[c->holder].idle_since = w->now;
		forget_if_at_rest(c);
	}
	route_release(w->r, &id, w->now);
}

static void step_release(struct world *w)
{
	release(w, (int)tape_below(w->t, CONTACTS));
}

static void reject(struct world *w, int contact, int agent)
{
	struct model_contact *c = &w->contacts[contact];
	struct sg_id ic = contact_id(contact), ia = agent_id(agent);

	w->result.rejects++;
	if (w->agents[agent].known && w->agents[agent].available && !has_rejected(w, c, agent)) {
		if (c->n_rejects == ROUTE_REJECTS_MAX)
			memmove(c->rejects, c->rejects + 1, --c->n_rejects * sizeof(c->rejects[0]));
		c->rejects[c->n_rejects].agent = agent;
		c->rejects[c->n_rejects++].session = w->agents[agent].session;
	}
	route_reject(w->r, &ic, &ia);
}

static void step_reject(struct world *w)
{
	int contact = (int)tape_below(w->t, CONTACTS);
	struct model_contact *c = &w->contacts[contact];

	/* mostly by whom it is with, and back into the line */
	if (c->state != HELD || tape_below(w->t, 4) == 3) {
		reject(w, contact, (int)tape_below(w->t, AGENTS));
		return;
	}
	reject(w, contact, c->holder);
	release(w, contact);
}

static void step_forgive(struct world *w)
{
	int n = (int)tape_below(w->t, CONTACTS);
	struct sg_id id = contact_id(n);

	w->contacts[n].n_rejects = 0;
	forget_if_at_rest(&w->contacts[n]);
	route_forgive(w->r, &id);
}

/* Nobody may still wait whom a free agent could take, unless all of these have rejected it. */
static void check_at_rest(struct world *w)
{
	for (int i = 0; i < CONTACTS; i++) {
		const struct model_contact *c = &w->contacts[i];

		for (int a = 0; a < AGENTS && c->state == WAITING; a++) {
			bool fits =
				c->wanted < 0 ? w->agents[a].in_queue[c->queue] : c->wanted == a;

			if (!fits || !has_place(w, a))
				continue;
			SG_ASSERT(has_rejected(w, c, a));
			w->result.blocked++;
		}
	}
}

static void step_match(struct world *w)
{
	int contact, agent;

	while (expected_next(w, &contact, &agent)) {
		check_world(w);
		w->result.matches++;
		w->result.wishes += w->contacts[contact].wanted == agent;
		hold(w, contact, agent);
		SG_ASSERT(held_by(w, agent) <= w->agents[agent].capacity);
	}
	check_at_rest(w);
}

typedef void step_fn(struct world *w);

static step_fn *const steps[] = {
	step_enqueue, step_agent_set, step_match,   step_release, step_enqueue,      step_reject,
	step_enqueue, step_match,     step_release, step_reject,  step_agent_set,    step_hold,
	step_dequeue, step_forgive,   step_match,   step_reject,  step_agent_remove,
};

struct walk_route_result walk_route(struct tape *t)
{
	static _Alignas(16) unsigned char memory[MEMORY];
	/* as tight as it may be: every record and every shelf is needed */
	const struct route_limits limits = {.agents = AGENTS, .waiting = CONTACTS};
	struct world w = {.t = t};

	SG_ASSERT(route_size(&limits) <= sizeof(memory));
	memset(memory, 0xa5, sizeof(memory)); /* nothing may rely on zeroed memory */
	w.r = route_init(memory, &limits);
	for (int i = 0; i < CONTACTS; i++)
		w.contacts[i].queue = -1;
	while (t->pos < t->len) {
		w.now += tape_below(t, 3);
		steps[tape_below(t, sizeof(steps) / sizeof(steps[0]))](&w);
		check_world(&w);
	}
	return w.result;
}
