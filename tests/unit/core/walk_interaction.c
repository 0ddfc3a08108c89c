#include "walk_interaction.h"

#include <string.h>

enum { PERSONS = 2, AGENTS = 3 };

static struct sg_id id_of(unsigned group, unsigned n)
{
	struct sg_id id = {{0}};

	id.b[0] = (uint8_t)group;
	id.b[15] = (uint8_t)n;
	return id;
}

static struct sg_id person(unsigned n)
{
	return id_of(1, n + 1);
}

static struct sg_id agent(unsigned n)
{
	return id_of(2, n + 1);
}

/* What the walk knows of the interaction without asking it. */
struct model {
	struct interaction it;
	int64_t now_ms, started_ms;
	unsigned messages;
	uint32_t offers;
};

/* Nothing happens before the start, and little before an offer. */
static enum interaction_cmd_kind draw_kind(struct tape *t, const struct interaction *it)
{
	if (it->seq == 0)
		return INTERACTION_START;
	if (it->state == INTERACTION_QUEUED && tape_below(t, 3) == 0)
		return INTERACTION_OFFER;
	return (enum interaction_cmd_kind)tape_below(t, INTERACTION_CMD_N);
}

static struct actor draw_anybody(struct tape *t)
{
	enum role role = (enum role)tape_below(t, ROLE_N);

	if (role == ROLE_CUSTOMER)
		return (struct actor){role, person(tape_below(t, PERSONS))};
	return (struct actor){role, agent(tape_below(t, AGENTS))};
}

/* Mostly somebody who may, or walks would not get far. */
static struct actor draw_actor(struct tape *t, const struct interaction *it,
			       enum interaction_cmd_kind kind)
{
	const unsigned of_segue = 1U << INTERACTION_OFFER | 1U << INTERACTION_EXPIRE |
				  1U << INTERACTION_WITHDRAW | 1U << INTERACTION_REQUEUE;
	const unsigned of_person =
		1U << INTERACTION_START | 1U << INTERACTION_MESSAGE | 1U << INTERACTION_READ;

	if (tape_below(t, 4) == 3)
		return draw_anybody(t);
	if (of_segue >> kind & 1)
		return (struct actor){.role = ROLE_NONE};
	if ((of_person >> kind & 1) && tape_below(t, 2) == 0)
		return (struct actor){ROLE_CUSTOMER, it->seq ? it->person : person(0)};
	return (struct actor){ROLE_AGENT, it->agent};
}

static bool rarely(struct tape *t)
{
	return tape_below(t, 8) == 7;
}

/* Mostly sound; each fact is wrong or missing now and then. */
static void draw_facts(struct tape *t, const struct model *m, enum interaction_cmd_kind kind,
		       struct facts *f)
{
	static const char text[] = "h\xc3\xa9llo";
	bool to_agent = kind == INTERACTION_OFFER || tape_below(t, 2);

	f->person = person(rarely(t) ? tape_below(t, PERSONS) : 0);
	f->case_id = id_of(3, 1);
	f->queue = rarely(t) ? SG_ID_NONE : id_of(4, tape_below(t, 3));
	f->agent = to_agent && !rarely(t) ? agent(tape_below(t, AGENTS)) : SG_ID_NONE;
	f->channel = rarely(t) ? (enum channel)tape_below(t, CHANNEL_N) : CHANNEL_CHAT;
	f->leg = (enum leg)tape_below(t, LEG_N);
	f->reason = rarely(t) ? (enum reason)tape_below(t, REASON_N) : REASON_NONE;
	f->outcome = rarely(t) ? OUTCOME_NONE : OUTCOME_PARTLY;
	/* cut inside the second character, too */
	f->text = (struct str){text, rarely(t) ? tape_below(t, sizeof(text)) : sizeof(text) - 1};
	f->offer_no = (int64_t)m->it.offer_no - (rarely(t) ? tape_below(t, 3) : 0);
	f->read_seq = (int64_t)tape_below(t, (uint32_t)m->it.seq + 2);
	f->expires_at = m->now_ms + (rarely(t) ? 0 : 20000);
	f->priority = (int64_t)tape_below(t, 5) - 2;
	if (rarely(t)) {
		f->file = id_of(5, 1);
		f->name = rarely(t) ? (struct str){0} : STR("photo.jpg");
	}
}

