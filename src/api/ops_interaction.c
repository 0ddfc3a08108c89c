/* ops_interaction.c - contact: starting it, its context, everything said and done in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "api/resource.h"

/* ---- start: person, item and case are read first, so that everything known travels along ---- */

struct starting {
	struct facts f;
	char name[208], item_title[208], subject[420];
	char *articles;
	unsigned others; /* starts of this person that the store may not know of yet */
};

/* "It does not heat · Heat pump HP-3", within the 200 characters of a title. */
static void write_subject(struct starting *s, struct str topic)
{
	struct str item = str_from(s->item_title[0] ? s->item_title : NULL);
	size_t n = 0;

	if (topic.n)
		n = str_copy(s->subject, 100, topic);
	if (topic.n && item.n)
		n += str_copy(s->subject + n, 200 - n, STR(" · "));
	if (item.n)
		str_copy(s->subject + n, 200 - n, item);
	if (!topic.n && !item.n)
		str_copy(s->subject, 200, STR("General question"));
}

static void start_now(struct call *c)
{
	struct starting *s = c->more;
	struct contact_call cc = call_contact(c);
	const struct catalog_entry *topic = catalog_find(c->app->catalog, TABLE_TOPIC, &s->f.topic);

	write_subject(s, topic ? topic->row.v[TOPIC_COL_TITLE].s : (struct str){0});
	s->f.person = c->viewer.actor.id;
	s->f.name = str_from(s->name);
	s->f.title = str_from(s->item_title[0] ? s->item_title : s->subject);
	s->f.channel = CHANNEL_CHAT;
	s->f.queue = catalog_queue_for(c->app->catalog, &s->f.topic);
	s->f.urgent = catalog_is_urgent(c->app->catalog, &s->f.topic);
	s->f.priority = s->f.urgent ? 1 : 0;
	s->f.page = params_str(c->params, "page");
	s->f.text = params_str(c->params, "text");
	s->f.articles = str_from(s->articles);
	contact_start(c->app, &cc, &s->f, str_from(s->subject));
	free(s->articles);
	s->articles = NULL;
}

/* A path that names nothing of this person's ends here. */
static bool start_owned(struct call *c, enum sg_status st, const struct sg_id *owner)
{
	struct starting *s = c->more;

	if (st == SG_OK && !sg_id_eq(owner, &c->viewer.actor.id))
		st = SG_E_NOT_FOUND;
	if (st == SG_OK)
		return true;
	free(s->articles);
	s->articles = NULL;
	call_refuse(c, st, st == SG_E_NOT_FOUND ? "not_found" : NULL);
	return false;
}

static void on_start_item(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct starting *s = c->more;

	(void)n;
	if (!start_owned(c, st, st == SG_OK ? &rows[0].v[ITEM_COL_PERSON].id : &SG_ID_NONE))
		return;
	str_copy(s->item_title, 200, rows[0].v[ITEM_COL_TITLE].s);
	start_now(c);
}

static void start_item(struct call *c)
{
	struct starting *s = c->more;

	if (sg_id_is_none(&s->f.item))
		start_now(c);
	else
		call_get(c, TABLE_ITEM, &s->f.item, on_start_item);
}

/* Contact again from a case: what it is about is known. */
static void on_start_case(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct starting *s = c->more;

	(void)n;
	if (!start_owned(c, st, st == SG_OK ? &rows[0].v[CASE_COL_PERSON].id : &SG_ID_NONE))
		return;
	s->f.number = rows[0].v[CASE_COL_NUMBER].i;
	if (sg_id_is_none(&s->f.item))
		s->f.item = rows[0].v[CASE_COL_ITEM].id;
	if (sg_id_is_none(&s->f.topic))
		s->f.topic = rows[0].v[CASE_COL_TOPIC].id;
	start_item(c);
}

