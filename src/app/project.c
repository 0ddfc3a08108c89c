#include "app/project.h"

#include "core/case.h"
#include "core/interaction.h"

struct row_op *row_put(struct row_op *op, enum table table)
{
	*op = (struct row_op){.table = table};
	return op;
}

void row_id(struct row_op *op, unsigned col, const struct sg_id *id)
{
	op->set |= UINT64_C(1) << col;
	op->v[col].id = *id;
}

void row_str(struct row_op *op, unsigned col, struct str s)
{
	op->set |= UINT64_C(1) << col;
	op->v[col].s = s;
}

void row_int(struct row_op *op, unsigned col, int64_t i)
{
	op->set |= UINT64_C(1) << col;
	op->v[col].i = i;
}

void row_count(struct row_op *op, unsigned col, int64_t by)
{
	row_int(op, col, by);
	op->add |= UINT64_C(1) << col;
}

static struct row_op *add_row(struct projection *p, enum table table)
{
	SG_ASSERT(p->n < PROJECT_ROWS_MAX);
	return row_put(&p->rows[p->n++], table);
}

/* ---- persons and items ---- */

static void person_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_PERSON);

	row_id(r, PERSON_COL_ID, &ev->stream);
	row_str(r, PERSON_COL_NAME, ev->f.name);
	row_int(r, PERSON_COL_RING, ev->f.ring);
	row_str(r, PERSON_COL_EMAIL, ev->f.email);
	row_str(r, PERSON_COL_PHONE, ev->f.phone);
	row_str(r, PERSON_COL_ZIP, ev->f.zip);
	row_str(r, PERSON_COL_LANG, ev->f.lang);
	row_int(r, PERSON_COL_VALUE, ev->f.value);
	row_int(r, PERSON_COL_SINCE_AT, ev->f.since_at);
	row_str(r, PERSON_COL_EXTERNAL_ID, ev->f.external_id);
	row_int(r, PERSON_COL_UPDATED_AT, ev->at_ms);
}

static void identity_linked(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_IDENTITY);

	row_int(r, IDENTITY_COL_IDENTITY_KIND, ev->f.identity_kind);
	row_str(r, IDENTITY_COL_VALUE_TEXT, ev->f.value_text);
	row_id(r, IDENTITY_COL_PERSON, &ev->stream);
	row_int(r, IDENTITY_COL_VERIFIED, ev->f.verified);
	row_int(r, IDENTITY_COL_LINKED_AT, ev->at_ms);
}

static void identity_unlinked(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_IDENTITY);

	r->is_delete = true;
	row_int(r, IDENTITY_COL_IDENTITY_KIND, ev->f.identity_kind);
	row_str(r, IDENTITY_COL_VALUE_TEXT, ev->f.value_text);
}

static void item_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_ITEM);

	row_id(r, ITEM_COL_ID, &ev->stream);
	row_id(r, ITEM_COL_PERSON, &ev->f.person);
	row_str(r, ITEM_COL_KIND, ev->f.kind);
	row_str(r, ITEM_COL_EXTERNAL_ID, ev->f.external_id);
	row_str(r, ITEM_COL_TITLE, ev->f.title);
	row_str(r, ITEM_COL_STATE, ev->f.state);
	row_int(r, ITEM_COL_OCCURRED_AT, ev->f.occurred_at);
	row_int(r, ITEM_COL_DUE_AT, ev->f.due_at);
	row_int(r, ITEM_COL_AMOUNT, ev->f.amount);
	row_str(r, ITEM_COL_CURRENCY, ev->f.currency);
	row_str(r, ITEM_COL_ATTRS, ev->f.attrs);
	row_int(r, ITEM_COL_UPDATED_AT, ev->at_ms);

	r = add_row(p, TABLE_STUFF);
	row_id(r, STUFF_COL_REF, &ev->stream);
	row_id(r, STUFF_COL_PERSON, &ev->f.person);
	row_int(r, STUFF_COL_AT, ev->f.occurred_at);
	row_str(r, STUFF_COL_KIND, ev->f.kind);
	row_str(r, STUFF_COL_TITLE, ev->f.title);
	row_str(r, STUFF_COL_STATE, ev->f.state);
	row_int(r, STUFF_COL_DUE_AT, ev->f.due_at);
	row_int(r, STUFF_COL_AMOUNT, ev->f.amount);
	row_str(r, STUFF_COL_CURRENCY, ev->f.currency);
}

