#include "store/memory/store_memory.h"

#include <stdlib.h>
#include <string.h>

#include "store/memory/mem_log.h"
#include "store/memory/mem_search.h"
#include "store/memory/mem_tables.h"
#include "store/request.h"

/* Something asked and not answered. What is answered at once (a malformed request) waits as well,
 * for a callback never runs inside the call. */
struct task {
	struct task *prev, *next;
	struct mem *m;
	uint64_t timer;    /* 0 for writes: they share the pump */
	enum sg_status st; /* not SG_OK: only to be told */
	struct request *req;
	struct request_read *read;
	bool wipe;
	store_done_cb *done;
	store_rows_cb *rows;
	store_events_cb *events;
	store_outbox_cb *outbox;
	void *arg;
};

struct task_list {
	struct task *first, *last;
	unsigned n;
};

struct mem {
	struct store base;
	struct mem_tables tables;
	struct mem_log log;
	struct task_list writes, others;
	uint64_t pump;
	bool closing;
	bool pumping, closed; /* closed by one of the pump's callbacks: the pump frees */
};

static void list_add(struct task_list *l, struct task *t)
{
	t->prev = l->last;
	if (l->last)
		l->last->next = t;
	else
		l->first = t;
	l->last = t;
	l->n++;
}

static void list_remove(struct task_list *l, struct task *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		l->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		l->last = t->prev;
	l->n--;
}

static void task_free(struct task *t)
{
	free(t->req);
	free(t->read);
	free(t);
}

static void tell_failure(const struct task *t, enum sg_status st)
{
	if (t->done)
		t->done(st, &(struct store_done){.repeated = false}, t->arg);
	else if (t->rows)
		t->rows(st, NULL, 0, t->arg);
	else if (t->events)
		t->events(st, NULL, 0, t->arg);
	else
		t->outbox(st, NULL, 0, t->arg);
}

static void do_write(struct mem *m, const struct task *t)
{
	struct store_done done = {.repeated = false};

	if (t->wipe) {
		for (unsigned i = 0; i < TABLE_N; i++) {
			if (table_desc[i].is_view)
				mem_tables_wipe(&m->tables, (enum table)i);
		}
		t->done(SG_OK, &done, t->arg);
		return;
	}
	const struct store_write *w = &t->req->w;

	done.repeated = mem_log_repeated(&m->log, w, &done.idem_result);
	enum sg_status st = done.repeated    ? SG_OK
			    : w->is_question ? SG_E_NOT_FOUND
					     : mem_log_check(&m->log, w);

	if (st == SG_OK && !done.repeated) {
		done.pos = mem_log_apply(&m->log, w);
		for (unsigned i = 0; i < w->n_rows; i++)
			mem_tables_apply(&m->tables, &w->rows[i]);
	}
	t->done(st, &done, t->arg);
}

/* The rows of an answer; beyond the ceiling of an answer it is void. */
struct rows {
	struct row *row;
	unsigned n, cap;
	size_t bytes;
};

static void rows_add(struct rows *r, enum table table, const struct value *v)
{
	const struct table_desc *desc = &table_desc[table];

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->row = realloc(r->row, r->cap * sizeof(*r->row));
		SG_ASSERT(r->row != NULL);
	}
	struct row *row = &r->row[r->n++];

	row->table = table;
	memcpy(row->v, v, desc->n_cols * sizeof(*v));
	memset(row->v + desc->n_cols, 0, (COLS_MAX - desc->n_cols) * sizeof(*v));
	r->bytes += sizeof(*row);
	for (unsigned c = 0; c < desc->n_cols; c++)
		r->bytes += v[c].s.n;
}

static void do_range(struct mem *m, const struct store_range *q, struct rows *r)
{
	const struct value *row;
	struct mem_walk walk;

	mem_tables_walk(&m->tables, q, &walk);
	while (r->n < q->limit && (row = mem_walk_next(&walk)) != NULL)
		rows_add(r, index_desc[q->index].table, row);
}

static void do_search(struct mem *m, const struct request_read *q, struct rows *r)
{
	const struct value **found = calloc(q->limit, sizeof(*found));

	SG_ASSERT(found != NULL);
	unsigned n = mem_search(&m->tables, q->words, q->audience, q->limit, found);

	for (unsigned i = 0; i < n; i++)
		rows_add(r, TABLE_ARTICLE, found[i]);
	free(found);
}

