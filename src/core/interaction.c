#include "core/interaction.h"

#include "core/reservation.h"

const char *const interaction_state_names[INTERACTION_STATE_N] = {
	[INTERACTION_NEW] = "new",         [INTERACTION_QUEUED] = "queued",
	[INTERACTION_OFFERED] = "offered", [INTERACTION_ACTIVE] = "active",
	[INTERACTION_WRAPUP] = "wrapup",   [INTERACTION_CLOSED] = "closed",
};

/* In what capacity an actor acts; one actor may have several. */
enum who {
	BY_PERSON = 1 << 0,  /* whom it is about */
	BY_HOLDER = 1 << 1,  /* its `agent`, whatever their role */
	BY_STAFF = 1 << 2,   /* any agent, manager or admin */
	BY_MANAGER = 1 << 3, /* a manager or admin */
	BY_SEGUE = 1 << 4,   /* routing and timers */
};

static const unsigned role_can_be[ROLE_N] = {
	[ROLE_NONE] = BY_SEGUE,
	[ROLE_CUSTOMER] = BY_PERSON,
	[ROLE_AGENT] = BY_HOLDER | BY_STAFF,
	[ROLE_MANAGER] = BY_HOLDER | BY_STAFF | BY_MANAGER,
	[ROLE_ADMIN] = BY_HOLDER | BY_STAFF | BY_MANAGER,
};

/* Every legal move. What is not here is refused; a change of behaviour is a change of this list
 * first. */
static const struct move {
	enum interaction_state from;
	enum interaction_cmd_kind on;
	enum interaction_state to;
	unsigned who;
} moves[] = {
	{INTERACTION_NEW, INTERACTION_START, INTERACTION_QUEUED, BY_PERSON},

	{INTERACTION_QUEUED, INTERACTION_OFFER, INTERACTION_OFFERED, BY_SEGUE},
	{INTERACTION_QUEUED, INTERACTION_MESSAGE, INTERACTION_QUEUED, BY_PERSON},
	{INTERACTION_QUEUED, INTERACTION_NOTE, INTERACTION_QUEUED, BY_STAFF},
	{INTERACTION_QUEUED, INTERACTION_TRANSFER, INTERACTION_QUEUED, BY_MANAGER},
	/* the agent it waits for is gone: now anybody of the queue */
	{INTERACTION_QUEUED, INTERACTION_REQUEUE, INTERACTION_QUEUED, BY_SEGUE},
	{INTERACTION_QUEUED, INTERACTION_END, INTERACTION_CLOSED,
	 BY_PERSON | BY_MANAGER | BY_SEGUE},

	{INTERACTION_OFFERED, INTERACTION_ACCEPT, INTERACTION_ACTIVE, BY_HOLDER},
	{INTERACTION_OFFERED, INTERACTION_REJECT, INTERACTION_QUEUED, BY_HOLDER},
	{INTERACTION_OFFERED, INTERACTION_EXPIRE, INTERACTION_QUEUED, BY_SEGUE},
	{INTERACTION_OFFERED, INTERACTION_WITHDRAW, INTERACTION_QUEUED, BY_SEGUE},
	{INTERACTION_OFFERED, INTERACTION_MESSAGE, INTERACTION_OFFERED, BY_PERSON},
	{INTERACTION_OFFERED, INTERACTION_NOTE, INTERACTION_OFFERED, BY_STAFF},
	{INTERACTION_OFFERED, INTERACTION_TRANSFER, INTERACTION_QUEUED, BY_MANAGER},
	{INTERACTION_OFFERED, INTERACTION_REQUEUE, INTERACTION_QUEUED, BY_SEGUE},
	{INTERACTION_OFFERED, INTERACTION_END, INTERACTION_CLOSED,
	 BY_PERSON | BY_MANAGER | BY_SEGUE},

	{INTERACTION_ACTIVE, INTERACTION_MESSAGE, INTERACTION_ACTIVE, BY_PERSON | BY_HOLDER},
	{INTERACTION_ACTIVE, INTERACTION_NOTE, INTERACTION_ACTIVE, BY_STAFF},
	{INTERACTION_ACTIVE, INTERACTION_READ, INTERACTION_ACTIVE, BY_PERSON | BY_HOLDER},
	{INTERACTION_ACTIVE, INTERACTION_LEG_JOIN, INTERACTION_ACTIVE, BY_HOLDER},
	{INTERACTION_ACTIVE, INTERACTION_LEG_LEAVE, INTERACTION_ACTIVE, BY_HOLDER},
	{INTERACTION_ACTIVE, INTERACTION_TRANSFER, INTERACTION_QUEUED, BY_HOLDER | BY_MANAGER},
	{INTERACTION_ACTIVE, INTERACTION_REQUEUE, INTERACTION_QUEUED, BY_SEGUE},
	{INTERACTION_ACTIVE, INTERACTION_END, INTERACTION_WRAPUP,
	 BY_PERSON | BY_HOLDER | BY_MANAGER | BY_SEGUE},
	{INTERACTION_ACTIVE, INTERACTION_WRAP_UP, INTERACTION_CLOSED, BY_HOLDER},

	{INTERACTION_WRAPUP, INTERACTION_NOTE, INTERACTION_WRAPUP, BY_STAFF},
	{INTERACTION_WRAPUP, INTERACTION_READ, INTERACTION_WRAPUP, BY_PERSON | BY_HOLDER},
	/* the agent is gone for good: closed without a summary */
	{INTERACTION_WRAPUP, INTERACTION_END, INTERACTION_CLOSED, BY_MANAGER | BY_SEGUE},
	{INTERACTION_WRAPUP, INTERACTION_WRAP_UP, INTERACTION_CLOSED, BY_HOLDER},

	{INTERACTION_CLOSED, INTERACTION_NOTE, INTERACTION_CLOSED, BY_STAFF},
	{INTERACTION_CLOSED, INTERACTION_READ, INTERACTION_CLOSED, BY_PERSON},
};

