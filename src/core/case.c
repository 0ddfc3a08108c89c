#include "core/case.h"

#include "core/feedback.h"

/* Who may do what; a person only on their own case. */
enum who { BY_PERSON = 1 << 0, BY_STAFF = 1 << 1, BY_SEGUE = 1 << 2 };

static const unsigned role_is[ROLE_N] = {
	[ROLE_NONE] = BY_SEGUE,    [ROLE_CUSTOMER] = BY_PERSON, [ROLE_AGENT] = BY_STAFF,
	[ROLE_MANAGER] = BY_STAFF, [ROLE_ADMIN] = BY_STAFF,
};

static const unsigned cmd_who[CASE_CMD_N] = {
	[CASE_OPEN] = BY_PERSON | BY_STAFF | BY_SEGUE,
	[CASE_CONTACT] = BY_PERSON | BY_STAFF | BY_SEGUE,
	[CASE_UPDATE] = BY_STAFF | BY_SEGUE,
	[CASE_FEEDBACK] = BY_PERSON,
};

static const enum case_status after_outcome[OUTCOME_N] = {
	[OUTCOME_NONE] = CASE_STATUS_NONE,
	[OUTCOME_RESOLVED] = CASE_STATUS_RESOLVED,
	[OUTCOME_PARTLY] = CASE_STATUS_WAITING_COMPANY,
	[OUTCOME_UNRESOLVED] = CASE_STATUS_OPEN,
	[OUTCOME_FOLLOW_UP] = CASE_STATUS_WAITING_COMPANY,
};

enum case_status case_status_after(enum outcome outcome)
{
	SG_ASSERT((unsigned)outcome < OUTCOME_N);
	return after_outcome[outcome];
}

static bool is_settled(enum case_status st)
{
	return st == CASE_STATUS_RESOLVED || st == CASE_STATUS_CLOSED;
}

bool case_is_sound(const struct case_ *c)
{
	if (c->seq == 0)
		return c->status == CASE_STATUS_NONE;
	if (sg_id_is_none(&c->id) || sg_id_is_none(&c->person) || c->number <= 0)
		return false;
	if (c->status == CASE_STATUS_NONE || (unsigned)c->status >= CASE_STATUS_N)
		return false;
	/* only the moment between case_opened and its first contact is without one */
	if ((c->seq > 1 && c->contacts == 0) ||
	    (c->contacts > 0) == sg_id_is_none(&c->last_interaction))
		return false;
	return c->feedback_version <= CASE_FEEDBACK_MAX && c->contacts < c->seq;
}

bool case_may_see(const struct case_ *c, struct actor actor)
{
	if (c->seq == 0 || (unsigned)actor.role >= ROLE_N)
		return false;
	if (actor.role == ROLE_CUSTOMER)
		return sg_id_eq(&c->person, &actor.id);
	return role_is[actor.role] != 0;
}

static struct event *add(struct decision *out, enum event_kind kind, const struct case_cmd *cmd)
{
	return decision_add(out, kind, &cmd->id, cmd->actor, cmd->now_ms);
}

typedef enum sg_status rule_fn(const struct case_ *c, const struct case_cmd *cmd,
			       struct decision *out);

static enum sg_status rule_open(const struct case_ *c, const struct case_cmd *cmd,
				struct decision *out)
{
	const struct facts *f = &cmd->f;

	if (c->seq > 0)
		return decision_refuse(out, SG_E_STATE, "already_open");
	if (sg_id_is_none(&cmd->id))
		return decision_refuse(out, SG_E_INPUT, "case");
	if (f->number <= 0)
		return decision_refuse(out, SG_E_INPUT, "number");
	if (sg_id_is_none(&f->person))
		return decision_refuse(out, SG_E_INPUT, "person");
	if (sg_id_is_none(&f->interaction))
		return decision_refuse(out, SG_E_INPUT, "interaction");
	event_take(add(out, EVENT_CASE_OPENED, cmd), f);
	event_take(add(out, EVENT_CASE_CONTACT_ADDED, cmd), f);
	return SG_OK;
}

static enum sg_status rule_contact(const struct case_ *c, const struct case_cmd *cmd,
				   struct decision *out)
{
	if (sg_id_is_none(&cmd->f.interaction))
		return decision_refuse(out, SG_E_INPUT, "interaction");
	if (sg_id_eq(&cmd->f.interaction, &c->last_interaction))
		return decision_refuse(out, SG_E_AGAIN, "already_added");
	event_take(add(out, EVENT_CASE_CONTACT_ADDED, cmd), &cmd->f);
	if (is_settled(c->status))
		event_take(add(out, EVENT_CASE_REOPENED, cmd), &cmd->f);
	return SG_OK;
}

static bool says_nothing(const struct facts *f)
{
	return f->status == CASE_STATUS_NONE && f->outcome == OUTCOME_NONE && f->summary.n == 0 &&
	       !f->next_step.p && f->due_at == 0 && sg_id_is_none(&f->topic);
}

/* A closed case is reopened by a contact, not by an edit; but a wrap-up that comes after the
 * closing and leaves work to do must not lose that work. */
static enum sg_status rule_update(const struct case_ *c, const struct case_cmd *cmd,
				  struct decision *out)
{
	const struct facts *f = &cmd->f;