/* ---- interactions ---- */

static struct row_op *interaction_row(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_INTERACTION);

	row_id(r, INTERACTION_COL_ID, &ev->stream);
	row_int(r, INTERACTION_COL_SEQ, (int64_t)ev->seq);
	return r;
}

static void enter(struct row_op *r, enum interaction_state state, int64_t at_ms)
{
	row_str(r, INTERACTION_COL_STATE, str_from(interaction_state_names[state]));
	row_int(r, INTERACTION_COL_SINCE_AT, at_ms);
}

static void interaction_started(const struct event *ev, struct projection *p)
{
	const struct facts *f = &ev->f;
	struct row_op *r = interaction_row(ev, p);

	enter(r, INTERACTION_NEW, ev->at_ms);
	row_id(r, INTERACTION_COL_PERSON, &f->person);
	row_str(r, INTERACTION_COL_PERSON_NAME, f->name);
	row_id(r, INTERACTION_COL_CASE, &f->case_id);
	row_int(r, INTERACTION_COL_CASE_NUMBER, f->number);
	row_id(r, INTERACTION_COL_ITEM, &f->item);
	row_str(r, INTERACTION_COL_ITEM_TITLE, sg_id_is_none(&f->item) ? (struct str){0} : f->title);
	row_id(r, INTERACTION_COL_TOPIC, &f->topic);
	row_id(r, INTERACTION_COL_QUEUE, &f->queue);
	row_int(r, INTERACTION_COL_CHANNEL, f->channel);
	row_int(r, INTERACTION_COL_LEGS, f->channel == CHANNEL_CHAT ? 1 << LEG_CHAT : 0);
	row_int(r, INTERACTION_COL_PRIORITY, f->priority);
	row_int(r, INTERACTION_COL_URGENT, f->urgent);
	row_str(r, INTERACTION_COL_PAGE, f->page);
	row_str(r, INTERACTION_COL_ARTICLES, f->articles);
	row_str(r, INTERACTION_COL_FIRST_TEXT, f->text);
	row_int(r, INTERACTION_COL_STARTED_AT, ev->at_ms);
	row_int(r, INTERACTION_COL_MESSAGES, 0);

	r = add_row(p, TABLE_STUFF);
	row_id(r, STUFF_COL_REF, &ev->stream);
	row_id(r, STUFF_COL_PERSON, &f->person);
	row_int(r, STUFF_COL_AT, ev->at_ms);
	row_str(r, STUFF_COL_KIND, STR("interaction"));
	row_str(r, STUFF_COL_TITLE, f->title);
	row_str(r, STUFF_COL_STATE, STR("open"));
	row_int(r, STUFF_COL_NUMBER, f->number);
	row_id(r, STUFF_COL_CASE, &f->case_id);
}

static void queued(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);

	enter(r, INTERACTION_QUEUED, ev->at_ms);
	row_id(r, INTERACTION_COL_QUEUE, &ev->f.queue);
	row_id(r, INTERACTION_COL_WANTED_AGENT, &ev->f.agent);
	row_id(r, INTERACTION_COL_AGENT, &SG_ID_NONE);
	row_int(r, INTERACTION_COL_QUEUED_AT, ev->f.queued_at);
	row_int(r, INTERACTION_COL_PRIORITY, ev->f.priority);
	row_int(r, INTERACTION_COL_EXPIRES_AT, 0);
}