enum { N_MOVES = sizeof(moves) / sizeof(moves[0]) };

static const struct move *move_find(enum interaction_state from, enum interaction_cmd_kind on)
{
	for (unsigned i = 0; i < N_MOVES; i++) {
		if (moves[i].from == from && moves[i].on == on)
			return &moves[i];
	}
	return NULL;
}

static bool holds_agent(enum interaction_state st)
{
	return st == INTERACTION_OFFERED || st == INTERACTION_ACTIVE || st == INTERACTION_WRAPUP;
}

struct sg_id interaction_holder(const struct interaction *it)
{
	return holds_agent(it->state) ? it->agent : SG_ID_NONE;
}

bool interaction_is_open(const struct interaction *it)
{
	return it->seq > 0 && it->state != INTERACTION_CLOSED;
}

bool interaction_may_see(const struct interaction *it, struct actor actor)
{
	if (it->seq == 0)
		return false;
	if (actor.role == ROLE_CUSTOMER)
		return sg_id_eq(&it->person, &actor.id);
	return (unsigned)actor.role < ROLE_N && role_can_be[actor.role] != 0;
}

/* NEW with seq 1 is the moment between interaction_started and queued, which are stored together.
 */
static bool is_sound_new(const struct interaction *it)
{
	return it->seq == 0 || (it->seq == 1 && !sg_id_is_none(&it->person));
}

static bool has_context(const struct interaction *it)
{
	return it->seq >= 2 && !sg_id_is_none(&it->id) && !sg_id_is_none(&it->person) &&
	       !sg_id_is_none(&it->case_id) && !sg_id_is_none(&it->queue);
}

static bool fits_state(const struct interaction *it)
{
	if (holds_agent(it->state) == sg_id_is_none(&it->agent))
		return false;
	if (holds_agent(it->state) && it->offer_no == 0)
		return false;
	if (it->state != INTERACTION_QUEUED && !sg_id_is_none(&it->wanted_agent))
		return false;
	return it->state == INTERACTION_OFFERED || it->expires_at_ms == 0;
}

bool interaction_is_sound(const struct interaction *it)
{
	if ((unsigned)it->state >= INTERACTION_STATE_N)
		return false;
	if (it->state == INTERACTION_NEW)
		return is_sound_new(it);
	if (!has_context(it) || !fits_state(it))
		return false;
	return it->read_person <= it->seq && it->read_agent <= it->seq &&
	       it->messages <= INTERACTION_MESSAGES_MAX && it->legs < 1U << LEG_N;
}

