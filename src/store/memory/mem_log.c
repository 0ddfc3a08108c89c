#include "store/memory/mem_log.h"

#include <stdlib.h>
#include <string.h>

struct mem_stream {
	uint64_t *pos; /* seq - 1 */
	size_t n, cap;
};

struct mem_idem {
	struct str source, key, result; /* owned, in one block with this */
};

static int str_order(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int cmp = n ? memcmp(a.p, b.p, n) : 0;

	return cmp ? cmp : (a.n > b.n) - (a.n < b.n);
}

static int idem_cmp(const void *ctx, const void *a, const void *b)
{
	const struct mem_idem *x = a, *y = b;
	int cmp = str_order(x->source, y->source);

	(void)ctx;
	return cmp ? cmp : str_order(x->key, y->key);
}

static int owed_cmp(const void *ctx, const void *a, const void *b)
{
	const struct outbox_row *x = a, *y = b;

	(void)ctx;
	return sg_id_cmp(&x->id, &y->id);
}

static int owed_at_cmp(const void *ctx, const void *a, const void *b)
{
	const struct outbox_row *x = a, *y = b;

	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms ? -1 : 1;
	return owed_cmp(ctx, a, b);
}

void mem_log_init(struct mem_log *l)
{
	*l = (struct mem_log){.n_events = 0};
	idmap_init(&l->streams);
	ordered_init(&l->idem, idem_cmp, NULL);
	ordered_init(&l->owed, owed_cmp, NULL);
	ordered_init(&l->owed_at, owed_at_cmp, NULL);
}

static struct str own(struct str s)
{
	if (!s.p)
		return s;
	char *p = malloc(s.n + 1);

	SG_ASSERT(p != NULL);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){.p = p, .n = s.n};
}

static void disown(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static void stream_free(const struct sg_id *id, void *value, void *arg)
{
	struct mem_stream *st = value;

	(void)id;
	(void)arg;
	free(st->pos);
	free(st);
}

static void owed_free(struct outbox_row *o)
{
	disown(o->channel);
	disown(o->body);
	free(o);
}

void mem_log_fini(struct mem_log *l)
{
	struct ordered_at at = {.block = 0, .i = 0};
	void *e;

	for (size_t i = 0; i < l->n_events; i++)
		disown(l->event[i].body);
	free(l->event);
	idmap_each(&l->streams, stream_free, NULL);
	idmap_fini(&l->streams);
	while ((e = ordered_next(&l->idem, &at)) != NULL) {
		struct mem_idem *i = e;

		disown(i->source);
		disown(i->key);
		disown(i->result);
		free(i);
	}
	ordered_fini(&l->idem);
	at = (struct ordered_at){.block = 0, .i = 0};
	while ((e = ordered_next(&l->owed, &at)) != NULL)
		owed_free(e);
	ordered_fini(&l->owed);
	ordered_fini(&l->owed_at);
}

bool mem_log_repeated(const struct mem_log *l, const struct store_write *w, struct str *result_out)
{
	struct mem_idem like = {.source = w->idem_source, .key = w->idem_key};
	const struct mem_idem *have = w->idem_key.p ? ordered_find(&l->idem, &like) : NULL;

	if (have)
		*result_out = have->result;
	return have != NULL;
}

enum sg_status mem_log_check(const struct mem_log *l, const struct store_write *w)
{
	for (unsigned i = 0; i < w->n_events; i++) {
		const struct log_event *e = &w->events[i];
		const struct mem_stream *st = idmap_find(&l->streams, &e->stream);
		uint64_t head = st ? st->n : 0;

		for (unsigned j = i; j-- > 0;) {
			if (sg_id_eq(&w->events[j].stream, &e->stream)) {
				head = w->events[j].seq;
				break;
			}
		}
		if (e->seq != head + 1)
			return SG_E_CONFLICT;
	}
	return SG_OK;
}

static void stream_add(struct mem_log *l, const struct log_event *e, uint64_t pos)
{
	struct mem_stream *st = idmap_find(&l->streams, &e->stream);

	if (!st) {
		st = calloc(1, sizeof(*st));
		SG_ASSERT(st != NULL);
		idmap_put(&l->streams, &e->stream, st);
	}
	SG_ASSERT(e->seq == st->n + 1);
	if (st->n == st->cap) {
		st->cap = st->cap ? st->cap * 2 : 4;
		st->pos = realloc(st->pos, st->cap * sizeof(*st->pos));
		SG_ASSERT(st->pos != NULL);
	}
	st->pos[st->n++] = pos;
}

static void event_add(struct mem_log *l, const struct log_event *e)
{
	if (l->n_events == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->event = realloc(l->event, l->cap * sizeof(*l->event));
		SG_ASSERT(l->event != NULL);
	}
	struct log_event *own_ev = &l->event[l->n_events++];

	*own_ev = *e;
	own_ev->pos = l->n_events;
	own_ev->body = own(e->body);
	stream_add(l, e, own_ev->pos);
}

static void owed_add(struct mem_log *l, const struct outbox_op *op)
{
	struct outbox_row like = {.id = op->id};

	if (ordered_find(&l->owed, &like))
		return;
	struct outbox_row *o = malloc(sizeof(*o));

	SG_ASSERT(o != NULL);
	*o = (struct outbox_row){.id = op->id,
				 .channel = own(op->channel),
				 .body = own(op->body),
				 .due_ms = op->due_ms};
	ordered_add(&l->owed, o);
	ordered_add(&l->owed_at, o);
}

static void owed_mark(struct mem_log *l, const struct outbox_mark *m)
{
	struct outbox_row like = {.id = m->id};
	struct outbox_row *o = ordered_find(&l->owed, &like);

	if (!o)
		return;
	ordered_remove(&l->owed_at, o);
	if (m->done) {
		ordered_remove(&l->owed, o);
		owed_free(o);
	} else {
		o->due_ms = m->due_ms;
		o->attempts = m->attempts;
		ordered_add(&l->owed_at, o);
	}
}

uint64_t mem_log_apply(struct mem_log *l, const struct store_write *w)
{
	uint64_t pos = w->n_events ? l->n_events + 1 : 0;

	for (unsigned i = 0; i < w->n_events; i++)
		event_add(l, &w->events[i]);
	if (w->idem_key.p) {
		struct mem_idem *idem = malloc(sizeof(*idem));

		SG_ASSERT(idem != NULL);
		*idem = (struct mem_idem){.source = own(w->idem_source),
					  .key = own(w->idem_key),
					  .result = own(w->idem_result)};
		ordered_add(&l->idem, idem);
	}
	for (unsigned i = 0; i < w->n_outbox; i++)
		owed_add(l, &w->outbox[i]);
	for (unsigned i = 0; i < w->n_marks; i++)
		owed_mark(l, &w->marks[i]);
	return pos;
}

const uint64_t *mem_log_stream(const struct mem_log *l, const struct sg_id *stream, uint64_t after,
			       size_t *n_out)
{
	const struct mem_stream *st = idmap_find(&l->streams, stream);

	*n_out = st && after < st->n ? st->n - after : 0;
	return *n_out ? st->pos + after : NULL;
}