static void on_start_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct starting *s = c->more;

	(void)n;
	if (!start_owned(c, st, st == SG_OK ? &rows[0].v[PERSON_COL_ID].id : &SG_ID_NONE))
		return;
	str_copy(s->name, 200, rows[0].v[PERSON_COL_NAME].s);
	if (sg_id_is_none(&s->f.case_id))
		start_item(c);
	else
		call_get(c, TABLE_CASE, &s->f.case_id, on_start_case);
}

/* ---- not too many at once ---- */

static void start_person(struct call *c)
{
	call_get(c, TABLE_PERSON, &c->viewer.actor.id, on_start_person);
}

static void on_start_repeat(enum sg_status st, const struct store_done *done, void *arg)
{
	struct call *c = arg;
	struct starting *s = c->more;

	(void)done;
	if (st == SG_OK) { /* done before: it will be told what it was told then */
		start_person(c);
		return;
	}
	free(s->articles);
	s->articles = NULL;
	if (st != SG_E_NOT_FOUND) {
		call_refuse(c, st, NULL);
		return;
	}
	struct problem p = problem_format(
		409, "too_many_open",
		"You have %d conversations open already. End one of them, or go on there.",
		OPEN_INTERACTIONS_MAX);

	call_problem(c, &p);
}

static void ask_repeat(struct call *c)
{
	char source[SG_ID_TEXT + 1];
	struct store_write w = {.idem_key = call_idem_key(c), .is_question = true};

	if (!c->key[0]) {
		on_start_repeat(SG_E_NOT_FOUND, NULL, c);
		return;
	}
	sg_id_text(&c->viewer.actor.id, source);
	w.idem_source = str_from(source);
	store_write(c->app->store, &w, on_start_repeat, c);
}

/* What only its agent has still to do with is none of the person's. */
static bool is_running(const struct row *r)
{
	struct str state = r->v[INTERACTION_COL_STATE].s;

	return !str_eq(state, str_from(interaction_state_names[INTERACTION_CLOSED])) &&
	       !str_eq(state, str_from(interaction_state_names[INTERACTION_WRAPUP]));
}