/* What this actor is to this interaction. For a start it is the person named in the command. */
static unsigned who_is(const struct interaction *it, const struct interaction_cmd *cmd)
{
	struct actor actor = cmd->actor;
	const struct sg_id *person = it->seq ? &it->person : &cmd->f.person;

	if ((unsigned)actor.role >= ROLE_N)
		return 0;

	unsigned who = role_can_be[actor.role];

	if ((who & BY_PERSON) && (sg_id_is_none(&actor.id) || !sg_id_eq(person, &actor.id)))
		who &= ~(unsigned)BY_PERSON;
	if ((who & BY_HOLDER) && (!holds_agent(it->state) || !sg_id_eq(&it->agent, &actor.id)))
		who &= ~(unsigned)BY_HOLDER;
	return who;
}

/* In which capacities this may be done at all, at one moment or another. */
static unsigned who_ever_may(enum interaction_cmd_kind kind)
{
	unsigned who = 0;

	for (unsigned i = 0; i < N_MOVES; i++) {
		if (moves[i].on == kind)
			who |= moves[i].who;
	}
	return who;
}

static const char *why_not_now(enum interaction_state state, enum interaction_cmd_kind kind)
{
	if (state == INTERACTION_CLOSED)
		return "closed";
	if (kind == INTERACTION_START)
		return "already_started";
	if (state == INTERACTION_WRAPUP)
		return "ended";
	if (kind == INTERACTION_OFFER)
		return "not_queued";
	if (kind == INTERACTION_ACCEPT || kind == INTERACTION_REJECT ||
	    kind == INTERACTION_EXPIRE || kind == INTERACTION_WITHDRAW)
		return "not_offered";
	return "not_active";
}

static struct event *add(struct decision *out, enum event_kind kind,
			 const struct interaction_cmd *cmd)
{
	return decision_add(out, kind, &cmd->id, cmd->actor, cmd->now_ms);
}

/* The place in line is the start's, so a person sent on has not waited in vain. */
static void add_queued(struct decision *out, const struct interaction *it,
		       const struct interaction_cmd *cmd, enum reason reason)
{
	struct event *ev = add(out, EVENT_QUEUED, cmd);

	ev->f.queue = it->queue;
	ev->f.reason = reason;
	ev->f.queued_at = it->queued_at_ms;
	ev->f.priority = it->priority;
}

/* What ends a wait says for whom and since when, so that waits can be counted from it alone. */
static void add_wait(struct event *ev, const struct interaction *it)
{
	ev->f.queue = it->queue;
	ev->f.queued_at = it->queued_at_ms;
}

typedef enum sg_status rule_fn(const struct interaction *it, const struct interaction_cmd *cmd,
			       struct decision *out);

static enum sg_status rule_start(const struct interaction *it, const struct interaction_cmd *cmd,
				 struct decision *out)
{
	const struct facts *f = &cmd->f;
	(void)it;

	if (sg_id_is_none(&cmd->id))
		return decision_refuse(out, SG_E_INPUT, "interaction");
	if (sg_id_is_none(&f->case_id))
		return decision_refuse(out, SG_E_INPUT, "case");
	if (sg_id_is_none(&f->queue))
		return decision_refuse(out, SG_E_INPUT, "queue");
	if (f->channel == CHANNEL_NONE || (unsigned)f->channel >= CHANNEL_N)
		return decision_refuse(out, SG_E_INPUT, "channel");
	if (f->priority < INT32_MIN || f->priority > INT32_MAX)
		return decision_refuse(out, SG_E_INPUT, "priority");

	event_take(add(out, EVENT_INTERACTION_STARTED, cmd), f);
	const struct interaction line = {
		.queue = f->queue, .queued_at_ms = cmd->now_ms, .priority = (int32_t)f->priority};
	add_queued(out, &line, cmd, REASON_START);
	return SG_OK;
}

