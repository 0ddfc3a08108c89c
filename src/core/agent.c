#include "core/agent.h"

#include <string.h>

#include "core/textlist.h"

enum who { BY_SELF = 1 << 0, BY_MANAGER = 1 << 1, BY_SEGUE = 1 << 2 };

enum { PEOPLE = BY_SELF | BY_MANAGER, ANYBODY = PEOPLE | BY_SEGUE };

static const struct move {
	enum presence from, to;
	unsigned who;
} moves[] = {
	{PRESENCE_OFFLINE, PRESENCE_AVAILABLE, PEOPLE},
	{PRESENCE_OFFLINE, PRESENCE_BUSY, PEOPLE},
	{PRESENCE_OFFLINE, PRESENCE_AWAY, PEOPLE},
	{PRESENCE_AVAILABLE, PRESENCE_BUSY, PEOPLE},
	{PRESENCE_AVAILABLE, PRESENCE_AWAY, ANYBODY},
	{PRESENCE_AVAILABLE, PRESENCE_OFFLINE, ANYBODY},
	{PRESENCE_BUSY, PRESENCE_AVAILABLE, PEOPLE},
	{PRESENCE_BUSY, PRESENCE_AWAY, ANYBODY},
	{PRESENCE_BUSY, PRESENCE_OFFLINE, ANYBODY},
	{PRESENCE_AWAY, PRESENCE_AVAILABLE, PEOPLE},
	{PRESENCE_AWAY, PRESENCE_BUSY, PEOPLE},
	{PRESENCE_AWAY, PRESENCE_OFFLINE, ANYBODY},
};

static unsigned presence_who(enum presence from, enum presence to)
{
	for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (moves[i].from == from && moves[i].to == to)
			return moves[i].who;
	}
	return 0;
}

static bool role_has_account(enum role role)
{
	return role == ROLE_AGENT || role == ROLE_MANAGER || role == ROLE_ADMIN;
}

bool agent_is_sound(const struct agent *a)
{
	if (a->seq == 0)
		return true;
	if (sg_id_is_none(&a->id) || !role_has_account(a->role))
		return false;
	if (a->presence == PRESENCE_NONE || (unsigned)a->presence >= PRESENCE_N)
		return false;
	return a->capacity >= 1 && a->capacity <= ROUTE_CAPACITY_MAX &&
	       a->n_queues <= ROUTE_AGENT_QUEUES_MAX;
}

bool agent_is_available(const struct agent *a)
{
	return a->seq > 0 && a->active && a->presence == PRESENCE_AVAILABLE;
}

static bool queues_have(const struct sg_id *queues, uint8_t n, const struct sg_id *id)
{
	for (uint8_t i = 0; i < n; i++) {
		if (sg_id_eq(&queues[i], id))
			return true;
	}
	return false;
}

enum sg_status agent_queues_parse(struct str json, struct sg_id queues_out[ROUTE_AGENT_QUEUES_MAX],
				  uint8_t *n_out)
{
	struct sg_id queues[ROUTE_AGENT_QUEUES_MAX];
	struct textlist l;
	struct str word;
	uint8_t n = 0;
	enum sg_status st;

	textlist_init(&l, json);
	while ((st = textlist_next(&l, &word)) == SG_OK) {
		struct sg_id id;

		if (n == ROUTE_AGENT_QUEUES_MAX || sg_id_parse(word, &id) != SG_OK ||
		    sg_id_is_none(&id) || queues_have(queues, n, &id))
			return SG_E_INPUT;
		queues[n++] = id;
	}
	if (st != SG_E_NOT_FOUND)
		return SG_E_INPUT;
	memcpy(queues_out, queues, n * sizeof(queues[0]));
	*n_out = n;
	return SG_OK;
}

/* FNV-1a; enough to tell a changed name from the same one. */
static uint64_t hash_text(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const struct facts *f)
{
	return hash_text(hash_text(UINT64_C(0xcbf29ce484222325), f->name), f->email);
}

static bool has_at(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '@')
			return true;
	}
	return false;
}

static const char *put_fault(const struct facts *f)
{
	if (f->name.n == 0)
		return "name";
	if (!has_at(f->email))
		return "email";
	if (!role_has_account(f->role))
		return "role";
	if (f->capacity < 1 || f->capacity > ROUTE_CAPACITY_MAX)
		return "capacity";
	return NULL;
}

/* Order counts for nothing: the same queues named otherwise are no change. */
static bool same_account(const struct agent *a, const struct facts *f, const struct sg_id *queues,
			 uint8_t n)
{
	if (a->seq == 0 || a->n_queues != n || a->text_hash != hash_of(f))
		return false;
	for (uint8_t i = 0; i < n; i++) {
		if (!queues_have(a->queues, a->n_queues, &queues[i]))
			return false;
	}
	return a->role == f->role && a->capacity == f->capacity && a->active == f->active;
}

static bool may_put(const struct agent *a, const struct agent_cmd *cmd)
{
	if (cmd->actor.role == ROLE_ADMIN || cmd->actor.role == ROLE_NONE)
		return true;
	return cmd->actor.role == ROLE_MANAGER && cmd->f.role == ROLE_AGENT &&
	       (a->seq == 0 || a->role == ROLE_AGENT);
}