static void offered(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);

	enter(r, INTERACTION_OFFERED, ev->at_ms);
	row_id(r, INTERACTION_COL_AGENT, &ev->f.agent);
	row_id(r, INTERACTION_COL_WANTED_AGENT, &SG_ID_NONE);
	row_int(r, INTERACTION_COL_OFFER_NO, ev->f.offer_no);
	row_int(r, INTERACTION_COL_EXPIRES_AT, ev->f.expires_at);
}

static struct row_op *queue_day(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_QUEUE_DAY);

	row_id(r, QUEUE_DAY_COL_QUEUE, &ev->f.queue);
	row_int(r, QUEUE_DAY_COL_DAY, ev->at_ms / DAY_MS);
	return r;
}

static void offer_accepted(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);

	enter(r, INTERACTION_ACTIVE, ev->at_ms);
	row_id(r, INTERACTION_COL_AGENT, &ev->f.agent);
	row_int(r, INTERACTION_COL_ACCEPTED_AT, ev->at_ms);
	row_int(r, INTERACTION_COL_EXPIRES_AT, 0);

	r = queue_day(ev, p);
	row_count(r, QUEUE_DAY_COL_ANSWERED, 1);
	row_count(r, QUEUE_DAY_COL_WAIT_MS, ev->at_ms > ev->f.queued_at ? ev->at_ms - ev->f.queued_at : 0);
}

static void offer_ended(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);

	enter(r, INTERACTION_QUEUED, ev->at_ms);
	row_id(r, INTERACTION_COL_AGENT, &SG_ID_NONE);
	row_int(r, INTERACTION_COL_EXPIRES_AT, 0);
}

static void message_sent(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);

	row_count(r, INTERACTION_COL_MESSAGES, 1);
	row_str(r, INTERACTION_COL_LAST_TEXT, ev->f.text.n ? ev->f.text : ev->f.name);
	row_int(r, INTERACTION_COL_LAST_AT, ev->at_ms);
}

/* Only the sequence number moves on (notes, transfers). */
static void only_seq(const struct event *ev, struct projection *p)
{
	interaction_row(ev, p);
}

static void read_marked(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);
	unsigned col = ev->actor.role == ROLE_CUSTOMER ? INTERACTION_COL_READ_PERSON : INTERACTION_COL_READ_AGENT;

	row_int(r, col, ev->f.read_seq);
}

static void leg_changed(const struct event *ev, struct projection *p)
{
	int64_t bit = INT64_C(1) << ev->f.leg;

	row_count(interaction_row(ev, p), INTERACTION_COL_LEGS, ev->kind == EVENT_LEG_JOINED ? bit : -bit);
}

static void ended(const struct event *ev, struct projection *p)
{
	bool while_waiting = !sg_id_is_none(&ev->f.queue);
	struct row_op *r = interaction_row(ev, p);

	enter(r, while_waiting ? INTERACTION_CLOSED : INTERACTION_WRAPUP, ev->at_ms);
	row_int(r, INTERACTION_COL_ENDED_AT, ev->at_ms);
	row_int(r, INTERACTION_COL_ENDED_REASON, ev->f.reason);

	/* For the person it is over, whatever the agent has still to write. */
	struct row_op *stuff = add_row(p, TABLE_STUFF);

	row_id(stuff, STUFF_COL_REF, &ev->stream);
	row_str(stuff, STUFF_COL_STATE, STR("closed"));
	if (!while_waiting)
		return;
	row_int(r, INTERACTION_COL_CLOSED_AT, ev->at_ms);
	row_id(r, INTERACTION_COL_AGENT, &SG_ID_NONE);
	row_id(r, INTERACTION_COL_WANTED_AGENT, &SG_ID_NONE);
	row_int(r, INTERACTION_COL_EXPIRES_AT, 0);

	row_count(queue_day(ev, p), QUEUE_DAY_COL_ABANDONED, 1);
}