static enum sg_status rule_offer(const struct interaction *it, const struct interaction_cmd *cmd,
				 struct decision *out)
{
	if (sg_id_is_none(&cmd->f.agent))
		return decision_refuse(out, SG_E_INPUT, "agent");
	if (!sg_id_is_none(&it->wanted_agent) && !sg_id_eq(&it->wanted_agent, &cmd->f.agent))
		return decision_refuse(out, SG_E_STATE, "waits_for_another_agent");
	if (cmd->f.expires_at <= cmd->now_ms)
		return decision_refuse(out, SG_E_INPUT, "expires_at");

	struct event *ev = add(out, EVENT_OFFERED, cmd);

	event_take(ev, &cmd->f);
	ev->f.offer_no = (int64_t)it->offer_no + 1;
	return SG_OK;
}

static const enum reservation_state answers[INTERACTION_CMD_N] = {
	[INTERACTION_ACCEPT] = RESERVATION_ACCEPTED,
	[INTERACTION_REJECT] = RESERVATION_REJECTED,
	[INTERACTION_EXPIRE] = RESERVATION_EXPIRED,
	[INTERACTION_WITHDRAW] = RESERVATION_WITHDRAWN,
};

static void add_answer(struct decision *out, const struct interaction *it,
		       const struct interaction_cmd *cmd, enum reservation_state to)
{
	SG_ASSERT(reservation_move_ok(RESERVATION_OFFERED, to));
	struct event *ev = add(out, reservation_event(to), cmd);

	ev->f.agent = it->agent;
	ev->f.offer_no = it->offer_no;
	ev->f.reason = reservation_reason(to);
}

static enum sg_status rule_answer(const struct interaction *it, const struct interaction_cmd *cmd,
				  struct decision *out)
{
	enum reservation_state to = answers[cmd->kind];

	add_answer(out, it, cmd, to);
	if (to == RESERVATION_ACCEPTED) {
		out->ev[0].f.name = cmd->f.name;
		add_wait(&out->ev[0], it);
	}
	if (to == RESERVATION_WITHDRAWN && cmd->f.reason != REASON_NONE)
		out->ev[0].f.reason = cmd->f.reason;
	return SG_OK;
}

/* Legs that carry written words; the others carry sound, pictures or pages. */
static bool leg_is_written(enum leg leg)
{
	return leg == LEG_CHAT || leg == LEG_EMAIL || leg == LEG_SMS;
}

static enum sg_status rule_message(const struct interaction *it, const struct interaction_cmd *cmd,
				   struct decision *out)
{
	const struct facts *f = &cmd->f;
	enum leg leg = f->leg == LEG_NONE ? LEG_CHAT : f->leg;

	if (!leg_is_written(leg))
		return decision_refuse(out, SG_E_INPUT, "leg");
	if (f->text.n == 0 && sg_id_is_none(&f->file))
		return decision_refuse(out, SG_E_INPUT, "text");
	if (!sg_id_is_none(&f->file) && (f->name.n == 0 || f->size < 0))
		return decision_refuse(out, SG_E_INPUT, "file");
	if (it->messages >= INTERACTION_MESSAGES_MAX)
		return decision_refuse(out, SG_E_LIMIT, "too_many_messages");

	struct event *ev = add(out, EVENT_MESSAGE_SENT, cmd);

	event_take(ev, f);
	ev->f.leg = leg;
	return SG_OK;
}

static enum sg_status rule_note(const struct interaction *it, const struct interaction_cmd *cmd,
				struct decision *out)
{
	(void)it;
	if (cmd->f.text.n == 0)
		return decision_refuse(out, SG_E_INPUT, "text");
	event_take(add(out, EVENT_NOTE_ADDED, cmd), &cmd->f);
	return SG_OK;
}

static enum sg_status rule_read(const struct interaction *it, const struct interaction_cmd *cmd,
				struct decision *out)
{
	uint64_t had = cmd->actor.role == ROLE_CUSTOMER ? it->read_person : it->read_agent;

	if (cmd->f.read_seq <= 0 || (uint64_t)cmd->f.read_seq > it->seq)
		return decision_refuse(out, SG_E_INPUT, "read_seq");
	if ((uint64_t)cmd->f.read_seq <= had)
		return decision_refuse(out, SG_E_AGAIN, "already_read");
	event_take(add(out, EVENT_READ_MARKED, cmd), &cmd->f);
	return SG_OK;
}

