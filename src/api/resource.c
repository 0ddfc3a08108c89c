#include "api/resource.h"

#include <stdlib.h>
#include <string.h>

static void put_enum(struct json *j, const char *key, const char *const *names, int64_t v)
{
	json_cstr(j, key, v ? names[v] : NULL);
}

/* 0 stands for "not known" where a number is optional. */
static void put_optional(struct json *j, const char *key, int64_t v)
{
	if (v)
		json_int(j, key, v);
	else
		json_add_null(j, key);
}

static void put_id_name(struct json *j, const char *key, const char *name_key,
			const struct catalog_entry *e, unsigned name_col, const struct sg_id *id)
{
	json_id(j, key, id);
	json_str(j, name_key, e ? e->row.v[name_col].s : (struct str){0});
}

static void put_interaction_times(struct json *j, const struct value *v)
{
	json_time(j, "expires_at", v[INTERACTION_COL_EXPIRES_AT].i);
	json_time(j, "started_at", v[INTERACTION_COL_STARTED_AT].i);
	json_time(j, "queued_at", v[INTERACTION_COL_QUEUED_AT].i);
	json_time(j, "since_at", v[INTERACTION_COL_SINCE_AT].i);
	json_time(j, "accepted_at", v[INTERACTION_COL_ACCEPTED_AT].i);
	json_time(j, "ended_at", v[INTERACTION_COL_ENDED_AT].i);
	json_time(j, "closed_at", v[INTERACTION_COL_CLOSED_AT].i);
	json_time(j, "last_at", v[INTERACTION_COL_LAST_AT].i);
}

void resource_interaction(struct json *j, const char *key, const struct app *a, const struct row *r)
{
	const struct value *v = r->v;
	char topic[420];

	catalog_topic_path(a->catalog, &v[INTERACTION_COL_TOPIC].id, topic, sizeof(topic));
	json_begin_object(j, key);
	json_id(j, "id", &v[INTERACTION_COL_ID].id);
	json_int(j, "seq", v[INTERACTION_COL_SEQ].i);
	json_str(j, "state", v[INTERACTION_COL_STATE].s);
	put_enum(j, "channel", channel_names, v[INTERACTION_COL_CHANNEL].i);
	json_id(j, "person", &v[INTERACTION_COL_PERSON].id);
	json_str(j, "person_name", v[INTERACTION_COL_PERSON_NAME].s);
	json_id(j, "case", &v[INTERACTION_COL_CASE].id);
	put_optional(j, "case_number", v[INTERACTION_COL_CASE_NUMBER].i);
	json_id(j, "item", &v[INTERACTION_COL_ITEM].id);
	json_str(j, "item_title", v[INTERACTION_COL_ITEM_TITLE].s);
	json_id(j, "topic", &v[INTERACTION_COL_TOPIC].id);
	json_cstr(j, "topic_title", topic[0] ? topic : NULL);
	json_id(j, "queue", &v[INTERACTION_COL_QUEUE].id);
	put_id_name(j, "agent", "agent_name",
		    catalog_find(a->catalog, TABLE_AGENT, &v[INTERACTION_COL_AGENT].id),
		    AGENT_COL_NAME, &v[INTERACTION_COL_AGENT].id);
	json_bool(j, "urgent", v[INTERACTION_COL_URGENT].i);
	put_optional(j, "offer_no", v[INTERACTION_COL_OFFER_NO].i);
	put_interaction_times(j, v);
	put_enum(j, "ended_reason", reason_names, v[INTERACTION_COL_ENDED_REASON].i);
	json_int(j, "read_person", v[INTERACTION_COL_READ_PERSON].i);
	json_int(j, "read_agent", v[INTERACTION_COL_READ_AGENT].i);
	json_int(j, "messages", v[INTERACTION_COL_MESSAGES].i);
	json_str(j, "first_text", v[INTERACTION_COL_FIRST_TEXT].s);
	json_str(j, "last_text", v[INTERACTION_COL_LAST_TEXT].s);
	json_str(j, "summary", v[INTERACTION_COL_SUMMARY].s);
	put_enum(j, "outcome", outcome_names, v[INTERACTION_COL_OUTCOME].i);
	json_str(j, "next_step", v[INTERACTION_COL_NEXT_STEP].s);
	json_close(j);
}