static struct event *add(struct decision *out, enum event_kind kind, const struct agent_cmd *cmd)
{
	return decision_add(out, kind, &cmd->id, cmd->actor, cmd->now_ms);
}

static enum sg_status rule_put(const struct agent *a, const struct agent_cmd *cmd,
			       struct decision *out)
{
	const struct facts *f = &cmd->f;
	struct sg_id queues[ROUTE_AGENT_QUEUES_MAX];
	uint8_t n;

	if (!may_put(a, cmd))
		return decision_refuse(out, SG_E_NOT_FOUND, "not_for_your_role");
	if (sg_id_is_none(&cmd->id))
		return decision_refuse(out, SG_E_INPUT, "agent");

	const char *fault = put_fault(f);

	if (fault)
		return decision_refuse(out, SG_E_INPUT, fault);
	if (agent_queues_parse(f->queues, queues, &n) != SG_OK)
		return decision_refuse(out, SG_E_INPUT, "queues");
	if (cmd->actor.role == ROLE_ADMIN && sg_id_eq(&cmd->actor.id, &cmd->id) &&
	    (f->role != ROLE_ADMIN || !f->active))
		return decision_refuse(out, SG_E_STATE, "own_account");
	if (same_account(a, f, queues, n))
		return decision_refuse(out, SG_E_AGAIN, "unchanged");

	event_take(add(out, EVENT_AGENT_PUT, cmd), f);
	if (!f->active && a->seq > 0 && a->presence != PRESENCE_OFFLINE) {
		struct event *ev = add(out, EVENT_PRESENCE_SET, cmd);

		ev->f.presence = PRESENCE_OFFLINE;
		ev->f.reason = REASON_REQUESTED;
	}
	return SG_OK;
}

static enum sg_status rule_presence(const struct agent *a, const struct agent_cmd *cmd,
				    struct decision *out)
{
	enum role role = cmd->actor.role;
	enum presence to = cmd->f.presence;
	unsigned who = 0;

	if (role_has_account(role) && sg_id_eq(&cmd->actor.id, &cmd->id))
		who |= BY_SELF;
	if (role == ROLE_MANAGER || role == ROLE_ADMIN)
		who |= BY_MANAGER;
	if (role == ROLE_NONE)
		who |= BY_SEGUE;
	if (a->seq == 0 || !who)
		return decision_refuse(out, SG_E_NOT_FOUND, a->seq ? "not_you" : "not_found");
	if (to == PRESENCE_NONE || (unsigned)to >= PRESENCE_N)
		return decision_refuse(out, SG_E_INPUT, "presence");
	if (to == a->presence)
		return decision_refuse(out, SG_E_AGAIN, "unchanged");
	if (!a->active && to != PRESENCE_OFFLINE)
		return decision_refuse(out, SG_E_STATE, "not_active");
	if (!(presence_who(a->presence, to) & who))
		return decision_refuse(out, SG_E_STATE, "no_such_move");
	event_take(add(out, EVENT_PRESENCE_SET, cmd), &cmd->f);
	return SG_OK;
}

enum sg_status agent_decide(const struct agent *before, const struct agent_cmd *cmd,
			    struct decision *out)
{
	SG_ASSERT((unsigned)cmd->kind < AGENT_CMD_N);
	SG_ASSERT(agent_is_sound(before));
	SG_ASSERT(before->seq == 0 || sg_id_eq(&before->id, &cmd->id));
	out->n = 0;
	out->why = NULL;
	SG_TRY(cmd->kind == AGENT_PUT ? rule_put(before, cmd, out)
				      : rule_presence(before, cmd, out));
	SG_TRY(decision_finish(out, before->seq));

	struct agent after = *before;

	for (unsigned i = 0; i < out->n; i++)
		agent_apply(&after, &out->ev[i]);
	return SG_OK;
}

static void on_put(struct agent *a, const struct event *ev)
{
	enum sg_status st = agent_queues_parse(ev->f.queues, a->queues, &a->n_queues);

	SG_ASSERT(st == SG_OK);
	a->id = ev->stream;
	a->role = ev->f.role;
	a->capacity = (uint8_t)ev->f.capacity;
	a->active = ev->f.active;
	a->text_hash = hash_of(&ev->f);
	if (a->presence == PRESENCE_NONE)
		a->presence = PRESENCE_OFFLINE;
}

void agent_apply(struct agent *state, const struct event *ev)
{
	SG_ASSERT(ev->kind == EVENT_AGENT_PUT || ev->kind == EVENT_PRESENCE_SET);
	SG_ASSERT(ev->seq == state->seq + 1);
	SG_ASSERT(state->seq == 0 || sg_id_eq(&state->id, &ev->stream));

	state->seq = ev->seq;
	if (ev->kind == EVENT_AGENT_PUT) {
		on_put(state, ev);
	} else {
		state->presence = ev->f.presence;
		state->presence_reason = ev->f.reason;
		state->presence_at_ms = ev->at_ms;
	}
	SG_ASSERT(agent_is_sound(state));
}

void agent_to_route(const struct agent *a, struct route_agent *out)
{
	memset(out, 0, sizeof(*out));
	out->id = a->id;
	out->n_queues = a->n_queues;
	out->capacity = a->capacity;
	out->available = agent_is_available(a);
	memcpy(out->queues, a->queues, a->n_queues * sizeof(a->queues[0]));
}
