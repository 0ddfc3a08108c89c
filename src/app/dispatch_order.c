/* dispatch_order.c - the small works of Segue's own: offering, taking back, closing, presence. */
#include <stdlib.h>

#include "app/dispatch_priv.h"
#include "base/log.h"
#include "core/case.h"

struct order {
	struct dispatch *d;
	struct interaction_cmd cmd;
	struct agent_cmd agent_cmd; /* when its id is set: this instead */
	bool offers;
	struct sg_id queue, wanted_agent; /* the match was made in this line */
};

static enum sg_status decide_presence(struct work *w, struct order *o, struct decision *dec)
{
	const struct agent *a = work_agent(w, &o->agent_cmd.id);

	if (!a)
		return SG_E_AGAIN;
	o->agent_cmd.now_ms = work_now(w);
	return agent_decide(a, &o->agent_cmd, dec);
}

static bool may_still_be_done(const struct order *o, const struct interaction *it)
{
	/* It may have been sent elsewhere since it was matched: then it is matched anew. */
	if (o->offers)
		return sg_id_eq(&it->queue, &o->queue) &&
		       sg_id_eq(&it->wanted_agent, &o->wanted_agent);
	return o->cmd.kind != INTERACTION_END || it->state == INTERACTION_WRAPUP;
}

/* There will be no wrap-up to say how it went; what somebody has settled meanwhile stays. */
static enum sg_status close_without_summary(struct work *w, const struct order *o,
					    const struct sg_id *case_id)
{
	struct case_cmd cmd = {.kind = CASE_UPDATE, .id = *case_id, .now_ms = work_now(w)};
	const struct case_ *c = work_case(w, case_id);
	struct decision dec = {.n = 0};

	if (!c)
		return SG_E_AGAIN;
	if (c->status == CASE_STATUS_RESOLVED || c->status == CASE_STATUS_CLOSED)
		return SG_OK;
	cmd.f.status = CASE_STATUS_WAITING_COMPANY;
	cmd.f.summary = STR("The agent could not write a summary.");
	cmd.f.interaction = o->cmd.id;
	SG_TRY(case_decide(c, &cmd, &dec));
	work_emit(w, &dec);
	return SG_OK;
}

static enum sg_status order_decide(struct work *w, void *arg)
{
	struct order *o = arg;
	struct decision dec = {.n = 0};

	if (!sg_id_is_none(&o->agent_cmd.id)) {
		SG_TRY(decide_presence(w, o, &dec));
		work_emit(w, &dec);
		return SG_OK;
	}
	const struct interaction *it = work_interaction(w, &o->cmd.id);

	if (!it)
		return SG_E_AGAIN;
	if (!may_still_be_done(o, it))
		return SG_E_STATE;
	struct sg_id case_id = it->case_id;

	o->cmd.now_ms = work_now(w);
	SG_TRY(interaction_decide(it, &o->cmd, &dec));
	work_emit(w, &dec);
	return o->cmd.kind == INTERACTION_END ? close_without_summary(w, o, &case_id) : SG_OK;
}

static void presence_done(struct order *o)
{
	struct staff *s = idmap_find(&o->d->staff, &o->agent_cmd.id);

	if (!s || !s->missed || o->agent_cmd.f.reason != REASON_MISSED)
		return;
	s->missed = false; /* from here on the row says it, or it was not to be */
	dispatch_sync_agent(s);
}

static void order_done(const struct work_answer *answer, void *arg)
{
	struct order *o = arg;
	struct contact *c = idmap_find(&o->d->contacts, &o->cmd.id);

	if (!sg_id_is_none(&o->agent_cmd.id)) {
		presence_done(o);
		return;
	}
	if (c)
		c->in_hand = false;
	if (answer->st == SG_OK && c && c->state == INTERACTION_QUEUED)
		dispatch_wait(c);
	if (answer->st == SG_OK)
		return;
	/* The world moved on, or the store did not answer: look at what is durable. */
	if (o->offers)
		route_release(o->d->route, &o->cmd.id, sched_now_ms(o->d->sched));
	if (answer->st != SG_E_AGAIN)
		log_event(LOG_DEBUG, "order_refused", LF_STR("status", sg_status_name(answer->st)));
	dispatch_resync(o->d, &o->cmd.id);
}

static void submit(struct dispatch *d, const struct order *proto)
{
	struct order *o = malloc(sizeof(*o));

	SG_ASSERT(o != NULL);
	*o = *proto;
	o->d = d;
	struct work_spec spec = {
		.decide = order_decide, .done = order_done, .free_arg = free, .arg = o};

	if (flow_submit(d->flow, &spec) == SG_OK)
		return;
	struct work_answer busy = {.st = SG_E_LIMIT};

	order_done(&busy, o);
	free(o);
}

void dispatch_order(struct contact *c, enum interaction_cmd_kind kind, enum reason reason)
{
	struct order o = {.cmd = {.kind = kind, .id = c->id}};

	if (c->in_hand)
		return;
	c->in_hand = true;
	dispatch_leave_line(c);
	o.cmd.f.reason = reason;
	o.cmd.f.offer_no = c->offer_no;
	submit(c->d, &o);
}

void dispatch_order_offer(struct contact *c, const struct sg_id *agent, int64_t expires_at)
{
	struct order o = {.cmd = {.kind = INTERACTION_OFFER, .id = c->id},
			  .offers = true,
			  .queue = c->queue,
			  .wanted_agent = c->wanted_agent};

	route_hold(c->d->route, &c->id, agent);
	c->in_hand = true;
	o.cmd.f.agent = *agent;
	o.cmd.f.expires_at = expires_at;
	submit(c->d, &o);
}

void dispatch_order_presence(struct dispatch *d, const struct sg_id *agent, enum presence presence,
			     enum reason reason)
{
	struct order o = {.agent_cmd = {.kind = AGENT_PRESENCE, .id = *agent}};

	o.agent_cmd.f.presence = presence;
	o.agent_cmd.f.reason = reason;
	submit(d, &o);
}