static enum sg_status rule_leg(const struct interaction *it, const struct interaction_cmd *cmd,
			       struct decision *out)
{
	bool join = cmd->kind == INTERACTION_LEG_JOIN;

	if (cmd->f.leg == LEG_NONE || (unsigned)cmd->f.leg >= LEG_N)
		return decision_refuse(out, SG_E_INPUT, "leg");

	bool is_in = it->legs >> cmd->f.leg & 1;

	if (is_in == join)
		return decision_refuse(out, SG_E_AGAIN, join ? "leg_is_in" : "leg_is_out");
	event_take(add(out, join ? EVENT_LEG_JOINED : EVENT_LEG_LEFT, cmd), &cmd->f);
	return SG_OK;
}

static enum sg_status rule_transfer(const struct interaction *it, const struct interaction_cmd *cmd,
				    struct decision *out)
{
	const struct facts *f = &cmd->f;
	struct sg_id queue = sg_id_is_none(&f->queue) ? it->queue : f->queue;
	struct sg_id holder = interaction_holder(it);

	if (sg_id_is_none(&f->queue) && sg_id_is_none(&f->agent))
		return decision_refuse(out, SG_E_INPUT, "queue");
	if (!sg_id_is_none(&f->agent) && sg_id_eq(&f->agent, &holder))
		return decision_refuse(out, SG_E_AGAIN, "same_agent");
	if (it->state == INTERACTION_QUEUED && sg_id_eq(&queue, &it->queue) &&
	    sg_id_eq(&f->agent, &it->wanted_agent))
		return decision_refuse(out, SG_E_AGAIN, "same_queue");

	if (it->state == INTERACTION_OFFERED)
		add_answer(out, it, cmd, RESERVATION_WITHDRAWN);
	struct event *ev = add(out, EVENT_TRANSFERRED, cmd);

	event_take(ev, f);
	ev->f.queue = queue;
	add_queued(out, it, cmd, REASON_TRANSFER);
	out->ev[out->n - 1].f.queue = queue;
	out->ev[out->n - 1].f.agent = f->agent;
	return SG_OK;
}

static enum sg_status rule_requeue(const struct interaction *it, const struct interaction_cmd *cmd,
				   struct decision *out)
{
	if (it->state == INTERACTION_QUEUED && sg_id_is_none(&it->wanted_agent))
		return decision_refuse(out, SG_E_AGAIN, "already_queued");
	add_queued(out, it, cmd, cmd->f.reason == REASON_NONE ? REASON_AGENT_GONE : cmd->f.reason);
	return SG_OK;
}

/* People's reasons are what they did, not what they say; managers and Segue name theirs. */
static enum reason reason_of_end(const struct interaction *it, const struct interaction_cmd *cmd)
{
	unsigned who = who_is(it, cmd);

	if (who & BY_PERSON)
		return it->state == INTERACTION_ACTIVE ? REASON_CUSTOMER_LEFT : REASON_ABANDONED;
	if (cmd->f.reason != REASON_NONE && (who & (BY_MANAGER | BY_SEGUE)))
		return cmd->f.reason;
	if (who & BY_HOLDER)
		return REASON_AGENT_ENDED;
	return who & BY_SEGUE ? REASON_IDLE : REASON_REQUESTED;
}

static enum sg_status rule_end(const struct interaction *it, const struct interaction_cmd *cmd,
			       struct decision *out)
{
	if ((unsigned)cmd->f.reason >= REASON_N)
		return decision_refuse(out, SG_E_INPUT, "reason");
	if (it->state == INTERACTION_WRAPUP) {
		add(out, EVENT_WRAPPED_UP, cmd);
		return SG_OK;
	}

	struct event *ev = add(out, EVENT_ENDED, cmd);

	ev->f.reason = reason_of_end(it, cmd);
	if (it->state != INTERACTION_ACTIVE)
		add_wait(ev, it);
	return SG_OK;
}

static enum sg_status rule_wrap_up(const struct interaction *it, const struct interaction_cmd *cmd,
				   struct decision *out)
{
	if (cmd->f.outcome == OUTCOME_NONE || (unsigned)cmd->f.outcome >= OUTCOME_N)
		return decision_refuse(out, SG_E_INPUT, "outcome");
	if (it->state == INTERACTION_ACTIVE)
		add(out, EVENT_ENDED, cmd)->f.reason = REASON_AGENT_ENDED;
	event_take(add(out, EVENT_WRAPPED_UP, cmd), &cmd->f);
	return SG_OK;
}

