#include "app/contact.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

enum { TASK_BYTES_MAX = 256 * 1024, PUT_EVENTS_MAX = 4 };

/* What one call needs until it is done; everything it points to lives in its arena. */
struct task {
	struct app *app;
	struct arena arena;
	struct actor actor;
	work_done_fn *done;
	void *arg;
	struct interaction_cmd cmd;
	struct facts f;
	struct sg_id id;
	struct str subject;
	bool new_case;
	struct row_op record;
	bool has_record;
	struct event puts[PUT_EVENTS_MAX];
	unsigned n_puts;
};

static void task_free(void *arg)
{
	struct task *t = arg;

	arena_fini(&t->arena);
	free(t);
}

static void task_done(const struct work_answer *answer, void *arg)
{
	struct task *t = arg;

	if (t->done)
		t->done(answer, t->arg);
}

static struct task *task_new(struct app *a, const struct contact_call *call)
{
	struct task *t = calloc(1, sizeof(*t));

	SG_ASSERT(t != NULL);
	t->app = a;
	t->actor = call->actor;
	t->done = call->done;
	t->arg = call->arg;
	arena_init(&t->arena, TASK_BYTES_MAX);
	if (call->record) {
		const struct table_desc *table = &table_desc[call->record->table];

		t->record = *call->record;
		t->has_record = true;
		for (unsigned c = 0; c < table->n_cols; c++) {
			if (table->cols[c].type == COL_TEXT || table->cols[c].type == COL_JSON)
				t->record.v[c].s = arena_str(&t->arena, t->record.v[c].s);
		}
	}
	return t;
}

static void copy_facts(struct task *t, struct facts *to, const struct facts *from)
{
	*to = *from;
	for (unsigned i = 0; i < FACT_N; i++) {
		const struct fact_desc *d = &fact_desc[i];
		struct str *s = (struct str *)(void *)((char *)to + d->offset);

		if (d->type == FACT_TYPE_TEXT || d->type == FACT_TYPE_JSON)
			*s = arena_str(&t->arena, *s);
	}
}

static void refused_now(void *arg)
{
	struct task *t = arg;
	struct work_answer busy = {.st = SG_E_LIMIT, .why = "busy"};

	task_done(&busy, t);
	task_free(t);
}

static void task_submit(struct task *t, const struct contact_call *call, work_decide_fn *decide)
{
	char source[SG_ID_TEXT + 1];
	struct work_spec spec = {
		.actor = call->actor,
		.decide = decide,
		.done = task_done,
		.free_arg = task_free,
		.arg = t,
	};

	if (call->idem_key.n) {
		sg_id_text(&call->actor.id, source);
		spec.idem_source = str_from(source);
		spec.idem_key = call->idem_key;
	}
	if (flow_submit(t->app->flow, &spec) != SG_OK)
		sched_after(t->app->sched, 0, refused_now, t);
}

static void result_seq(struct work *w)
{
	char at[32];

	json_format_time(work_now(w), at);
	work_result(w, "\"seq\":%llu,\"at\":\"%s\"", (unsigned long long)work_last_seq(w), at);
}

/* ---- any command ---- */

static enum sg_status decide_interaction(struct work *w, struct interaction_cmd *cmd,
					 struct decision *dec)
{
	const struct interaction *it = work_interaction(w, &cmd->id);

	if (!it)
		return SG_E_AGAIN;
	cmd->actor = work_actor(w);
	cmd->now_ms = work_now(w);
	*dec = (struct decision){.n = 0};
	enum sg_status st = interaction_decide(it, cmd, dec);

	if (st != SG_OK)
		return work_refuse(w, st, dec->why);
	work_emit(w, dec);
	return SG_OK;
}

static enum sg_status decide_command(struct work *w, void *arg)
{
	struct task *t = arg;
	struct decision dec;

	SG_TRY(decide_interaction(w, &t->cmd, &dec));
	if (t->has_record)
		work_row(w, &t->record);
	result_seq(w);
	return SG_OK;
}

void contact_command(struct app *a, const struct contact_call *call,
		     const struct interaction_cmd *cmd)
{
	struct task *t = task_new(a, call);

	t->cmd = *cmd;
	copy_facts(t, &t->cmd.f, &cmd->f);
	task_submit(t, call, decide_command);
}

/* ---- start ---- */