static void wrapped_up(const struct event *ev, struct projection *p)
{
	struct row_op *r = interaction_row(ev, p);

	enter(r, INTERACTION_CLOSED, ev->at_ms);
	row_int(r, INTERACTION_COL_CLOSED_AT, ev->at_ms);
	row_str(r, INTERACTION_COL_SUMMARY, ev->f.summary);
	row_int(r, INTERACTION_COL_OUTCOME, ev->f.outcome);
	row_str(r, INTERACTION_COL_NEXT_STEP, ev->f.next_step);
	if (!sg_id_is_none(&ev->f.topic))
		row_id(r, INTERACTION_COL_TOPIC, &ev->f.topic);

	r = add_row(p, TABLE_STUFF);
	row_id(r, STUFF_COL_REF, &ev->stream);
	row_str(r, STUFF_COL_STATE, STR("closed"));
	row_str(r, STUFF_COL_DETAIL, ev->f.summary);
}

/* ---- cases ---- */

static struct row_op *case_row(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_CASE);

	row_id(r, CASE_COL_ID, &ev->stream);
	row_int(r, CASE_COL_SEQ, (int64_t)ev->seq);
	return r;
}

/* A change the person should notice moves the case up in My Stuff. */
static struct row_op *case_stuff(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_STUFF);

	row_id(r, STUFF_COL_REF, &ev->stream);
	row_int(r, STUFF_COL_AT, ev->at_ms);
	return r;
}

static void case_opened(const struct event *ev, struct projection *p)
{
	struct row_op *r = case_row(ev, p);

	row_int(r, CASE_COL_NUMBER, ev->f.number);
	row_id(r, CASE_COL_PERSON, &ev->f.person);
	row_str(r, CASE_COL_PERSON_NAME, ev->f.name);
	row_id(r, CASE_COL_ITEM, &ev->f.item);
	row_id(r, CASE_COL_TOPIC, &ev->f.topic);
	row_str(r, CASE_COL_TITLE, ev->f.title);
	row_int(r, CASE_COL_STATUS, CASE_STATUS_OPEN);
	row_int(r, CASE_COL_OPENED_AT, ev->at_ms);
	row_int(r, CASE_COL_UPDATED_AT, ev->at_ms);
	row_int(r, CASE_COL_CONTACTS, 0);

	r = case_stuff(ev, p);
	row_id(r, STUFF_COL_PERSON, &ev->f.person);
	row_str(r, STUFF_COL_KIND, STR("case"));
	row_str(r, STUFF_COL_TITLE, ev->f.title);
	row_str(r, STUFF_COL_STATE, str_from(case_status_names[CASE_STATUS_OPEN]));
	row_int(r, STUFF_COL_NUMBER, ev->f.number);
	row_id(r, STUFF_COL_CASE, &ev->stream);
}

static void case_contact_added(const struct event *ev, struct projection *p)
{
	struct row_op *r = case_row(ev, p);

	row_count(r, CASE_COL_CONTACTS, 1);
	row_id(r, CASE_COL_INTERACTION, &ev->f.interaction);
	row_int(r, CASE_COL_UPDATED_AT, ev->at_ms);
	case_stuff(ev, p);
}

static void case_updated(const struct event *ev, struct projection *p)
{
	struct row_op *r = case_row(ev, p);

	row_int(r, CASE_COL_STATUS, ev->f.status);
	row_str(r, CASE_COL_SUMMARY, ev->f.summary);
	row_str(r, CASE_COL_NEXT_STEP, ev->f.next_step);
	row_int(r, CASE_COL_DUE_AT, ev->f.due_at);
	row_int(r, CASE_COL_OUTCOME, ev->f.outcome);
	row_int(r, CASE_COL_UPDATED_AT, ev->at_ms);
	if (!sg_id_is_none(&ev->f.topic))
		row_id(r, CASE_COL_TOPIC, &ev->f.topic);

	r = case_stuff(ev, p);
	row_str(r, STUFF_COL_STATE, str_from(case_status_names[ev->f.status]));
	row_str(r, STUFF_COL_DETAIL, ev->f.next_step.n ? ev->f.next_step : ev->f.summary);
	row_int(r, STUFF_COL_DUE_AT, ev->f.due_at);
}