static void put_case_feedback(struct json *j, const struct value *v)
{
	bool given = v[CASE_COL_FEEDBACK_VERSION].i > 0;

	json_int(j, "feedback_version", v[CASE_COL_FEEDBACK_VERSION].i);
	if (!given)
		return;
	json_int(j, "outcome_score", v[CASE_COL_OUTCOME_SCORE].i);
	json_int(j, "feeling_score", v[CASE_COL_FEELING_SCORE].i);
	json_str(j, "feedback_text", v[CASE_COL_FEEDBACK_TEXT].s);
	json_bool(j, "follow_up", v[CASE_COL_FOLLOW_UP].i);
	json_time(j, "feedback_at", v[CASE_COL_FEEDBACK_AT].i);
}

static void put_case_no_feedback(struct json *j)
{
	json_add_null(j, "outcome_score");
	json_add_null(j, "feeling_score");
	json_add_null(j, "feedback_text");
	json_add_null(j, "follow_up");
	json_add_null(j, "feedback_at");
}

void resource_case(struct json *j, const char *key, const struct row *r)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	json_id(j, "id", &v[CASE_COL_ID].id);
	json_int(j, "number", v[CASE_COL_NUMBER].i);
	json_str(j, "title", v[CASE_COL_TITLE].s);
	put_enum(j, "status", case_status_names, v[CASE_COL_STATUS].i);
	json_str(j, "summary", v[CASE_COL_SUMMARY].s);
	json_str(j, "next_step", v[CASE_COL_NEXT_STEP].s);
	json_time(j, "due_at", v[CASE_COL_DUE_AT].i);
	put_enum(j, "outcome", outcome_names, v[CASE_COL_OUTCOME].i);
	json_id(j, "person", &v[CASE_COL_PERSON].id);
	json_str(j, "person_name", v[CASE_COL_PERSON_NAME].s);
	json_id(j, "item", &v[CASE_COL_ITEM].id);
	json_id(j, "topic", &v[CASE_COL_TOPIC].id);
	json_int(j, "contacts", v[CASE_COL_CONTACTS].i);
	json_id(j, "interaction", &v[CASE_COL_INTERACTION].id);
	json_time(j, "opened_at", v[CASE_COL_OPENED_AT].i);
	json_time(j, "updated_at", v[CASE_COL_UPDATED_AT].i);
	put_case_feedback(j, v);
	if (v[CASE_COL_FEEDBACK_VERSION].i == 0)
		put_case_no_feedback(j);
	json_close(j);
}

void resource_item(struct json *j, const char *key, const struct row *r)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	json_id(j, "id", &v[ITEM_COL_ID].id);
	json_id(j, "person", &v[ITEM_COL_PERSON].id);
	json_str(j, "kind", v[ITEM_COL_KIND].s);
	json_str(j, "external_id", v[ITEM_COL_EXTERNAL_ID].s);
	json_str(j, "title", v[ITEM_COL_TITLE].s);
	json_str(j, "state", v[ITEM_COL_STATE].s);
	json_time(j, "occurred_at", v[ITEM_COL_OCCURRED_AT].i);
	json_time(j, "due_at", v[ITEM_COL_DUE_AT].i);
	put_optional(j, "amount", v[ITEM_COL_AMOUNT].i);
	json_str(j, "currency", v[ITEM_COL_CURRENCY].s);
	json_raw(j, "attrs", v[ITEM_COL_ATTRS].s);
	json_time(j, "updated_at", v[ITEM_COL_UPDATED_AT].i);
	json_close(j);
}

void resource_stuff(struct json *j, const char *key, const struct row *r)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	json_id(j, "ref", &v[STUFF_COL_REF].id);
	json_str(j, "kind", v[STUFF_COL_KIND].s);
	json_time(j, "at", v[STUFF_COL_AT].i);
	json_str(j, "title", v[STUFF_COL_TITLE].s);
	json_str(j, "state", v[STUFF_COL_STATE].s);
	put_optional(j, "number", v[STUFF_COL_NUMBER].i);
	json_time(j, "due_at", v[STUFF_COL_DUE_AT].i);
	put_optional(j, "amount", v[STUFF_COL_AMOUNT].i);
	json_str(j, "currency", v[STUFF_COL_CURRENCY].s);
	json_str(j, "detail", v[STUFF_COL_DETAIL].s);
	json_id(j, "case", &v[STUFF_COL_CASE].id);
	json_close(j);
}

