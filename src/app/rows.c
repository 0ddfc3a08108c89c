#include "app/rows.h"

#include "base/status.h"

static enum interaction_state state_of(struct str name)
{
	for (unsigned i = 0; i < INTERACTION_STATE_N; i++) {
		if (str_eq(name, str_from(interaction_state_names[i])))
			return (enum interaction_state)i;
	}
	sg_panic("unknown interaction state in the store", __FILE__, __LINE__, __func__);
}

void rows_interaction(const struct row *r, struct interaction *out)
{
	SG_ASSERT(r->table == TABLE_INTERACTION);
	const struct value *v = r->v;

	*out = (struct interaction){
		.id = v[INTERACTION_COL_ID].id,
		.seq = (uint64_t)v[INTERACTION_COL_SEQ].i,
		.state = state_of(v[INTERACTION_COL_STATE].s),
		.person = v[INTERACTION_COL_PERSON].id,
		.case_id = v[INTERACTION_COL_CASE].id,
		.item = v[INTERACTION_COL_ITEM].id,
		.topic = v[INTERACTION_COL_TOPIC].id,
		.queue = v[INTERACTION_COL_QUEUE].id,
		.wanted_agent = v[INTERACTION_COL_WANTED_AGENT].id,
		.channel = (enum channel)v[INTERACTION_COL_CHANNEL].i,
		.offer_no = (uint32_t)v[INTERACTION_COL_OFFER_NO].i,
		.legs = (uint32_t)v[INTERACTION_COL_LEGS].i,
		.priority = (int32_t)v[INTERACTION_COL_PRIORITY].i,
		.urgent = v[INTERACTION_COL_URGENT].i != 0,
		.queued_at_ms = v[INTERACTION_COL_QUEUED_AT].i,
		.since_ms = v[INTERACTION_COL_SINCE_AT].i,
		.expires_at_ms = v[INTERACTION_COL_EXPIRES_AT].i,
		.read_person = (uint64_t)v[INTERACTION_COL_READ_PERSON].i,
		.read_agent = (uint64_t)v[INTERACTION_COL_READ_AGENT].i,
		.messages = (uint32_t)v[INTERACTION_COL_MESSAGES].i,
	};
	/* The row keeps the last agent of a closed one, for those who read it later; the state holds none. */
	if (out->state == INTERACTION_OFFERED || out->state == INTERACTION_ACTIVE || out->state == INTERACTION_WRAPUP)
		out->agent = v[INTERACTION_COL_AGENT].id;
	SG_ASSERT(interaction_is_sound(out));
}

void rows_case(const struct row *r, struct case_ *out)
{
	SG_ASSERT(r->table == TABLE_CASE);
	const struct value *v = r->v;

	*out = (struct case_){
		.id = v[CASE_COL_ID].id,
		.seq = (uint64_t)v[CASE_COL_SEQ].i,
		.number = v[CASE_COL_NUMBER].i,
		.person = v[CASE_COL_PERSON].id,
		.item = v[CASE_COL_ITEM].id,
		.topic = v[CASE_COL_TOPIC].id,
		.last_interaction = v[CASE_COL_INTERACTION].id,
		.status = (enum case_status)v[CASE_COL_STATUS].i,
		.contacts = (uint32_t)v[CASE_COL_CONTACTS].i,
		.feedback_version = (uint32_t)v[CASE_COL_FEEDBACK_VERSION].i,
	};
	SG_ASSERT(case_is_sound(out));
}

/* The account comes in by the same door as from the log, so what is derived from it agrees. */
void rows_agent(const struct row *r, struct agent *out)
{
	SG_ASSERT(r->table == TABLE_AGENT);
	const struct value *v = r->v;
	struct event put = {
		.kind = EVENT_AGENT_PUT,
		.stream = v[AGENT_COL_ID].id,
		.seq = 1,
		.f = {.name = v[AGENT_COL_NAME].s,
		      .email = v[AGENT_COL_EMAIL].s,
		      .role = (enum role)v[AGENT_COL_ROLE].i,
		      .capacity = v[AGENT_COL_CAPACITY].i,
		      .queues = v[AGENT_COL_QUEUES].s,
		      .active = v[AGENT_COL_ACTIVE].i != 0},
	};

	*out = (struct agent){.id = put.stream};
	agent_apply(out, &put);
	out->seq = (uint64_t)v[AGENT_COL_SEQ].i;
	if (v[AGENT_COL_PRESENCE].i)
		out->presence = (enum presence)v[AGENT_COL_PRESENCE].i;
	out->presence_reason = (enum reason)v[AGENT_COL_PRESENCE_REASON].i;
	out->presence_at_ms = v[AGENT_COL_PRESENCE_AT].i;
	SG_ASSERT(agent_is_sound(out));
}