static void do_rows(struct mem *m, const struct task *t)
{
	const struct request_read *q = t->read;
	struct rows r = {.n = 0};
	enum sg_status st = SG_OK;

	if (q->kind == READ_GET) {
		const struct value *row = mem_tables_get(&m->tables, q->table, q->range.eq);

		if (row)
			rows_add(&r, q->table, row);
		else
			st = SG_E_NOT_FOUND;
	} else if (q->kind == READ_RANGE) {
		do_range(m, &q->range, &r);
	} else if (q->kind == READ_SEARCH) {
		do_search(m, q, &r);
	} else {
		struct value v[COLS_MAX] = {{.i = 0}};

		v[index_desc[q->index].cols[0]].i = mem_tables_last(&m->tables, q->index);
		rows_add(&r, index_desc[q->index].table, v);
	}
	if (r.bytes > STORE_ANSWER_BYTES_MAX) {
		st = SG_E_LIMIT;
		r.n = 0;
	}
	t->rows(st, r.n ? r.row : NULL, r.n, t->arg);
	free(r.row);
}

static void do_events(struct mem *m, const struct task *t)
{
	const struct request_read *q = t->read;
	size_t n = m->log.n_events > q->after ? m->log.n_events - q->after : 0, bytes = 0;
	const uint64_t *pos = NULL;

	if (q->kind == READ_EVENTS)
		pos = mem_log_stream(&m->log, &q->stream, q->after, &n);
	n = n < q->limit ? n : q->limit;
	struct log_event *ev = calloc(n ? n : 1, sizeof(*ev));

	SG_ASSERT(ev != NULL);
	for (size_t i = 0; i < n; i++) {
		ev[i] = m->log.event[pos ? pos[i] - 1 : q->after + i];
		bytes += sizeof(*ev) + ev[i].body.n;
	}
	if (bytes > STORE_ANSWER_BYTES_MAX)
		tell_failure(t, SG_E_LIMIT);
	else
		t->events(SG_OK, n ? ev : NULL, (unsigned)n, t->arg);
	free(ev);
}

static void do_outbox(struct mem *m, const struct task *t)
{
	const struct request_read *q = t->read;
	struct outbox_row *out = calloc(q->limit, sizeof(*out));
	struct ordered_at at = {.block = 0, .i = 0};
	const struct outbox_row *o;
	size_t bytes = 0;
	unsigned n = 0;

	SG_ASSERT(out != NULL);
	while (n < q->limit && (o = ordered_next(&m->log.owed_at, &at)) != NULL &&
	       o->due_ms <= q->due_ms) {
		bytes += sizeof(*o) + o->body.n + o->channel.n;
		out[n++] = *o;
	}
	if (bytes > STORE_ANSWER_BYTES_MAX)
		tell_failure(t, SG_E_LIMIT);
	else
		t->outbox(SG_OK, n ? out : NULL, n, t->arg);
	free(out);
}

/* The task belongs to no list any more; the store may be gone when this returns. */
static void task_do(struct task *t)
{
	if (t->st != SG_OK)
		tell_failure(t, t->st);
	else if (t->done)
		do_write(t->m, t);
	else if (t->rows)
		do_rows(t->m, t);
	else if (t->events)
		do_events(t->m, t);
	else
		do_outbox(t->m, t);
	task_free(t);
}

static void on_task(void *arg)
{
	struct task *t = arg;

	list_remove(&t->m->others, t);
	task_do(t);
}

/* Does the writes given so far; what their callbacks give is the next group. */
static void on_pump(void *arg)
{
	struct mem *m = arg;

	m->pump = 0;
	m->pumping = true;
	for (unsigned n = m->writes.n; n > 0 && !m->closed; n--) {
		struct task *t = m->writes.first;

		list_remove(&m->writes, t);
		task_do(t);
	}
	m->pumping = false;
	if (m->closed)
		free(m);
}

static struct task *task_new(struct mem *m, enum sg_status st, void *arg)
{
	struct task *t = calloc(1, sizeof(*t));

	SG_ASSERT(t != NULL);
	t->m = m;
	t->st = m->closing ? SG_E_STATE : st;
	t->arg = arg;
	return t;
}

static void task_later(struct task *t)
{
	list_add(&t->m->others, t);
	t->timer = sched_after(t->m->base.sched, 0, on_task, t);
}

static void write_later(struct task *t)
{
	struct mem *m = t->m;

	if (t->st == SG_OK && m->writes.n >= STORE_MEMORY_QUEUE_MAX)
		t->st = SG_E_LIMIT;
	if (t->st != SG_OK) {
		task_later(t);
		return;
	}
	list_add(&m->writes, t);
	if (!m->pump)
		m->pump = sched_after(m->base.sched, 0, on_pump, m);
}

static void mem_write(struct store *s, const struct store_write *w, store_done_cb *cb, void *arg)
{
	struct task *t = task_new((struct mem *)s, SG_OK, arg);

	t->done = cb;
	if (t->st == SG_OK)
		t->st = request_copy(w, &t->req);
	write_later(t);
}