static void on_start_open(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct starting *s = c->more;
	unsigned open = s->others;

	if (st != SG_OK) {
		free(s->articles);
		s->articles = NULL;
		call_refuse(c, st, NULL);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		open += is_running(&rows[i]);
	if (open < OPEN_INTERACTIONS_MAX)
		start_person(c);
	else
		ask_repeat(c);
}

static const char *start_fault(const struct call *c, const struct starting *s)
{
	unsigned channel = params_enum(c->params, "channel", channel_names, CHANNEL_N);

	if (channel != CHANNEL_CHAT)
		return "channel";
	if (!sg_id_is_none(&s->f.topic) && !catalog_find(c->app->catalog, TABLE_TOPIC, &s->f.topic))
		return "topic";
	return NULL;
}

void op_start_interaction(struct call *c)
{
	struct starting *s = calloc(1, sizeof(*s));
	const json_t *articles = params_json(c->params, "articles");
	struct store_range q;

	SG_ASSERT(s != NULL);
	c->more = s;
	s->f.item = params_id(c->params, "item");
	s->f.topic = params_id(c->params, "topic");
	s->f.case_id = params_id(c->params, "case");
	const char *fault = start_fault(c, s);

	if (fault) {
		struct problem p = problem_field(fault, "This %s is not offered.", fault);

		call_problem(c, &p);
		return;
	}
	s->articles = articles ? json_dumps(articles, JSON_COMPACT) : NULL;
	s->others = call_busy(c, 1, 0).starts;
	q = call_range(INDEX_INTERACTION_BY_PERSON, &c->viewer.actor.id);
	call_ask(c, &q, on_start_open);
}

/* ---- the context that travels ---- */

static bool row_visible(const struct call *c, const struct row *r)
{
	return c->viewer.actor.role != ROLE_CUSTOMER ||
	       sg_id_eq(&r->v[INTERACTION_COL_PERSON].id, &c->viewer.actor.id);
}

struct context {
	struct sg_id person, item, case_id, topic;
};

static void write_tried(struct call *c, const struct row *r)
{
	struct str text = r->v[INTERACTION_COL_ARTICLES].s;
	json_t *list = text.n ? json_loadb(text.p, text.n, 0, NULL) : NULL;
	size_t i;
	json_t *one;

	json_begin_array(&c->j, "tried");
	json_array_foreach(list, i, one)
	{
		struct sg_id id = params_id(one, "article");
		const struct catalog_entry *a = catalog_find(c->app->catalog, TABLE_ARTICLE, &id);

		if (!a)
			continue;
		json_begin_object(&c->j, NULL);
		json_id(&c->j, "article", &id);
		json_str(&c->j, "title", a->row.v[ARTICLE_COL_TITLE].s);
		if (params_has(one, "helped"))
			json_bool(&c->j, "helped", params_bool(one, "helped"));
		else
			json_add_null(&c->j, "helped");
		json_close(&c->j);
	}
	json_close(&c->j);
	json_decref(list);
}

static void write_place(struct call *c)
{
	struct dispatch_place place;

	dispatch_place(c->app->dispatch, &c->id, &place);
	if (!place.position) {
		json_add_null(&c->j, "position");
		json_add_null(&c->j, "wait_s");
		json_add_null(&c->j, "agents");
		return;
	}
	json_int(&c->j, "position", place.position);
	if (place.wait_s < 0)
		json_add_null(&c->j, "wait_s");
	else
		json_int(&c->j, "wait_s", place.wait_s);
	json_int(&c->j, "agents", place.agents);
}

static void on_context_case(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	if (call_got(c, st) != SG_OK)
		return;
	resource_case(&c->j, "case", rows);
	json_close(&c->j);
	call_answer(c);
}

static void on_context_item(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct context *x = c->more;

	if (st != SG_E_NOT_FOUND && call_got(c, st) != SG_OK)
		return;
	if (n == 1)
		resource_item(&c->j, "item", rows);
	else
		json_add_null(&c->j, "item");
	call_get(c, TABLE_CASE, &x->case_id, on_context_case);
}

static void on_context_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct context *x = c->more;

	(void)n;
	if (call_got(c, st) != SG_OK)
		return;
	if (c->viewer.actor.role == ROLE_CUSTOMER)
		resource_own_person(&c->j, "person", rows);
	else
		resource_person(&c->j, "person", rows, false);
	call_get(c, TABLE_ITEM, &x->item, on_context_item);
}

static void on_context(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	char topic[420];

	(void)n;
	if (st == SG_OK && !row_visible(c, rows))
		st = SG_E_NOT_FOUND;
	if (call_got(c, st) != SG_OK)
		return;
	struct context *x = calloc(1, sizeof(*x));

	SG_ASSERT(x != NULL);
	c->more = x;
	x->person = rows[0].v[INTERACTION_COL_PERSON].id;
	x->item = rows[0].v[INTERACTION_COL_ITEM].id;
	x->case_id = rows[0].v[INTERACTION_COL_CASE].id;
	catalog_topic_path(c->app->catalog, &rows[0].v[INTERACTION_COL_TOPIC].id, topic,
			   sizeof(topic));
	call_begin(c);
	resource_interaction(&c->j, "interaction", c->app, rows);
	json_cstr(&c->j, "topic", topic[0] ? topic : NULL);
	write_tried(c, rows);
	json_str(&c->j, "page", rows[0].v[INTERACTION_COL_PAGE].s);
	write_place(c);
	call_get(c, TABLE_PERSON, &x->person, on_context_person);
}

void op_get_interaction(struct call *c)
{
	c->id = params_id(c->params, "interaction");
	call_get(c, TABLE_INTERACTION, &c->id, on_context);
}

/* ---- events ---- */

struct reading {
	char person_name[208];
	int64_t head;
};

