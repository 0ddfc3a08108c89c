#include "sim/hostile_store.h"

#include <stdlib.h>

#include "base/arena.h"

enum { LATE_MS = 20000, READ_BYTES_MAX = 64 << 20 };

struct hostile_write {
	struct hostile_write *next;
	struct hostile *h;
	struct request *req;
	enum hostile_fate fate;
	bool handed, ready, orphan;
	int64_t answer_at_ms;
	enum sg_status st;
	bool repeated;
	char result[STORE_IDEM_MAX + 1];
	uint64_t pos;
	store_done_cb *cb;
	void *arg;
};

struct hostile_read {
	struct hostile_read *prev, *next;
	struct hostile *h;
	struct request_read *req; /* NULL: last */
	enum read_kind kind;
	bool asked, answered;
	bool fails;
	struct arena arena;
	enum sg_status st;
	struct row *rows;
	struct log_event *events;
	struct outbox_row *owed;
	unsigned n;
	store_rows_cb *rows_cb;
	store_events_cb *events_cb;
	store_outbox_cb *outbox_cb;
	void *arg;
};

static uint32_t chance(struct hostile *h, uint32_t bound)
{
	return h->tape && bound > 0 ? tape_below(h->tape, bound) : 0;
}

static uint32_t delay(struct hostile *h)
{
	return h->delay_ms ? chance(h, h->delay_ms + 1) : 0;
}

static bool fault(struct hostile *h)
{
	return h->tape && h->fault_in && tape_below(h->tape, h->fault_in) == h->fault_in - 1;
}

/* ---- writes ---- */

static void write_free(struct hostile_write *w)
{
	free(w->req);
	free(w);
}

static void answer_ready(void *arg)
{
	struct hostile *h = arg;

	while (h->first && h->first->ready && h->first->answer_at_ms <= sched_now_ms(h->sched)) {
		struct hostile_write *w = h->first;
		struct store_done done = {
			.repeated = w->repeated, .pos = w->pos, .idem_result = str_from(w->result)};

		h->first = w->next;
		if (!h->first)
			h->last = NULL;
		w->cb(w->st, &done, w->arg);
		write_free(w);
	}
}

static void make_ready(struct hostile_write *w)
{
	struct hostile *h = w->h;
	int64_t now = sched_now_ms(h->sched);
	int64_t at = now + delay(h) + (w->fate == FATE_LATE ? LATE_MS : 0);

	if (at < h->answer_at_ms)
		at = h->answer_at_ms;
	h->answer_at_ms = at;
	w->answer_at_ms = at;
	w->ready = true;
	if (w->fate == FATE_LOST || w->fate == FATE_REFUSED || w->fate == FATE_LIMIT) {
		w->st = w->fate == FATE_LIMIT ? SG_E_LIMIT : SG_E_IO;
		w->repeated = false;
		w->result[0] = '\0';
	}
	sched_after(h->sched, at - now, answer_ready, h);
}

static void on_inner(enum sg_status st, const struct store_done *done, void *arg)
{
	struct hostile_write *w = arg;

	w->h->inner_busy--;
	if (st == SG_OK && !done->repeated && w->h->hooks.durable)
		w->h->hooks.durable(&w->req->w, w->h->hooks.arg);
	if (w->orphan) {
		write_free(w);
		return;
	}
	w->st = st;
	w->repeated = done->repeated;
	w->pos = done->pos;
	str_copy(w->result, sizeof(w->result), done->idem_result);
	make_ready(w);
}

/* The next that has not been handed on; so their order stays whatever the timers do. */
static void hand_on(void *arg)
{
	struct hostile *h = arg;
	struct hostile_write *w = h->first;

	while (w && w->handed)
		w = w->next;
	if (!w)
		return;
	w->handed = true;
	if (w->fate == FATE_REFUSED || w->fate == FATE_LIMIT) {
		make_ready(w);
		return;
	}
	h->inner_busy++;
	store_write(h->inner, &w->req->w, on_inner, w);
}

static enum hostile_fate draw_fate(struct hostile *h)
{
	if (h->hooks.fate)
		return h->hooks.fate(h->writes, h->hooks.arg);
	if (h->outage)
		return chance(h, 4) == 3 ? FATE_LOST : FATE_REFUSED;
	if (!fault(h))
		return FATE_DONE;
	uint32_t kind = chance(h, 8);

	return kind < 3 ? FATE_LOST : kind < 6 ? FATE_REFUSED : kind == 6 ? FATE_LIMIT : FATE_DONE;
}

struct dead_write {
	store_done_cb *cb;
	void *arg;
};

static void tell_dead_write(void *arg)
{
	struct dead_write *d = arg;

	d->cb(SG_E_STATE, &(struct store_done){.repeated = false}, d->arg);
	free(d);
}

static void dead_write(struct hostile *h, store_done_cb *cb, void *arg)
{
	struct dead_write *d = malloc(sizeof(*d));

	SG_ASSERT(d != NULL);
	*d = (struct dead_write){.cb = cb, .arg = arg};
	sched_after(h->sched, 0, tell_dead_write, d);
}