static void mem_wipe_views(struct store *s, store_done_cb *cb, void *arg)
{
	struct task *t = task_new((struct mem *)s, SG_OK, arg);

	t->done = cb;
	t->wipe = true;
	write_later(t);
}

static void mem_backup(struct store *s, const char *path, store_done_cb *cb, void *arg)
{
	struct task *t = task_new((struct mem *)s, SG_E_STATE, arg);

	(void)path;
	t->done = cb;
	task_later(t);
}

static struct task *read_task(struct store *s, const struct request_read *r, void *arg)
{
	struct mem *m = (struct mem *)s;
	struct task *t = task_new(m, SG_OK, arg);

	if (t->st == SG_OK)
		t->st = request_read_copy(r, &t->read);
	if (t->st == SG_OK && m->others.n >= STORE_MEMORY_QUEUE_MAX)
		t->st = SG_E_LIMIT;
	return t;
}

static void rows_later(struct store *s, const struct request_read *r, store_rows_cb *cb, void *arg)
{
	struct task *t = read_task(s, r, arg);

	t->rows = cb;
	task_later(t);
}

static void mem_get(struct store *s, enum table table, const struct value *key, store_rows_cb *cb,
		    void *arg)
{
	struct request_read r;

	if (!request_read_key(&r, table, key)) {
		struct task *t = task_new((struct mem *)s, SG_E_INPUT, arg);

		t->rows = cb;
		task_later(t);
		return;
	}
	rows_later(s, &r, cb, arg);
}

static void mem_range(struct store *s, const struct store_range *q, store_rows_cb *cb, void *arg)
{
	rows_later(s, &(struct request_read){.kind = READ_RANGE, .range = *q}, cb, arg);
}

static void mem_search_op(struct store *s, struct str words, enum audience audience, unsigned limit,
			  store_rows_cb *cb, void *arg)
{
	rows_later(
		s,
		&(struct request_read){
			.kind = READ_SEARCH, .words = words, .audience = audience, .limit = limit},
		cb, arg);
}

static void mem_last(struct store *s, enum index index, store_rows_cb *cb, void *arg)
{
	rows_later(s, &(struct request_read){.kind = READ_LAST, .index = index}, cb, arg);
}

static void events_later(struct store *s, const struct request_read *r, store_events_cb *cb,
			 void *arg)
{
	struct task *t = read_task(s, r, arg);

	t->events = cb;
	task_later(t);
}

static void mem_events(struct store *s, const struct sg_id *stream, uint64_t after, unsigned limit,
		       store_events_cb *cb, void *arg)
{
	events_later(
		s,
		&(struct request_read){
			.kind = READ_EVENTS, .stream = *stream, .after = after, .limit = limit},
		cb, arg);
}

static void mem_feed(struct store *s, uint64_t after, unsigned limit, store_events_cb *cb,
		     void *arg)
{
	events_later(s, &(struct request_read){.kind = READ_FEED, .after = after, .limit = limit},
		     cb, arg);
}

static void mem_outbox(struct store *s, int64_t due_ms, unsigned limit, store_outbox_cb *cb,
		       void *arg)
{
	struct request_read r = {.kind = READ_OUTBOX, .due_ms = due_ms, .limit = limit};
	struct task *t = read_task(s, &r, arg);

	t->outbox = cb;
	task_later(t);
}

static void mem_close(struct store *s)
{
	struct mem *m = (struct mem *)s;
	struct task *t;

	m->closing = true; /* callbacks may ask again while they are answered */
	while ((t = m->writes.first) != NULL || (t = m->others.first) != NULL) {
		list_remove(t == m->writes.first ? &m->writes : &m->others, t);
		sched_cancel(m->base.sched, t->timer);
		task_do(t);
	}
	sched_cancel(m->base.sched, m->pump);
	mem_tables_fini(&m->tables);
	mem_log_fini(&m->log);
	m->closed = true;
	if (!m->pumping)
		free(m);
}

static const struct store_ops mem_ops = {.name = "memory",
					 .write = mem_write,
					 .get = mem_get,
					 .range = mem_range,
					 .events = mem_events,
					 .feed = mem_feed,
					 .outbox = mem_outbox,
					 .search = mem_search_op,
					 .last = mem_last,
					 .wipe_views = mem_wipe_views,
					 .backup = mem_backup,
					 .close = mem_close};

struct store *store_memory_new(struct sched *sched)
{
	struct mem *m = calloc(1, sizeof(*m));

	SG_ASSERT(m != NULL);
	m->base = (struct store){.ops = &mem_ops, .sched = sched};
	mem_tables_init(&m->tables);
	mem_log_init(&m->log);
	return &m->base;
}