static void on_events(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct call *c = arg;
	struct reading *r = c->more;

	if (call_got(c, st) != SG_OK)
		return;
	call_begin(c);
	json_begin_array(&c->j, "events");
	for (unsigned i = 0; i < n; i++) {
		if (resource_event_visible(&ev[i], c->viewer.actor))
			resource_event(&c->j, NULL, c->app, &ev[i], c->viewer.actor,
				       str_from(r->person_name));
	}
	json_close(&c->j);
	json_int(&c->j, "head", r->head);
	json_close(&c->j);
	call_answer(c);
}

static void on_events_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	if (st == SG_OK && !row_visible(c, rows))
		st = SG_E_NOT_FOUND;
	if (call_got(c, st) != SG_OK)
		return;
	struct reading *r = calloc(1, sizeof(*r));

	SG_ASSERT(r != NULL);
	c->more = r;
	r->head = rows[0].v[INTERACTION_COL_SEQ].i;
	str_copy(r->person_name, sizeof(r->person_name), rows[0].v[INTERACTION_COL_PERSON_NAME].s);
	store_events(c->app->store, &c->id, (uint64_t)params_int(c->params, "after", 0),
		     (unsigned)params_int(c->params, "limit", STORE_RANGE_MAX), on_events, c);
}

void op_list_events(struct call *c)
{
	c->id = params_id(c->params, "interaction");
	call_get(c, TABLE_INTERACTION, &c->id, on_events_row);
}

/* ---- commands ---- */

static struct interaction_cmd command(const struct call *c, enum interaction_cmd_kind kind)
{
	return (struct interaction_cmd){.kind = kind, .id = params_id(c->params, "interaction")};
}

static void run_ok(struct call *c, const struct interaction_cmd *cmd)
{
	struct contact_call cc = call_contact(c);

	cc.done = call_contact_ok;
	contact_command(c->app, &cc, cmd);
}

static void send_now(struct call *c, const struct row *file)
{
	struct interaction_cmd cmd = command(c, INTERACTION_MESSAGE);
	struct contact_call cc = call_contact(c);
	struct row_op record;

	cmd.f.leg = LEG_CHAT;
	cmd.f.text = params_str(c->params, "text");
	if (file) {
		cmd.f.file = file->v[FILE_COL_ID].id;
		cmd.f.name = file->v[FILE_COL_NAME].s;
		cmd.f.mime = file->v[FILE_COL_MIME].s;
		cmd.f.size = file->v[FILE_COL_SIZE].i;
		record = (struct row_op){.table = TABLE_FILE};
		record.set = UINT64_C(1) << FILE_COL_ID | UINT64_C(1) << FILE_COL_INTERACTION;
		record.v[FILE_COL_ID].id = cmd.f.file;
		record.v[FILE_COL_INTERACTION].id = cmd.id;
		cc.record = &record;
	}
	contact_command(c->app, &cc, &cmd);
}

/* A file goes with one interaction only, its sender's. */
static void on_message_file(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct sg_id interaction = params_id(c->params, "interaction");

	(void)n;
	if (st == SG_OK) {
		const struct sg_id *in = &rows[0].v[FILE_COL_INTERACTION].id;
		bool free_or_same = sg_id_is_none(in) || sg_id_eq(in, &interaction);

		if (!sg_id_eq(&rows[0].v[FILE_COL_OWNER].id, &c->viewer.actor.id) || !free_or_same)
			st = SG_E_NOT_FOUND;
	}
	if (call_got(c, st) == SG_OK)
		send_now(c, rows);
}

void op_send_message(struct call *c)
{
	struct sg_id file = params_id(c->params, "file");

	if (!params_str(c->params, "text").n && sg_id_is_none(&file)) {
		struct problem p = problem_field("text", "A message needs text or a file.");

		call_problem(c, &p);
	} else if (sg_id_is_none(&file)) {
		send_now(c, NULL);
	} else {
		call_get(c, TABLE_FILE, &file, on_message_file);
	}
}

/* Read that far already is as good as read now. */
static void on_read(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (answer->st == SG_OK || answer->st == SG_E_AGAIN)
		call_ok(c);
	else
		call_refuse(c, answer->st, answer->why);
}

