#include "segue/demo/demo_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/codec.h"
#include "app/project.h"

enum { ARENA_MAX = 4 << 20, BODIES_MAX = 8 << 20, BYTES = 1 << 20, TEXT_MAX = 24 * 1024 };

static void *take(size_t n, size_t size)
{
	void *p = calloc(n, size);

	SG_ASSERT(p != NULL);
	return p;
}

void demo_write_init(struct demo_write *w, struct store *store, struct entropy entropy)
{
	*w = (struct demo_write){.store = store, .entropy = entropy};
	arena_init(&w->arena, ARENA_MAX);
	buf_init(&w->bodies, BODIES_MAX);
	w->events = take(DEMO_WRITE_EVENTS_MAX, sizeof(*w->events));
	w->body_at = take(DEMO_WRITE_EVENTS_MAX + 1, sizeof(*w->body_at));
	w->rows = take(DEMO_WRITE_ROWS_MAX, sizeof(*w->rows));
	w->map = take(DEMO_WRITE_MAP, sizeof(*w->map));
}

void demo_write_fini(struct demo_write *w)
{
	arena_fini(&w->arena);
	buf_fini(&w->bodies);
	free(w->events);
	free(w->body_at);
	free(w->rows);
	free(w->map);
}

/* ---- rows, merged by key ---- */

static uint64_t hash_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ at[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t hash_key(const struct row_op *op)
{
	const struct table_desc *t = &table_desc[op->table];
	uint64_t h = hash_bytes(UINT64_C(0xcbf29ce484222325), &op->table, sizeof(op->table));

	for (unsigned c = 0; c < t->n_key; c++) {
		const struct value *v = &op->v[c];

		if (t->cols[c].type == COL_ID)
			h = hash_bytes(h, v->id.b, sizeof(v->id.b));
		else if (t->cols[c].type == COL_TEXT || t->cols[c].type == COL_JSON)
			h = hash_bytes(h, v->s.p, v->s.n);
		else
			h = hash_bytes(h, &v->i, sizeof(v->i));
	}
	return h;
}

static bool same_key(const struct row_op *a, const struct row_op *b)
{
	const struct table_desc *t = &table_desc[a->table];

	if (a->table != b->table)
		return false;
	for (unsigned c = 0; c < t->n_key; c++) {
		const struct value *x = &a->v[c], *y = &b->v[c];
		bool same = x->i == y->i;

		if (t->cols[c].type == COL_ID)
			same = sg_id_eq(&x->id, &y->id);
		else if (t->cols[c].type == COL_TEXT || t->cols[c].type == COL_JSON)
			same = str_eq(x->s, y->s);
		if (!same)
			return false;
	}
	return true;
}

/* First `into`, then `op`, as one change. */
static void merge(struct row_op *into, const struct row_op *op)
{
	for (unsigned c = 0; c < table_desc[op->table].n_cols; c++) {
		uint64_t bit = UINT64_C(1) << c;

		if (!(op->set & bit))
			continue;
		if ((op->add & bit) && (into->set & bit)) {
			into->v[c].i +=
				op->v[c].i; /* an addition stays one, a value stays a value */
			continue;
		}
		into->v[c] = op->v[c];
		into->add = (into->add & ~bit) | (op->add & bit);
	}
	into->set |= op->set;
}

static void add_row(struct demo_write *w, const struct row_op *op)
{
	uint64_t slot = hash_key(op) & (DEMO_WRITE_MAP - 1);

	SG_ASSERT(!op->is_delete);
	for (; w->map[slot]; slot = (slot + 1) & (DEMO_WRITE_MAP - 1)) {
		struct row_op *have = &w->rows[w->map[slot] - 1];

		if (same_key(have, op)) {
			merge(have, op);
			return;
		}
	}
	SG_ASSERT(w->n_rows < DEMO_WRITE_ROWS_MAX);
	w->rows[w->n_rows++] = *op;
	w->map[slot] = (uint16_t)w->n_rows;
}

void demo_write_record(struct demo_write *w, const struct row_op *op)
{
	add_row(w, op);
}

/* ---- events ---- */

void demo_write_event(struct demo_write *w, const struct event *ev)
{
	struct projection rows;

	SG_ASSERT(w->n_events < DEMO_WRITE_EVENTS_MAX);
	w->body_at[w->n_events] = w->bodies.len;
	enum sg_status st = codec_encode(ev, &w->bodies);

	SG_ASSERT(st == SG_OK);
	w->events[w->n_events++] = (struct log_event){
		.stream_kind = event_desc[ev->kind].stream,
		.stream = ev->stream,
		.seq = ev->seq,
		.id = sg_id_make(ev->at_ms, &w->entropy),
		.kind = ev->kind,
		.actor = ev->actor,
		.at_ms = ev->at_ms,
	};
	w->body_at[w->n_events] = w->bodies.len;
	project(ev, &rows);
	for (unsigned i = 0; i < rows.n; i++)
		add_row(w, &rows.rows[i]);
}

static void write_decision(struct demo_write *w, const struct decision *d)
{
	for (unsigned i = 0; i < d->n; i++)
		demo_write_event(w, &d->ev[i]);
}

void demo_write_plain(struct demo_write *w, struct event *ev)
{
	struct decision d = {.n = 0};

	event_take(decision_add(&d, ev->kind, &ev->stream, ev->actor, ev->at_ms), &ev->f);
	enum sg_status st = decision_finish(&d, ev->seq++);

	SG_ASSERT(st == SG_OK);
	write_decision(w, &d);
}

void demo_write_interaction(struct demo_write *w, struct interaction *it,
			    const struct interaction_cmd *cmd)
{
	struct decision d = {.n = 0};
	enum sg_status st = interaction_decide(it, cmd, &d);

	SG_ASSERT(st == SG_OK);
	for (unsigned i = 0; i < d.n; i++)
		interaction_apply(it, &d.ev[i]);
	write_decision(w, &d);
}

void demo_write_case(struct demo_write *w, struct case_ *c, const struct case_cmd *cmd)
{
	struct decision d = {.n = 0};
	enum sg_status st = case_decide(c, cmd, &d);

	SG_ASSERT(st == SG_OK);
	for (unsigned i = 0; i < d.n; i++)
		case_apply(c, &d.ev[i]);
	write_decision(w, &d);
}

struct str demo_write_text(struct demo_write *w, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	SG_ASSERT(n >= 0 && (size_t)n < sizeof(text));
	return arena_str(&w->arena, (struct str){.p = text, .n = (size_t)n});
}

/* ---- sending ---- */

bool demo_write_is_full(const struct demo_write *w)
{
	return w->n_events >= DEMO_WRITE_EVENTS || w->n_rows >= DEMO_WRITE_ROWS ||
	       w->bodies.len >= BYTES;
}

void demo_write_send(struct demo_write *w, store_done_cb *cb, void *arg)
{
	struct store_write sw = {
		.events = w->events, .n_events = w->n_events, .rows = w->rows, .n_rows = w->n_rows};

	/* Only now do the bodies stand still. */
	for (unsigned i = 0; i < w->n_events; i++)
		w->events[i].body = (struct str){.p = w->bodies.data + w->body_at[i],
						 .n = w->body_at[i + 1] - w->body_at[i]};
	store_write(w->store, &sw, cb, arg);
	w->events_sent += w->n_events;
	w->n_events = w->n_rows = 0;
	memset(w->map, 0, DEMO_WRITE_MAP * sizeof(*w->map));
	buf_consume(&w->bodies, w->bodies.len);
	arena_fini(&w->arena);
	arena_init(&w->arena, ARENA_MAX);
}
