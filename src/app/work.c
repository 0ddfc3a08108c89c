/* work.c - what a decide function may ask and do: loaded states, emitted events, rows, outbox. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/codec.h"
#include "app/flow_priv.h"
#include "app/project.h"

enum { BODY_MAX = 128 * 1024 };

struct actor work_actor(const struct work *w)
{
	return w->spec.actor;
}

int64_t work_now(const struct work *w)
{
	return w->now_ms;
}

struct arena *work_arena(struct work *w)
{
	return &w->scratch;
}

struct sg_id work_new_id(struct work *w)
{
	return sg_id_make(w->now_ms, &w->flow->entropy);
}

static enum stream_kind kind_of_state(enum stream_kind kind)
{
	return kind == STREAM_INTERACTION || kind == STREAM_CASE || kind == STREAM_AGENT
		       ? kind
		       : STREAM_NONE;
}

static struct touched *find_touched(struct work *w, enum stream_kind kind, const struct sg_id *id)
{
	for (unsigned i = 0; i < w->n_touched; i++) {
		if (w->touched[i].state.kind == kind && sg_id_eq(&w->touched[i].agg->id, id))
			return &w->touched[i];
	}
	return NULL;
}

static struct touched *add_touched(struct work *w, struct aggregate *a)
{
	SG_ASSERT(w->n_touched < FLOW_TOUCH_MAX);
	struct touched *t = &w->touched[w->n_touched++];

	*t = (struct touched){.agg = a, .state = a->state};
	a->users++;
	return t;
}

static struct aggregate_state *look(struct work *w, enum stream_kind kind, const struct sg_id *id)
{
	struct touched *t = find_touched(w, kind, id);

	if (t)
		return &t->state;
	if (w->missing)
		return NULL;
	struct aggregate *a = aggregate_get(w->flow, kind, id);

	if (!aggregate_ready(a, w)) {
		w->missing = a;
		return NULL;
	}
	return &add_touched(w, a)->state;
}

const struct interaction *work_interaction(struct work *w, const struct sg_id *id)
{
	struct aggregate_state *s = look(w, STREAM_INTERACTION, id);

	return s ? &s->interaction : NULL;
}

const struct case_ *work_case(struct work *w, const struct sg_id *id)
{
	struct aggregate_state *s = look(w, STREAM_CASE, id);

	return s ? &s->case_ : NULL;
}

const struct agent *work_agent(struct work *w, const struct sg_id *id)
{
	struct aggregate_state *s = look(w, STREAM_AGENT, id);

	return s ? &s->agent : NULL;
}

const uint64_t *work_plain(struct work *w, const struct sg_id *id)
{
	struct aggregate_state *s = look(w, STREAM_NONE, id);

	return s ? &s->seq : NULL;
}

void work_fresh(struct work *w, enum stream_kind kind, const struct sg_id *id)
{
	struct aggregate *a = aggregate_get(w->flow, kind, id);

	SG_ASSERT(!a->pending && !a->loading);
	aggregate_blank(&a->state, kind, id);
	a->loaded = true;
	add_touched(w, a);
}

static void apply(struct aggregate_state *s, const struct event *ev)
{
	SG_ASSERT(ev->seq == aggregate_seq(s) + 1);
	if (s->kind == STREAM_INTERACTION)
		interaction_apply(&s->interaction, ev);
	else if (s->kind == STREAM_CASE)
		case_apply(&s->case_, ev);
	else if (s->kind == STREAM_AGENT)
		agent_apply(&s->agent, ev);
	else
		s->seq = ev->seq;
}

static void encode(struct work *w, const struct event *ev, struct log_event *log_out)
{
	struct buf body;

	buf_init(&body, BODY_MAX);
	enum sg_status st = codec_encode(ev, &body);

	SG_ASSERT(st == SG_OK); /* the facts were bounded where they came in */
	*log_out = (struct log_event){
		.stream_kind = event_desc[ev->kind].stream,
		.stream = ev->stream,
		.seq = ev->seq,
		.id = ev->id,
		.kind = ev->kind,
		.actor = ev->actor,
		.at_ms = ev->at_ms,
		.body = arena_str(&w->scratch, (struct str){.p = body.data, .n = body.len}),
	};
	buf_fini(&body);
}

static struct row_op *new_row(struct work *w)
{
	if (w->n_rows == w->cap_rows) {
		w->cap_rows = w->cap_rows ? w->cap_rows * 2 : 4;
		w->rows = realloc(w->rows, w->cap_rows * sizeof(*w->rows));
		SG_ASSERT(w->rows != NULL);
	}
	return &w->rows[w->n_rows++];
}

void work_row(struct work *w, const struct row_op *op)
{
	const struct table_desc *t = &table_desc[op->table];
	struct row_op *mine = new_row(w);

	*mine = *op;
	for (unsigned c = 0; c < t->n_cols; c++) {
		if (t->cols[c].type == COL_TEXT || t->cols[c].type == COL_JSON)
			mine->v[c].s = arena_str(&w->scratch, op->v[c].s);
	}
}

void work_emit_event(struct work *w, const struct event *ev)
{
	SG_ASSERT(w->n_events < FLOW_EVENTS_MAX);
	struct touched *t =
		find_touched(w, kind_of_state(event_desc[ev->kind].stream), &ev->stream);
	struct event *mine = &w->events[w->n_events];
	struct projection rows;

	SG_ASSERT(t != NULL);
	*mine = *ev;
	mine->seq = aggregate_seq(&t->state) + 1;
	mine->id = work_new_id(w);
	encode(w, mine, &w->logs[w->n_events]);
	project(mine, &rows);
	for (unsigned i = 0; i < rows.n; i++)
		*new_row(w) = rows.rows[i];
	apply(&t->state, mine);
	t->changed = true;
	w->n_events++;
}

void work_emit(struct work *w, const struct decision *d)
{
	for (unsigned i = 0; i < d->n; i++)
		work_emit_event(w, &d->ev[i]);
}

void work_outbox(struct work *w, const struct outbox_op *op)
{
	SG_ASSERT(w->n_outbox < FLOW_OUTBOX_MAX);
	struct outbox_op *mine = &w->outbox[w->n_outbox++];

	*mine = *op;
	mine->channel = arena_str(&w->scratch, op->channel);
	mine->body = arena_str(&w->scratch, op->body);
}

void work_result(struct work *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(w->result, sizeof(w->result), fmt, ap);
	va_end(ap);
	SG_ASSERT(n >= 0 && (size_t)n < sizeof(w->result));
}

enum sg_status work_refuse(struct work *w, enum sg_status st, const char *why)
{
	w->why = why;
	return st;
}

uint64_t work_last_seq(const struct work *w)
{
	SG_ASSERT(w->n_events > 0);
	return w->events[w->n_events - 1].seq;
}