static void hostile_write_op(struct store *s, const struct store_write *sw, store_done_cb *cb,
			     void *arg)
{
	struct hostile *h = (struct hostile *)s;

	if (h->dead) {
		dead_write(h, cb, arg);
		return;
	}
	struct hostile_write *w = calloc(1, sizeof(*w));

	SG_ASSERT(w != NULL);
	enum sg_status st = request_copy(sw, &w->req);

	SG_ASSERT(st == SG_OK);
	h->writes++;
	w->h = h;
	w->cb = cb;
	w->arg = arg;
	if (h->hooks.given)
		h->hooks.given(sw, h->hooks.arg);
	w->fate = draw_fate(h);
	*(h->last ? &h->last->next : &h->first) = w;
	h->last = w;
	sched_after(h->sched, delay(h), hand_on, h);
}

/* ---- reads: asked late, and answered late with what was true when they were asked ---- */

static void read_free(struct hostile_read *r)
{
	*(r->prev ? &r->prev->next : &r->h->reads) = r->next;
	if (r->next)
		r->next->prev = r->prev;
	arena_fini(&r->arena);
	free(r->req);
	free(r);
}

static void read_tell(void *arg)
{
	struct hostile_read *r = arg;
	bool dead = r->h->dead;

	if (r->outbox_cb)
		r->outbox_cb(dead ? SG_OK : r->st, r->owed, dead ? 0 : r->n, r->arg);
	else if (r->events_cb)
		r->events_cb(dead ? SG_E_NOT_FOUND : r->st, r->events, dead ? 0 : r->n, r->arg);
	else
		r->rows_cb(dead ? SG_E_NOT_FOUND : r->st, r->rows, dead ? 0 : r->n, r->arg);
	read_free(r);
}

static void read_answered(struct hostile_read *r, enum sg_status st)
{
	r->h->inner_busy--;
	r->answered = true;
	if (r->h->dead) { /* its callback has been told */
		read_free(r);
		return;
	}
	r->st = r->fails ? SG_E_IO : st;
	if (r->fails)
		r->n = 0;
	sched_after(r->h->sched, delay(r->h), read_tell, r);
}

static void on_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct hostile_read *r = arg;

	r->n = n;
	r->rows = arena_alloc(&r->arena, (n ? n : 1) * sizeof(*rows));
	for (unsigned i = 0; i < n; i++) {
		const struct table_desc *t = &table_desc[rows[i].table];

		r->rows[i] = rows[i];
		for (unsigned c = 0; c < t->n_cols; c++) {
			if (t->cols[c].type == COL_TEXT || t->cols[c].type == COL_JSON)
				r->rows[i].v[c].s = arena_str(&r->arena, rows[i].v[c].s);
		}
	}
	read_answered(r, st);
}

static void on_events(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct hostile_read *r = arg;

	r->n = n;
	r->events = arena_alloc(&r->arena, (n ? n : 1) * sizeof(*ev));
	for (unsigned i = 0; i < n; i++) {
		r->events[i] = ev[i];
		r->events[i].body = arena_str(&r->arena, ev[i].body);
	}
	read_answered(r, st);
}

static void on_owed(enum sg_status st, const struct outbox_row *rows, unsigned n, void *arg)
{
	struct hostile_read *r = arg;

	r->n = n;
	r->owed = arena_alloc(&r->arena, (n ? n : 1) * sizeof(*rows));
	for (unsigned i = 0; i < n; i++) {
		r->owed[i] = rows[i];
		r->owed[i].channel = arena_str(&r->arena, rows[i].channel);
		r->owed[i].body = arena_str(&r->arena, rows[i].body);
	}
	read_answered(r, st);
}

static void read_ask(void *arg)
{
	struct hostile_read *r = arg;
	struct store *in = r->h->inner;
	const struct request_read *q = r->req;

	r->asked = true;
	r->h->inner_busy++;
	switch (r->kind) {
	case READ_GET:
		store_get(in, q->table, q->range.eq, on_rows, r);
		break;
	case READ_RANGE:
		store_range(in, &q->range, on_rows, r);
		break;
	case READ_EVENTS:
		store_events(in, &q->stream, q->after, q->limit, on_events, r);
		break;
	case READ_FEED:
		store_feed(in, q->after, q->limit, on_events, r);
		break;
	case READ_OUTBOX:
		in->ops->outbox(in, q->due_ms, q->limit, on_owed, r);
		break;
	case READ_SEARCH:
		in->ops->search(in, q->words, q->audience, q->limit, on_rows, r);
		break;
	case READ_LAST:
		in->ops->last(in, q->index, on_rows, r);
		break;
	}
}

static struct hostile_read *read_new(struct store *s, const struct request_read *q, void *arg)
{
	struct hostile *h = (struct hostile *)s;
	struct hostile_read *r = calloc(1, sizeof(*r));