static rule_fn *const rules[INTERACTION_CMD_N] = {
	[INTERACTION_START] = rule_start,     [INTERACTION_OFFER] = rule_offer,
	[INTERACTION_ACCEPT] = rule_answer,   [INTERACTION_REJECT] = rule_answer,
	[INTERACTION_EXPIRE] = rule_answer,   [INTERACTION_WITHDRAW] = rule_answer,
	[INTERACTION_MESSAGE] = rule_message, [INTERACTION_NOTE] = rule_note,
	[INTERACTION_READ] = rule_read,       [INTERACTION_LEG_JOIN] = rule_leg,
	[INTERACTION_LEG_LEAVE] = rule_leg,   [INTERACTION_TRANSFER] = rule_transfer,
	[INTERACTION_REQUEUE] = rule_requeue, [INTERACTION_END] = rule_end,
	[INTERACTION_WRAP_UP] = rule_wrap_up,
};

/* Is there such an interaction for this actor, and is the command for their role at all? */
static const char *hidden_why(const struct interaction *it, const struct interaction_cmd *cmd)
{
	if (it->seq == 0 && cmd->kind != INTERACTION_START)
		return "not_found";
	if (it->seq > 0 && !interaction_may_see(it, cmd->actor))
		return "not_your_interaction";
	if ((unsigned)cmd->actor.role >= ROLE_N ||
	    !(role_can_be[cmd->actor.role] & who_ever_may(cmd->kind)))
		return "not_for_your_role";
	return NULL;
}

/* An answer names the offer it answers; one that crossed with a newer offer must not end that. */
static enum sg_status check_offer_no(const struct interaction *it,
				     const struct interaction_cmd *cmd, struct decision *out)
{
	if (answers[cmd->kind] == RESERVATION_OFFERED || cmd->f.offer_no == it->offer_no)
		return SG_OK;
	if (cmd->f.offer_no > 0 && cmd->f.offer_no < it->offer_no)
		return decision_refuse(out, SG_E_AGAIN, "older_offer");
	return decision_refuse(out, SG_E_INPUT, "offer_no");
}

static void assert_leads_to(const struct interaction *before, const struct decision *d,
			    enum interaction_state to)
{
	struct interaction after = *before;

	SG_ASSERT(d->n > 0);
	for (unsigned i = 0; i < d->n; i++)
		interaction_apply(&after, &d->ev[i]);
	SG_ASSERT(after.state == to);
}

enum sg_status interaction_decide(const struct interaction *before,
				  const struct interaction_cmd *cmd, struct decision *out)
{
	SG_ASSERT((unsigned)cmd->kind < INTERACTION_CMD_N);
	SG_ASSERT(interaction_is_sound(before));
	SG_ASSERT((before->seq == 0) == (before->state == INTERACTION_NEW));
	SG_ASSERT(before->seq == 0 || sg_id_eq(&before->id, &cmd->id));
	out->n = 0;
	out->why = NULL;

	const char *hidden = hidden_why(before, cmd);

	if (hidden)
		return decision_refuse(out, SG_E_NOT_FOUND, hidden);
	SG_TRY(check_offer_no(before, cmd, out));

	const struct move *move = move_find(before->state, cmd->kind);
	unsigned who = who_is(before, cmd);

	/* It is theirs to do, but not now; or the moment is nobody's. */
	if (!move || (!(move->who & who) && (who_ever_may(cmd->kind) & who)))
		return decision_refuse(out, SG_E_STATE, why_not_now(before->state, cmd->kind));
	if (!(move->who & who))
		return decision_refuse(out, SG_E_NOT_FOUND, "not_your_interaction");
	SG_TRY(rules[cmd->kind](before, cmd, out));
	SG_TRY(decision_finish(out, before->seq));
	assert_leads_to(before, out, move->to);
	return SG_OK;
}