static enum sg_status decide_case(struct work *w, struct case_cmd *cmd)
{
	struct decision dec = {.n = 0};
	const struct case_ *c = work_case(w, &cmd->id);

	if (!c)
		return SG_E_AGAIN;
	cmd->now_ms = work_now(w);
	enum sg_status st = case_decide(c, cmd, &dec);

	if (st != SG_OK)
		return work_refuse(w, st, dec.why);
	work_emit(w, &dec);
	return SG_OK;
}

static enum sg_status start_case(struct work *w, struct task *t, int64_t *number_out)
{
	struct case_cmd cmd = {.kind = CASE_CONTACT, .id = t->f.case_id, .actor = work_actor(w)};

	cmd.f.interaction = t->id;
	cmd.f.channel = t->f.channel;
	if (t->new_case) {
		work_fresh(w, STREAM_CASE, &t->f.case_id);
		cmd.kind = CASE_OPEN;
		cmd.f.number = t->f.number;
		cmd.f.person = t->f.person;
		cmd.f.name = t->f.name;
		cmd.f.item = t->f.item;
		cmd.f.topic = t->f.topic;
		cmd.f.title = t->subject;
	}
	SG_TRY(decide_case(w, &cmd));
	*number_out = work_case(w, &t->f.case_id)->number;
	return SG_OK;
}

static enum sg_status start_words(struct work *w, struct task *t)
{
	struct interaction_cmd say = {.kind = INTERACTION_MESSAGE, .id = t->id};
	struct decision dec;

	if (!t->f.text.n)
		return SG_OK;
	say.f.leg = LEG_CHAT;
	say.f.text = t->f.text;
	return decide_interaction(w, &say, &dec);
}

static enum sg_status decide_start(struct work *w, void *arg)
{
	struct task *t = arg;
	struct decision dec;
	struct interaction_cmd cmd = {.kind = INTERACTION_START, .id = t->id, .f = t->f};
	char id[SG_ID_TEXT + 1], case_id[SG_ID_TEXT + 1];

	/* Here, so that a repeat of one that was done is told so all the same. */
	if (dispatch_is_full(t->app->dispatch))
		return work_refuse(w, SG_E_LIMIT, "busy");
	if (t->new_case && !t->f.number)
		t->f.number = t->app->next_case_number++;
	work_fresh(w, STREAM_INTERACTION, &t->id);
	SG_TRY(start_case(w, t, &cmd.f.number));
	SG_TRY(decide_interaction(w, &cmd, &dec));
	SG_TRY(start_words(w, t));
	sg_id_text(&t->id, id);
	sg_id_text(&t->f.case_id, case_id);
	work_result(w, "\"interaction\":\"%s\",\"case\":\"%s\",\"case_number\":%lld,\"seq\":%llu",
		    id, case_id, (long long)cmd.f.number,
		    (unsigned long long)work_interaction(w, &t->id)->seq);
	return SG_OK;
}

void contact_start(struct app *a, const struct contact_call *call, const struct facts *f,
		   struct str subject)
{
	struct task *t = task_new(a, call);

	copy_facts(t, &t->f, f);
	t->subject = arena_str(&t->arena, subject);
	t->id = sg_id_make(sched_wall_ms(a->sched), &a->entropy);
	t->new_case = sg_id_is_none(&f->case_id);
	if (t->new_case) {
		t->f.case_id = sg_id_make(sched_wall_ms(a->sched), &a->entropy);
		t->f.number = 0;
	}
	task_submit(t, call, decide_start);
}

/* ---- end, wrap-up, feedback, presence ---- */

static enum sg_status decide_end(struct work *w, void *arg)
{
	struct task *t = arg;
	struct decision dec;
	const struct interaction *before = work_interaction(w, &t->cmd.id);

	if (!before)
		return SG_E_AGAIN;
	struct case_cmd close = {.kind = CASE_UPDATE, .id = before->case_id};
	bool had_agent = before->state == INTERACTION_WRAPUP;

	SG_TRY(decide_interaction(w, &t->cmd, &dec));
	result_seq(w);
	if (interaction_is_open(work_interaction(w, &t->cmd.id)))
		return SG_OK;
	/* There will be no wrap-up to say how it went. */
	close.f.status = CASE_STATUS_CLOSED;
	close.f.summary = had_agent ? STR("The contact ended; the agent left no summary.")
				    : STR("The contact ended before somebody could answer.");
	close.f.interaction = t->cmd.id;
	return decide_case(w, &close);
}