static void put_profile(struct json *j, const struct value *v)
{
	json_id(j, "id", &v[PERSON_COL_ID].id);
	json_str(j, "name", v[PERSON_COL_NAME].s);
	json_str(j, "email", v[PERSON_COL_EMAIL].s);
	json_str(j, "phone", v[PERSON_COL_PHONE].s);
	json_str(j, "zip", v[PERSON_COL_ZIP].s);
	json_str(j, "lang", v[PERSON_COL_LANG].s);
	json_time(j, "since_at", v[PERSON_COL_SINCE_AT].i);
}

void resource_own_person(struct json *j, const char *key, const struct row *r)
{
	json_begin_object(j, key);
	put_profile(j, r->v);
	json_add_null(j, "ring");
	json_add_null(j, "value");
	json_add_null(j, "external_id");
	json_add_null(j, "identities");
	json_close(j);
}

void resource_person(struct json *j, const char *key, const struct row *r, bool open)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	put_profile(j, v);
	put_enum(j, "ring", ring_names, v[PERSON_COL_RING].i);
	json_int(j, "value", v[PERSON_COL_VALUE].i);
	json_str(j, "external_id", v[PERSON_COL_EXTERNAL_ID].s);
	if (open)
		return;
	json_add_null(j, "identities");
	json_close(j);
}

void resource_feedback(struct json *j, const char *key, const struct row *r)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	json_int(j, "version", v[FEEDBACK_COL_VERSION].i);
	json_time(j, "at", v[FEEDBACK_COL_AT].i);
	json_int(j, "outcome_score", v[FEEDBACK_COL_OUTCOME_SCORE].i);
	json_int(j, "feeling_score", v[FEEDBACK_COL_FEELING_SCORE].i);
	json_str(j, "text", v[FEEDBACK_COL_TEXT].s);
	json_bool(j, "follow_up", v[FEEDBACK_COL_FOLLOW_UP].i);
	json_close(j);
}

static struct str list_or_empty(struct str json_text)
{
	return json_text.n ? json_text : STR("[]");
}

void resource_topic(struct json *j, const char *key, const struct row *r)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	json_id(j, "id", &v[TOPIC_COL_ID].id);
	json_id(j, "parent", &v[TOPIC_COL_PARENT].id);
	json_str(j, "title", v[TOPIC_COL_TITLE].s);
	json_raw(j, "kinds", list_or_empty(v[TOPIC_COL_KINDS].s));
	json_int(j, "position", v[TOPIC_COL_POSITION].i);
	json_bool(j, "urgent", v[TOPIC_COL_URGENT].i);
	json_id(j, "queue", &v[TOPIC_COL_QUEUE].id);
	json_raw(j, "synonyms", list_or_empty(v[TOPIC_COL_SYNONYMS].s));
	json_bool(j, "active", v[TOPIC_COL_ACTIVE].i);
	json_close(j);
}

void resource_article(struct json *j, const char *key, const struct row *r)
{
	const struct value *v = r->v;

	json_begin_object(j, key);
	json_id(j, "id", &v[ARTICLE_COL_ID].id);
	json_str(j, "title", v[ARTICLE_COL_TITLE].s);
	json_str(j, "summary", v[ARTICLE_COL_SUMMARY].s);
	put_enum(j, "audience", audience_names, v[ARTICLE_COL_AUDIENCE].i);
	json_raw(j, "topics", list_or_empty(v[ARTICLE_COL_TOPICS].s));
	json_time(j, "updated_at", v[ARTICLE_COL_UPDATED_AT].i);
	json_close(j);
}

void resource_agent(struct json *j, const char *key, const struct app *a, const struct row *r)
{
	const struct value *v = r->v;
	int64_t presence = v[AGENT_COL_PRESENCE].i ? v[AGENT_COL_PRESENCE].i : PRESENCE_OFFLINE;

	json_begin_object(j, key);
	json_id(j, "id", &v[AGENT_COL_ID].id);
	json_str(j, "name", v[AGENT_COL_NAME].s);
	put_enum(j, "role", role_names, v[AGENT_COL_ROLE].i);
	put_enum(j, "presence", presence_names, presence);
	json_time(j, "presence_at", v[AGENT_COL_PRESENCE_AT].i);
	json_raw(j, "queues", list_or_empty(v[AGENT_COL_QUEUES].s));
	json_int(j, "capacity", v[AGENT_COL_CAPACITY].i);
	json_int(j, "held", dispatch_held(a->dispatch, &v[AGENT_COL_ID].id));
	json_close(j);
}