static void enter(struct interaction *it, enum interaction_state to, const struct event *ev)
{
	it->state = to;
	it->since_ms = ev->at_ms;
	it->expires_at_ms = 0;
	it->wanted_agent = SG_ID_NONE;
	if (!holds_agent(to))
		it->agent = SG_ID_NONE;
}

static void on_started(struct interaction *it, const struct event *ev)
{
	it->id = ev->stream;
	it->person = ev->f.person;
	it->case_id = ev->f.case_id;
	it->item = ev->f.item;
	it->topic = ev->f.topic;
	it->channel = ev->f.channel;
	it->urgent = ev->f.urgent;
	it->priority = (int32_t)ev->f.priority;
	if (ev->f.channel == CHANNEL_CHAT)
		it->legs = 1U << LEG_CHAT;
}

static void on_queued(struct interaction *it, const struct event *ev)
{
	enter(it, INTERACTION_QUEUED, ev);
	it->queue = ev->f.queue;
	it->wanted_agent = ev->f.agent;
	it->queued_at_ms = ev->f.queued_at;
	it->priority = (int32_t)ev->f.priority;
}

/* What the wanted agent does not take is anybody's, so offering ends the wish. */
static void on_offered(struct interaction *it, const struct event *ev)
{
	enter(it, INTERACTION_OFFERED, ev);
	it->agent = ev->f.agent;
	it->offer_no = (uint32_t)ev->f.offer_no;
	it->expires_at_ms = ev->f.expires_at;
}

static void on_accepted(struct interaction *it, const struct event *ev)
{
	enter(it, INTERACTION_ACTIVE, ev);
}

static void on_offer_ended(struct interaction *it, const struct event *ev)
{
	enter(it, INTERACTION_QUEUED, ev);
}

static void on_message(struct interaction *it, const struct event *ev)
{
	(void)ev;
	it->messages++;
}

static void on_read(struct interaction *it, const struct event *ev)
{
	uint64_t *mark = ev->actor.role == ROLE_CUSTOMER ? &it->read_person : &it->read_agent;

	*mark = (uint64_t)ev->f.read_seq;
}

static void on_leg_joined(struct interaction *it, const struct event *ev)
{
	it->legs |= 1U << ev->f.leg;
}

static void on_leg_left(struct interaction *it, const struct event *ev)
{
	it->legs &= ~(1U << ev->f.leg);
}

static void on_ended(struct interaction *it, const struct event *ev)
{
	bool had_agent = it->state == INTERACTION_ACTIVE;

	enter(it, had_agent ? INTERACTION_WRAPUP : INTERACTION_CLOSED, ev);
}

static void on_wrapped_up(struct interaction *it, const struct event *ev)
{
	enter(it, INTERACTION_CLOSED, ev);
	if (!sg_id_is_none(&ev->f.topic))
		it->topic = ev->f.topic;
}

typedef void on_fn(struct interaction *it, const struct event *ev);

/* Notes and transfers say something and change nothing (queued follows a transfer). */
static on_fn *const on_event[EVENT_KIND_N] = {
	[EVENT_INTERACTION_STARTED] = on_started,
	[EVENT_QUEUED] = on_queued,
	[EVENT_OFFERED] = on_offered,
	[EVENT_OFFER_ACCEPTED] = on_accepted,
	[EVENT_OFFER_ENDED] = on_offer_ended,
	[EVENT_MESSAGE_SENT] = on_message,
	[EVENT_READ_MARKED] = on_read,
	[EVENT_LEG_JOINED] = on_leg_joined,
	[EVENT_LEG_LEFT] = on_leg_left,
	[EVENT_ENDED] = on_ended,
	[EVENT_WRAPPED_UP] = on_wrapped_up,
};

void interaction_apply(struct interaction *state, const struct event *ev)
{
	SG_ASSERT((unsigned)ev->kind < EVENT_KIND_N);
	SG_ASSERT(event_desc[ev->kind].stream == STREAM_INTERACTION);
	SG_ASSERT(ev->seq == state->seq + 1);
	SG_ASSERT(state->seq == 0 || sg_id_eq(&state->id, &ev->stream));

	state->seq = ev->seq;
	if (on_event[ev->kind])
		on_event[ev->kind](state, ev);
	SG_ASSERT(interaction_is_sound(state));
}