void contact_end(struct app *a, const struct contact_call *call, const struct sg_id *interaction,
		 enum reason reason)
{
	struct task *t = task_new(a, call);

	t->cmd = (struct interaction_cmd){.kind = INTERACTION_END, .id = *interaction};
	t->cmd.f.reason = reason;
	task_submit(t, call, decide_end);
}

static enum sg_status decide_wrap_up(struct work *w, void *arg)
{
	struct task *t = arg;
	struct decision dec;
	struct case_cmd cmd = {.kind = CASE_UPDATE, .actor = work_actor(w), .f = t->cmd.f};

	SG_TRY(decide_interaction(w, &t->cmd, &dec));
	result_seq(w);
	cmd.id = work_interaction(w, &t->cmd.id)->case_id;
	cmd.f.interaction = t->cmd.id;
	return decide_case(w, &cmd);
}

void contact_wrap_up(struct app *a, const struct contact_call *call,
		     const struct sg_id *interaction, const struct facts *f)
{
	struct task *t = task_new(a, call);

	t->cmd = (struct interaction_cmd){.kind = INTERACTION_WRAP_UP, .id = *interaction};
	copy_facts(t, &t->cmd.f, f);
	task_submit(t, call, decide_wrap_up);
}

static enum sg_status decide_feedback(struct work *w, void *arg)
{
	struct task *t = arg;
	struct case_cmd cmd = {
		.kind = CASE_FEEDBACK, .id = t->id, .actor = work_actor(w), .f = t->f};
	const struct case_ *c = work_case(w, &t->id);
	char at[32];

	if (!c)
		return SG_E_AGAIN;
	cmd.f.interaction = c->last_interaction;
	SG_TRY(decide_case(w, &cmd));
	json_format_time(work_now(w), at);
	work_result(w, "\"version\":%u,\"at\":\"%s\"", work_case(w, &t->id)->feedback_version, at);
	return SG_OK;
}

void contact_feedback(struct app *a, const struct contact_call *call, const struct sg_id *case_id,
		      const struct facts *f)
{
	struct task *t = task_new(a, call);

	t->id = *case_id;
	copy_facts(t, &t->f, f);
	task_submit(t, call, decide_feedback);
}

static enum sg_status decide_presence(struct work *w, void *arg)
{
	struct task *t = arg;
	struct decision dec = {.n = 0};
	struct agent_cmd cmd = {
		.kind = AGENT_PRESENCE, .id = t->id, .actor = work_actor(w), .f = t->f};
	const struct agent *before = work_agent(w, &t->id);

	if (!before)
		return SG_E_AGAIN;
	cmd.now_ms = work_now(w);
	enum sg_status st = agent_decide(before, &cmd, &dec);

	if (st != SG_OK)
		return work_refuse(w, st, dec.why);
	work_emit(w, &dec);
	return SG_OK;
}

void contact_presence(struct app *a, const struct contact_call *call, const struct sg_id *agent,
		      enum presence presence)
{
	struct task *t = task_new(a, call);

	t->id = *agent;
	t->f.presence = presence;
	t->f.reason = REASON_REQUESTED;
	task_submit(t, call, decide_presence);
}

/* ---- plain streams ---- */

static enum sg_status decide_put(struct work *w, void *arg)
{
	struct task *t = arg;

	if (!work_plain(w, &t->id))
		return SG_E_AGAIN;
	for (unsigned i = 0; i < t->n_puts; i++) {
		t->puts[i].actor = work_actor(w);
		t->puts[i].at_ms = work_now(w);
		work_emit_event(w, &t->puts[i]);
	}
	if (t->has_record)
		work_row(w, &t->record);
	result_seq(w);
	return SG_OK;
}

void contact_put(struct app *a, const struct contact_call *call, const struct event *ev, unsigned n)
{
	struct task *t = task_new(a, call);

	SG_ASSERT(n >= 1 && n <= PUT_EVENTS_MAX);
	t->id = ev->stream;
	for (unsigned i = 0; i < n; i++) {
		t->puts[i] = ev[i];
		copy_facts(t, &t->puts[i].f, &ev[i].f);
	}
	t->n_puts = n;
	task_submit(t, call, decide_put);
}