static void case_reopened(const struct event *ev, struct projection *p)
{
	struct row_op *r = case_row(ev, p);

	row_int(r, CASE_COL_STATUS, CASE_STATUS_OPEN);
	row_int(r, CASE_COL_UPDATED_AT, ev->at_ms);
	row_str(case_stuff(ev, p), STUFF_COL_STATE, str_from(case_status_names[CASE_STATUS_OPEN]));
}

static void feedback_given(const struct event *ev, struct projection *p)
{
	struct row_op *r = case_row(ev, p);

	row_int(r, CASE_COL_FEEDBACK_VERSION, ev->f.version);
	row_int(r, CASE_COL_OUTCOME_SCORE, ev->f.outcome_score);
	row_int(r, CASE_COL_FEELING_SCORE, ev->f.feeling_score);
	row_str(r, CASE_COL_FEEDBACK_TEXT, ev->f.text);
	row_int(r, CASE_COL_FOLLOW_UP, ev->f.follow_up);
	row_int(r, CASE_COL_FEEDBACK_AT, ev->at_ms);

	r = add_row(p, TABLE_FEEDBACK);
	row_id(r, FEEDBACK_COL_CASE, &ev->stream);
	row_int(r, FEEDBACK_COL_VERSION, ev->f.version);
	row_int(r, FEEDBACK_COL_AT, ev->at_ms);
	row_int(r, FEEDBACK_COL_OUTCOME_SCORE, ev->f.outcome_score);
	row_int(r, FEEDBACK_COL_FEELING_SCORE, ev->f.feeling_score);
	row_str(r, FEEDBACK_COL_TEXT, ev->f.text);
	row_int(r, FEEDBACK_COL_FOLLOW_UP, ev->f.follow_up);
	row_id(r, FEEDBACK_COL_INTERACTION, &ev->f.interaction);
}

/* ---- agents and the catalogue ---- */

static struct row_op *agent_row(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_AGENT);

	row_id(r, AGENT_COL_ID, &ev->stream);
	row_int(r, AGENT_COL_SEQ, (int64_t)ev->seq);
	return r;
}

static void agent_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = agent_row(ev, p);

	row_str(r, AGENT_COL_NAME, ev->f.name);
	row_str(r, AGENT_COL_EMAIL, ev->f.email);
	row_int(r, AGENT_COL_ROLE, ev->f.role);
	row_int(r, AGENT_COL_CAPACITY, ev->f.capacity);
	row_str(r, AGENT_COL_QUEUES, ev->f.queues);
	row_int(r, AGENT_COL_ACTIVE, ev->f.active);
	row_int(r, AGENT_COL_UPDATED_AT, ev->at_ms);
}

static void presence_set(const struct event *ev, struct projection *p)
{
	struct row_op *r = agent_row(ev, p);

	row_int(r, AGENT_COL_PRESENCE, ev->f.presence);
	row_int(r, AGENT_COL_PRESENCE_AT, ev->at_ms);
	row_int(r, AGENT_COL_PRESENCE_REASON, ev->f.reason);
}

static void topic_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_TOPIC);

	row_id(r, TOPIC_COL_ID, &ev->stream);
	row_id(r, TOPIC_COL_PARENT, &ev->f.parent);
	row_str(r, TOPIC_COL_TITLE, ev->f.title);
	row_str(r, TOPIC_COL_KINDS, ev->f.kinds);
	row_int(r, TOPIC_COL_POSITION, ev->f.position);
	row_int(r, TOPIC_COL_URGENT, ev->f.urgent);
	row_id(r, TOPIC_COL_QUEUE, &ev->f.queue);
	row_str(r, TOPIC_COL_SYNONYMS, ev->f.synonyms);
	row_int(r, TOPIC_COL_ACTIVE, ev->f.active);
	row_int(r, TOPIC_COL_UPDATED_AT, ev->at_ms);
}