	SG_ASSERT(r != NULL);
	r->h = h;
	r->kind = q->kind;
	r->arg = arg;
	arena_init(&r->arena, READ_BYTES_MAX);
	r->next = h->reads;
	if (r->next)
		r->next->prev = r;
	h->reads = r;
	enum sg_status st = request_read_copy(q, &r->req);

	SG_ASSERT(st == SG_OK);
	if (h->dead) {
		sched_after(h->sched, 0, read_tell, r);
		return r;
	}
	r->fails = fault(h) || (h->outage && chance(h, 2) == 1);
	sched_after(h->sched, delay(h), read_ask, r);
	return r;
}

static void hostile_get(struct store *s, enum table table, const struct value *key,
			store_rows_cb *cb, void *arg)
{
	struct request_read q;
	bool ok = request_read_key(&q, table, key);

	if (!ok) /* as the real ones answer a malformed key */
		store_get(((struct hostile *)s)->inner, table, key, cb, arg);
	else
		read_new(s, &q, arg)->rows_cb = cb;
}

static void hostile_range(struct store *s, const struct store_range *q, store_rows_cb *cb,
			  void *arg)
{
	read_new(s, &(struct request_read){.kind = READ_RANGE, .range = *q}, arg)->rows_cb = cb;
}

static void hostile_events(struct store *s, const struct sg_id *stream, uint64_t after,
			   unsigned limit, store_events_cb *cb, void *arg)
{
	struct request_read q = {
		.kind = READ_EVENTS, .stream = *stream, .after = after, .limit = limit};

	read_new(s, &q, arg)->events_cb = cb;
}

static void hostile_feed(struct store *s, uint64_t after, unsigned limit, store_events_cb *cb,
			 void *arg)
{
	read_new(s, &(struct request_read){.kind = READ_FEED, .after = after, .limit = limit}, arg)
		->events_cb = cb;
}

static void hostile_outbox(struct store *s, int64_t due_ms, unsigned limit, store_outbox_cb *cb,
			   void *arg)
{
	struct request_read q = {.kind = READ_OUTBOX, .due_ms = due_ms, .limit = limit};

	read_new(s, &q, arg)->outbox_cb = cb;
}

static void hostile_search(struct store *s, struct str words, enum audience audience,
			   unsigned limit, store_rows_cb *cb, void *arg)
{
	struct request_read q = {
		.kind = READ_SEARCH, .words = words, .audience = audience, .limit = limit};

	read_new(s, &q, arg)->rows_cb = cb;
}

static void hostile_last(struct store *s, enum index index, store_rows_cb *cb, void *arg)
{
	read_new(s, &(struct request_read){.kind = READ_LAST, .index = index}, arg)->rows_cb = cb;
}

static void hostile_wipe(struct store *s, store_done_cb *cb, void *arg)
{
	struct store *in = ((struct hostile *)s)->inner;

	in->ops->wipe_views(in, cb, arg);
}

static const struct store_ops hostile_ops = {
	.name = "hostile",
	.write = hostile_write_op,
	.get = hostile_get,
	.range = hostile_range,
	.events = hostile_events,
	.feed = hostile_feed,
	.outbox = hostile_outbox,
	.search = hostile_search,
	.last = hostile_last,
	.wipe_views = hostile_wipe,
};

/* ---- life and death ---- */

void hostile_init(struct hostile *h, struct sched *sched, struct store *inner)
{
	*h = (struct hostile){
		.base = {.ops = &hostile_ops, .sched = sched}, .inner = inner, .sched = sched};
}

void hostile_kill(struct hostile *h, struct sched *then)
{
	struct hostile_write *w = h->first;
	struct hostile_read *r = h->reads;

	h->dead = true;
	h->sched = then;
	h->first = h->last = NULL;
	while (w) {
		struct hostile_write *next = w->next;

		dead_write(h, w->cb, w->arg);
		if (w->handed && !w->ready)
			w->orphan = true;
		else
			write_free(w);
		w = next;
	}
	while (r) {
		struct hostile_read *next = r->next;
		struct hostile_read *stand_in = r;

		if (r->asked && !r->answered) { /* the inner store still has r */
			stand_in = calloc(1, sizeof(*stand_in));
			SG_ASSERT(stand_in != NULL);
			*stand_in = (struct hostile_read){
				.h = h,
				.kind = r->kind,
				.rows_cb = r->rows_cb,
				.events_cb = r->events_cb,
				.outbox_cb = r->outbox_cb,
				.arg = r->arg,
				.next = h->reads,
			};
			arena_init(&stand_in->arena, READ_BYTES_MAX);
			h->reads->prev = stand_in;
			h->reads = stand_in;
		}
		sched_after(then, 0, read_tell, stand_in);
		r = next;
	}
}

void hostile_fini(struct hostile *h)
{
	SG_ASSERT(h->inner_busy == 0 && !h->first && !h->reads);
}