static void check_event(struct model *m, const struct event *ev, const struct interaction_cmd *cmd)
{
	const struct interaction *it = &m->it;
	uint64_t seq = it->seq;
	uint32_t offers = it->offer_no;

	SG_ASSERT(ev->seq == seq + 1 && sg_id_eq(&ev->stream, &cmd->id));
	SG_ASSERT(ev->at_ms == cmd->now_ms && ev->actor.role == cmd->actor.role);
	interaction_apply(&m->it, ev);
	SG_ASSERT(interaction_is_sound(it) && it->seq == seq + 1);
	SG_ASSERT(it->offer_no >= offers);
	m->messages += ev->kind == EVENT_MESSAGE_SENT;
	m->offers += ev->kind == EVENT_OFFERED;
	SG_ASSERT(it->messages == m->messages && it->offer_no == m->offers);
	if (ev->kind == EVENT_QUEUED)
		SG_ASSERT(ev->f.queued_at == m->started_ms);
}

/* The public acts on its own only, and strangers among the agents note at most. */
static void check_rights(const struct interaction *before, const struct interaction_cmd *cmd)
{
	struct sg_id holder = interaction_holder(before);
	const struct actor *a = &cmd->actor;

	SG_ASSERT(a->role != ROLE_INTEGRATOR);
	if (a->role == ROLE_CUSTOMER) {
		const struct sg_id *whose = before->seq ? &before->person : &cmd->f.person;

		SG_ASSERT(sg_id_eq(whose, &a->id));
		SG_ASSERT(cmd->kind == INTERACTION_START || cmd->kind == INTERACTION_MESSAGE ||
			  cmd->kind == INTERACTION_READ || cmd->kind == INTERACTION_END);
	}
	if (a->role == ROLE_AGENT && !sg_id_eq(&holder, &a->id))
		SG_ASSERT(cmd->kind == INTERACTION_NOTE);
}

static bool take(struct model *m, const struct interaction_cmd *cmd)
{
	const struct interaction before = m->it;
	struct decision d;
	enum sg_status st = interaction_decide(&m->it, cmd, &d);

	SG_ASSERT(memcmp(&before, &m->it, sizeof(before)) == 0);
	if (st != SG_OK) {
		SG_ASSERT(d.n == 0 && d.why && *d.why);
		return false;
	}
	SG_ASSERT(d.n > 0 && d.n <= DECISION_MAX && !d.why);
	check_rights(&before, cmd);
	if (cmd->kind == INTERACTION_START)
		m->started_ms = cmd->now_ms;
	for (unsigned i = 0; i < d.n; i++)
		check_event(m, &d.ev[i], cmd);
	if (before.state == INTERACTION_CLOSED)
		SG_ASSERT(m->it.state == INTERACTION_CLOSED);
	return true;
}

struct walk_result walk_interaction(struct tape *t)
{
	struct model m = {.now_ms = 1000};
	struct walk_result result = {0};

	while (t->pos < t->len) {
		struct interaction_cmd cmd;

		memset(&cmd, 0, sizeof(cmd));
		cmd.kind = draw_kind(t, &m.it);
		cmd.id = id_of(9, 1);
		cmd.actor = draw_actor(t, &m.it, cmd.kind);
		cmd.now_ms = m.now_ms += tape_below(t, 5000);
		draw_facts(t, &m, cmd.kind, &cmd.f);
		*(take(&m, &cmd) ? &result.taken : &result.refused) += 1;
		result.reached[m.it.state]++;
		if (m.it.state == INTERACTION_CLOSED && tape_below(t, 4) == 0)
			m = (struct model){.now_ms = m.now_ms};
	}
	return result;
}