void op_mark_read(struct call *c)
{
	struct interaction_cmd cmd = command(c, INTERACTION_READ);
	struct contact_call cc = call_contact(c);

	cmd.f.read_seq = params_int(c->params, "seq", 0);
	cc.done = on_read;
	contact_command(c->app, &cc, &cmd);
}

void op_typing(struct call *c)
{
	struct sg_id id = params_id(c->params, "interaction");

	if (c->ws)
		live_typing(c->api->live, c->ws, &id, c->viewer.actor);
	call_ok(c);
}

void op_end_interaction(struct call *c)
{
	struct sg_id id = params_id(c->params, "interaction");
	struct contact_call cc = call_contact(c);

	cc.done = call_contact_ok;
	contact_end(c->app, &cc, &id,
		    c->viewer.actor.role == ROLE_CUSTOMER ? REASON_CUSTOMER_LEFT
							  : REASON_AGENT_ENDED);
}

void op_accept_offer(struct call *c)
{
	struct interaction_cmd cmd = command(c, INTERACTION_ACCEPT);
	const struct catalog_entry *me =
		catalog_find(c->app->catalog, TABLE_AGENT, &c->viewer.actor.id);

	cmd.f.offer_no = params_int(c->params, "offer_no", 0);
	if (me)
		cmd.f.name = me->row.v[AGENT_COL_NAME].s;
	run_ok(c, &cmd);
}

void op_reject_offer(struct call *c)
{
	struct interaction_cmd cmd = command(c, INTERACTION_REJECT);

	cmd.f.offer_no = params_int(c->params, "offer_no", 0);
	run_ok(c, &cmd);
}

void op_add_note(struct call *c)
{
	struct interaction_cmd cmd = command(c, INTERACTION_NOTE);
	struct contact_call cc = call_contact(c);

	cmd.f.text = params_str(c->params, "text");
	contact_command(c->app, &cc, &cmd);
}

static const char *transfer_fault(const struct call *c, const struct interaction_cmd *cmd)
{
	const struct catalog_entry *agent =
		catalog_find(c->app->catalog, TABLE_AGENT, &cmd->f.agent);
	bool to_agent = !sg_id_is_none(&cmd->f.agent), to_queue = !sg_id_is_none(&cmd->f.queue);

	if (!to_agent && !to_queue)
		return "queue";
	if (to_agent && (!agent || agent->row.v[AGENT_COL_ROLE].i != ROLE_AGENT ||
			 !agent->row.v[AGENT_COL_ACTIVE].i))
		return "agent";
	if (to_queue && !catalog_find(c->app->catalog, TABLE_QUEUE, &cmd->f.queue))
		return "queue";
	return NULL;
}

void op_transfer(struct call *c)
{
	struct interaction_cmd cmd = command(c, INTERACTION_TRANSFER);

	cmd.f.queue = params_id(c->params, "queue");
	cmd.f.agent = params_id(c->params, "agent");
	cmd.f.text = params_str(c->params, "text");
	const char *fault = transfer_fault(c, &cmd);

	if (!fault) {
		run_ok(c, &cmd);
		return;
	}
	struct problem p = problem_field(fault, "Name a queue or an agent to transfer to.");

	call_problem(c, &p);
}

void op_wrap_up(struct call *c)
{
	struct sg_id id = params_id(c->params, "interaction");
	struct contact_call cc = call_contact(c);
	struct facts f = {
		.summary = params_str(c->params, "summary"),
		.outcome =
			(enum outcome)params_enum(c->params, "outcome", outcome_names, OUTCOME_N),
		.next_step = params_str(c->params, "next_step"),
		.due_at = params_time(c->params, "due_at"),
		.topic = params_id(c->params, "topic"),
	};

	cc.done = call_contact_ok;
	if (sg_id_is_none(&f.topic) || catalog_find(c->app->catalog, TABLE_TOPIC, &f.topic)) {
		contact_wrap_up(c->app, &cc, &id, &f);
		return;
	}
	struct problem p = problem_field("topic", "There is no such topic.");

	call_problem(c, &p);
}