void resource_actor(struct json *j, const char *key, const struct app *a, struct actor actor,
		    struct str person_name)
{
	const struct catalog_entry *agent = catalog_find(a->catalog, TABLE_AGENT, &actor.id);
	struct str name = STR("");

	if (actor.role == ROLE_CUSTOMER)
		name = person_name;
	else if (agent)
		name = agent->row.v[AGENT_COL_NAME].s;
	json_begin_object(j, key);
	json_cstr(j, "role", role_names[actor.role]);
	json_id(j, "id", &actor.id);
	json_str(j, "name", name.p ? name : STR(""));
	json_close(j);
}

void resource_event(struct json *j, const char *key, const struct app *a,
		    const struct log_event *ev, struct actor viewer, struct str person_name)
{
	json_begin_object(j, key);
	json_cstr(j, "stream", stream_names[ev->stream_kind]);
	json_id(j, "id", &ev->id);
	json_int(j, "seq", (int64_t)ev->seq);
	json_cstr(j, "kind", event_desc[ev->kind].name);
	json_time(j, "at", ev->at_ms);
	resource_actor(j, "actor", a, ev->actor, person_name);
	json_raw(j, "facts", ev->body);
	json_bool(j, "mine", ev->actor.role != ROLE_NONE && sg_id_eq(&ev->actor.id, &viewer.id));
	json_close(j);
}

bool resource_event_visible(const struct log_event *ev, struct actor viewer)
{
	return viewer.role != ROLE_CUSTOMER || event_desc[ev->kind].audience == AUDIENCE_PUBLIC;
}

static void put_staff_session(struct json *j, const struct row *agent)
{
	const struct value *v = agent->v;

	put_enum(j, "presence", presence_names,
		 v[AGENT_COL_PRESENCE].i ? v[AGENT_COL_PRESENCE].i : PRESENCE_OFFLINE);
	json_int(j, "capacity", v[AGENT_COL_CAPACITY].i);
	json_raw(j, "queues", list_or_empty(v[AGENT_COL_QUEUES].s));
}

void resource_session(struct json *j, const char *key, const struct app *a, const struct viewer *v,
		      struct str name, struct str email)
{
	const struct catalog_entry *agent = catalog_find(a->catalog, TABLE_AGENT, &v->actor.id);

	if (agent) {
		name = agent->row.v[AGENT_COL_NAME].s;
		email = agent->row.v[AGENT_COL_EMAIL].s;
	}
	json_begin_object(j, key);
	json_cstr(j, "role", role_names[v->actor.role]);
	json_id(j, "id", &v->actor.id);
	json_str(j, "name", name.p ? name : STR(""));
	json_str(j, "email", email.p ? email : STR(""));
	json_cstr(j, "company", auth_options(a->auth)->company);
	json_time(j, "expires_at", v->expires_at_ms == INT64_MAX ? 0 : v->expires_at_ms);
	if (agent) {
		put_staff_session(j, &agent->row);
	} else {
		json_add_null(j, "presence");
		json_add_null(j, "capacity");
		json_add_null(j, "queues");
	}
	json_close(j);
}

void resource_board_queue(struct json *j, const char *key, const struct app *a,
			  const struct row *queue, const struct row *day)
{
	struct dispatch_queue q;
	int64_t answered = day ? day->v[QUEUE_DAY_COL_ANSWERED].i : 0;

	dispatch_queue(a->dispatch, &queue->v[QUEUE_COL_ID].id, &q);
	json_begin_object(j, key);
	json_id(j, "queue", &queue->v[QUEUE_COL_ID].id);
	json_str(j, "name", queue->v[QUEUE_COL_NAME].s);
	json_int(j, "waiting", q.waiting);
	json_time(j, "oldest_at", q.oldest_ms);
	json_int(j, "active", q.active);
	json_int(j, "agents", q.agents);
	json_int(j, "free", q.free);
	if (q.wait_s < 0)
		json_add_null(j, "wait_s");
	else
		json_int(j, "wait_s", q.wait_s);
	json_int(j, "answered_today", answered);
	json_int(j, "mean_wait_s",
		 answered ? day->v[QUEUE_DAY_COL_WAIT_MS].i / answered / 1000 : 0);
	json_int(j, "abandoned_today", day ? day->v[QUEUE_DAY_COL_ABANDONED].i : 0);
	json_close(j);
}