static void article_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_ARTICLE);

	row_id(r, ARTICLE_COL_ID, &ev->stream);
	row_str(r, ARTICLE_COL_TITLE, ev->f.title);
	row_str(r, ARTICLE_COL_SUMMARY, ev->f.summary);
	row_str(r, ARTICLE_COL_BODY, ev->f.body);
	row_int(r, ARTICLE_COL_AUDIENCE, ev->f.audience);
	row_str(r, ARTICLE_COL_TOPICS, ev->f.topics);
	row_str(r, ARTICLE_COL_LANG, ev->f.lang);
	row_int(r, ARTICLE_COL_ACTIVE, ev->f.active);
	row_int(r, ARTICLE_COL_UPDATED_AT, ev->at_ms);
}

static void queue_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_QUEUE);

	row_id(r, QUEUE_COL_ID, &ev->stream);
	row_str(r, QUEUE_COL_NAME, ev->f.name);
	row_int(r, QUEUE_COL_OFFER_MS, ev->f.offer_ms);
	row_int(r, QUEUE_COL_ACTIVE, ev->f.active);
	row_int(r, QUEUE_COL_UPDATED_AT, ev->at_ms);
}

static void canned_put(const struct event *ev, struct projection *p)
{
	struct row_op *r = add_row(p, TABLE_CANNED);

	row_id(r, CANNED_COL_ID, &ev->stream);
	row_str(r, CANNED_COL_NAME, ev->f.name);
	row_str(r, CANNED_COL_TITLE, ev->f.title);
	row_str(r, CANNED_COL_TEXT, ev->f.text);
	row_int(r, CANNED_COL_ACTIVE, ev->f.active);
	row_int(r, CANNED_COL_UPDATED_AT, ev->at_ms);
}

typedef void project_fn(const struct event *ev, struct projection *p);

static project_fn *const projections[EVENT_KIND_N] = {
	[EVENT_PERSON_PUT] = person_put,
	[EVENT_IDENTITY_LINKED] = identity_linked,
	[EVENT_IDENTITY_UNLINKED] = identity_unlinked,
	[EVENT_ITEM_PUT] = item_put,
	[EVENT_INTERACTION_STARTED] = interaction_started,
	[EVENT_QUEUED] = queued,
	[EVENT_OFFERED] = offered,
	[EVENT_OFFER_ACCEPTED] = offer_accepted,
	[EVENT_OFFER_ENDED] = offer_ended,
	[EVENT_MESSAGE_SENT] = message_sent,
	[EVENT_NOTE_ADDED] = only_seq,
	[EVENT_READ_MARKED] = read_marked,
	[EVENT_LEG_JOINED] = leg_changed,
	[EVENT_LEG_LEFT] = leg_changed,
	[EVENT_TRANSFERRED] = only_seq,
	[EVENT_ENDED] = ended,
	[EVENT_WRAPPED_UP] = wrapped_up,
	[EVENT_CASE_OPENED] = case_opened,
	[EVENT_CASE_CONTACT_ADDED] = case_contact_added,
	[EVENT_CASE_UPDATED] = case_updated,
	[EVENT_CASE_REOPENED] = case_reopened,
	[EVENT_FEEDBACK_GIVEN] = feedback_given,
	[EVENT_AGENT_PUT] = agent_put,
	[EVENT_PRESENCE_SET] = presence_set,
	[EVENT_TOPIC_PUT] = topic_put,
	[EVENT_ARTICLE_PUT] = article_put,
	[EVENT_QUEUE_PUT] = queue_put,
	[EVENT_CANNED_PUT] = canned_put,
};

void project(const struct event *ev, struct projection *out)
{
	SG_ASSERT(ev->kind > EVENT_NONE && ev->kind < EVENT_KIND_N);
	out->n = 0;
	SG_ASSERT(projections[ev->kind] != NULL);
	projections[ev->kind](ev, out);
}