	if ((unsigned)f->status >= CASE_STATUS_N || (unsigned)f->outcome >= OUTCOME_N)
		return decision_refuse(out, SG_E_INPUT, "status");
	if (says_nothing(f))
		return decision_refuse(out, SG_E_INPUT, "nothing_to_update");

	bool was_closed = c->status == CASE_STATUS_CLOSED;
	enum case_status to = f->status;

	if (was_closed && to != CASE_STATUS_NONE && to != CASE_STATUS_CLOSED)
		return decision_refuse(out, SG_E_STATE, "closed");
	if (to == CASE_STATUS_NONE)
		to = case_status_after(f->outcome);
	if (to == CASE_STATUS_NONE || (was_closed && is_settled(to)))
		to = c->status;
	if (was_closed && to != CASE_STATUS_CLOSED)
		event_take(add(out, EVENT_CASE_REOPENED, cmd), f);

	struct event *ev = add(out, EVENT_CASE_UPDATED, cmd);

	event_take(ev, f);
	ev->f.status = to;
	return SG_OK;
}

static enum sg_status rule_feedback(const struct case_ *c, const struct case_cmd *cmd,
				    struct decision *out)
{
	const char *fault = feedback_fault(&cmd->f);

	if (fault)
		return decision_refuse(out, SG_E_INPUT, fault);
	if (c->feedback_version >= CASE_FEEDBACK_MAX)
		return decision_refuse(out, SG_E_LIMIT, "too_many_answers");

	struct event *ev = add(out, EVENT_FEEDBACK_GIVEN, cmd);

	event_take(ev, &cmd->f);
	ev->f.version = (int64_t)c->feedback_version + 1;
	if (sg_id_is_none(&ev->f.interaction))
		ev->f.interaction = c->last_interaction;
	return SG_OK;
}

static rule_fn *const rules[CASE_CMD_N] = {
	[CASE_OPEN] = rule_open,
	[CASE_CONTACT] = rule_contact,
	[CASE_UPDATE] = rule_update,
	[CASE_FEEDBACK] = rule_feedback,
};

static const char *hidden_why(const struct case_ *c, const struct case_cmd *cmd)
{
	struct actor actor = cmd->actor;

	if ((unsigned)actor.role >= ROLE_N || !(role_is[actor.role] & cmd_who[cmd->kind]))
		return "not_for_your_role";
	if (c->seq == 0 && cmd->kind != CASE_OPEN)
		return "not_found";

	const struct sg_id *person = c->seq ? &c->person : &cmd->f.person;

	if (actor.role == ROLE_CUSTOMER && !sg_id_eq(person, &actor.id))
		return "not_your_case";
	return NULL;
}

enum sg_status case_decide(const struct case_ *before, const struct case_cmd *cmd,
			   struct decision *out)
{
	SG_ASSERT((unsigned)cmd->kind < CASE_CMD_N);
	SG_ASSERT(case_is_sound(before));
	SG_ASSERT(before->seq == 0 || sg_id_eq(&before->id, &cmd->id));
	out->n = 0;
	out->why = NULL;

	const char *hidden = hidden_why(before, cmd);

	if (hidden)
		return decision_refuse(out, SG_E_NOT_FOUND, hidden);
	SG_TRY(rules[cmd->kind](before, cmd, out));
	SG_TRY(decision_finish(out, before->seq));

	struct case_ after = *before;

	for (unsigned i = 0; i < out->n; i++)
		case_apply(&after, &out->ev[i]);
	return SG_OK;
}

static void on_opened(struct case_ *c, const struct event *ev)
{
	c->id = ev->stream;
	c->number = ev->f.number;
	c->person = ev->f.person;
	c->item = ev->f.item;
	c->topic = ev->f.topic;
	c->status = CASE_STATUS_OPEN;
}

static void on_contact(struct case_ *c, const struct event *ev)
{
	c->contacts++;
	c->last_interaction = ev->f.interaction;
}

static void on_updated(struct case_ *c, const struct event *ev)
{
	c->status = ev->f.status;
	if (!sg_id_is_none(&ev->f.topic))
		c->topic = ev->f.topic;
}

static void on_reopened(struct case_ *c, const struct event *ev)
{
	(void)ev;
	c->status = CASE_STATUS_OPEN;
}

static void on_feedback(struct case_ *c, const struct event *ev)
{
	c->feedback_version = (uint32_t)ev->f.version;
}

typedef void on_fn(struct case_ *c, const struct event *ev);

static on_fn *const on_event[EVENT_KIND_N] = {
	[EVENT_CASE_OPENED] = on_opened,      [EVENT_CASE_CONTACT_ADDED] = on_contact,
	[EVENT_CASE_UPDATED] = on_updated,    [EVENT_CASE_REOPENED] = on_reopened,
	[EVENT_FEEDBACK_GIVEN] = on_feedback,
};

void case_apply(struct case_ *state, const struct event *ev)
{
	SG_ASSERT((unsigned)ev->kind < EVENT_KIND_N && on_event[ev->kind]);
	SG_ASSERT(ev->seq == state->seq + 1);
	SG_ASSERT(state->seq == 0 || sg_id_eq(&state->id, &ev->stream));

	state->seq = ev->seq;
	on_event[ev->kind](state, ev);
	SG_ASSERT(case_is_sound(state));
}
