#include "store/request.h"

#include <stdlib.h>
#include <string.h>

#include "store/value.h"
#include "store/words.h"

static bool text_is_sound(struct str s)
{
	return s.p != NULL || s.n == 0;
}

static bool event_is_sound(const struct log_event *e)
{
	return e->kind > EVENT_NONE && e->kind < EVENT_KIND_N && e->stream_kind > STREAM_NONE &&
	       e->stream_kind < STREAM_KIND_N && event_desc[e->kind].stream == e->stream_kind &&
	       !sg_id_is_none(&e->stream) && e->seq > 0 && e->seq <= INT64_MAX &&
	       (unsigned)e->actor.role < ROLE_N && text_is_sound(e->body);
}

static bool key_is_sound(enum table table, const struct value *key)
{
	const struct table_desc *t = &table_desc[table];

	for (unsigned c = 0; c < t->n_key; c++) {
		if (!value_is_sound(&t->cols[c], &key[c]))
			return false;
	}
	return true;
}

/* To look for a row by no id finds none; to write one is a mistake. */
static bool key_has_ids(enum table table, const struct value *key)
{
	const struct table_desc *t = &table_desc[table];

	for (unsigned c = 0; c < t->n_key; c++) {
		if (t->cols[c].type == COL_ID && sg_id_is_none(&key[c].id))
			return false;
	}
	return true;
}

static bool row_is_sound(const struct row_op *op)
{
	if ((unsigned)op->table >= TABLE_N)
		return false;
	const struct table_desc *t = &table_desc[op->table];
	uint64_t all = (UINT64_C(1) << t->n_cols) - 1, key = (UINT64_C(1) << t->n_key) - 1;

	if (!key_is_sound(op->table, op->v) || !key_has_ids(op->table, op->v))
		return false;
	if (op->is_delete)
		return true;
	if ((op->set & ~all) || (op->set & key) != key || (op->add & ~op->set) || (op->add & key))
		return false;
	for (unsigned c = 0; c < t->n_cols; c++) {
		if (!(op->set >> c & 1))
			continue;
		if (!value_is_sound(&t->cols[c], &op->v[c]))
			return false;
		if ((op->add >> c & 1) && t->cols[c].type != COL_INT)
			return false;
	}
	return true;
}

static bool idem_is_sound(const struct store_write *w)
{
	return text_is_sound(w->idem_source) && text_is_sound(w->idem_key) &&
	       text_is_sound(w->idem_result) &&
	       (w->idem_source.p == NULL) == (w->idem_key.p == NULL) &&
	       w->idem_source.n <= STORE_IDEM_MAX && w->idem_key.n <= STORE_IDEM_MAX &&
	       w->idem_result.n <= STORE_IDEM_MAX;
}

static bool outbox_is_sound(const struct store_write *w)
{
	for (unsigned i = 0; i < w->n_outbox; i++) {
		if (sg_id_is_none(&w->outbox[i].id) || !text_is_sound(w->outbox[i].channel) ||
		    !text_is_sound(w->outbox[i].body))
			return false;
	}
	for (unsigned i = 0; i < w->n_marks; i++) {
		if (sg_id_is_none(&w->marks[i].id))
			return false;
	}
	return true;
}

static bool write_is_sound(const struct store_write *w)
{
	if (!idem_is_sound(w) || !outbox_is_sound(w))
		return false;
	for (unsigned i = 0; i < w->n_events; i++) {
		if (!event_is_sound(&w->events[i]))
			return false;
	}
	for (unsigned i = 0; i < w->n_rows; i++) {
		if (!row_is_sound(&w->rows[i]))
			return false;
	}
	return true;
}

/* Columns of a row op that are looked at. */
static uint64_t row_cols(const struct row_op *op)
{
	return op->is_delete ? (UINT64_C(1) << table_desc[op->table].n_key) - 1 : op->set;
}

static size_t row_texts(const struct row_op *op)
{
	const struct table_desc *t = &table_desc[op->table];
	uint64_t cols = row_cols(op);
	size_t n = 0;

	for (unsigned c = 0; c < t->n_cols; c++) {
		if ((cols >> c & 1) && value_is_text(t->cols[c].type))
			n += op->v[c].s.n;
	}
	return n;
}

static size_t write_structs(const struct store_write *w)
{
	return sizeof(struct request) + w->n_events * sizeof(*w->events) +
	       w->n_rows * sizeof(*w->rows) + w->n_outbox * sizeof(*w->outbox) +
	       w->n_marks * sizeof(*w->marks);
}

/* Adding stops beyond the ceiling, so that absurd lengths cannot wrap round. */
static void add_text(size_t *sum, size_t n)
{
	*sum += n <= STORE_WRITE_BYTES_MAX ? n : STORE_WRITE_BYTES_MAX;
}

static size_t write_texts(const struct store_write *w)
{
	size_t n = w->idem_source.n + w->idem_key.n + w->idem_result.n;

	for (unsigned i = 0; i < w->n_events; i++)
		add_text(&n, w->events[i].body.n);
	for (unsigned i = 0; i < w->n_rows; i++)
		add_text(&n, row_texts(&w->rows[i]));
	for (unsigned i = 0; i < w->n_outbox; i++) {
		add_text(&n, w->outbox[i].channel.n);
		add_text(&n, w->outbox[i].body.n);
	}
	return n;
}

struct filler {
	char *structs, *texts;
};

static void *fill_structs(struct filler *f, const void *from, size_t n)
{
	void *to = f->structs;

	if (n)
		memcpy(to, from, n);
	f->structs += n;
	return to;
}

static void fill_text(struct filler *f, struct str *s)
{
	if (!s->p)
		return;
	if (s->n)
		memcpy(f->texts, s->p, s->n);
	s->p = f->texts;
	f->texts += s->n;
}

static void fill_row(struct filler *f, struct row_op *op)
{
	const struct table_desc *t = &table_desc[op->table];
	uint64_t cols = row_cols(op), indexed = value_indexed(op->table);

	for (unsigned c = 0; c < t->n_cols; c++) {
		struct value *v = &op->v[c];

		if (!(cols >> c & 1))
			*v = (struct value){.i = 0};
		else if (value_is_text(t->cols[c].type))
			fill_text(f, &v->s);
		else if (t->cols[c].type == COL_BOOL)
			v->i = v->i != 0;
		if (v->s.n == 0 && (indexed >> c & 1))
			v->s.p = NULL;
	}
}

enum sg_status request_copy(const struct store_write *w, struct request **req_out)
{
	if (w->n_events > STORE_WRITE_ITEMS_MAX || w->n_rows > STORE_WRITE_ITEMS_MAX ||
	    w->n_outbox > STORE_WRITE_ITEMS_MAX || w->n_marks > STORE_WRITE_ITEMS_MAX)
		return SG_E_LIMIT;
	if (!write_is_sound(w))
		return SG_E_INPUT;
	size_t structs = write_structs(w), bytes = structs + write_texts(w);

	if (bytes > STORE_WRITE_BYTES_MAX)
		return SG_E_LIMIT;
	struct request *r = malloc(bytes);

	SG_ASSERT(r != NULL);
	*r = (struct request){.w = *w, .bytes = bytes};
	r->rows = w->n_events + w->n_rows + w->n_outbox + w->n_marks;
	struct filler f = {.structs = (char *)(r + 1), .texts = (char *)r + structs};
	struct log_event *ev = fill_structs(&f, w->events, w->n_events * sizeof(*ev));
	struct row_op *rows = fill_structs(&f, w->rows, w->n_rows * sizeof(*rows));
	struct outbox_op *out = fill_structs(&f, w->outbox, w->n_outbox * sizeof(*out));

	r->w.marks = fill_structs(&f, w->marks, w->n_marks * sizeof(*w->marks));
	r->w.events = ev;
	r->w.rows = rows;
	r->w.outbox = out;
	fill_text(&f, &r->w.idem_source);
	fill_text(&f, &r->w.idem_key);
	fill_text(&f, &r->w.idem_result);
	for (unsigned i = 0; i < w->n_events; i++)
		fill_text(&f, &ev[i].body);
	for (unsigned i = 0; i < w->n_rows; i++)
		fill_row(&f, &rows[i]);
	for (unsigned i = 0; i < w->n_outbox; i++) {
		fill_text(&f, &out[i].channel);
		fill_text(&f, &out[i].body);
	}
	*req_out = r;
	return SG_OK;
}

bool request_read_key(struct request_read *r, enum table table, const struct value *key)
{
	*r = (struct request_read){.kind = READ_GET, .table = table};
	if ((unsigned)table >= TABLE_N || !key_is_sound(table, key))
		return false;
	r->range.n_eq = table_desc[table].n_key;
	SG_ASSERT(r->range.n_eq <= sizeof(r->range.eq) / sizeof(r->range.eq[0]));
	memcpy(r->range.eq, key, r->range.n_eq * sizeof(*key));
	return true;
}

static bool range_is_sound(const struct store_range *q)
{
	if ((unsigned)q->index >= INDEX_N || q->limit < 1 || q->limit > STORE_RANGE_MAX)
		return false;
	const struct index_desc *ix = &index_desc[q->index];
	const struct col_desc *cols = table_desc[ix->table].cols;

	if (q->n_eq > ix->n_cols || q->n_after > ix->n_cols - q->n_eq)
		return false;
	for (unsigned i = 0; i < q->n_eq; i++) {
		if (!value_is_sound(&cols[ix->cols[i]], &q->eq[i]))
			return false;
	}
	for (unsigned i = 0; i < q->n_after; i++) {
		if (!value_is_sound(&cols[ix->cols[q->n_eq + i]], &q->after[i]))
			return false;
	}
	return true;
}

static bool last_is_sound(enum index index)
{
	if ((unsigned)index >= INDEX_N)
		return false;
	const struct index_desc *ix = &index_desc[index];
	enum col_type type = table_desc[ix->table].cols[ix->cols[0]].type;

	return type == COL_INT || type == COL_TIME;
}

static bool read_is_sound(const struct request_read *r)
{
	switch (r->kind) {
	case READ_GET:
		return true; /* request_read_key looked */
	case READ_RANGE:
		return range_is_sound(&r->range);
	case READ_LAST:
		return last_is_sound(r->index);
	case READ_SEARCH:
		if (!text_is_sound(r->words) ||
		    (r->audience != AUDIENCE_PUBLIC && r->audience != AUDIENCE_AGENT))
			return false;
		break;
	case READ_EVENTS:
	case READ_FEED:
		if (r->after > INT64_MAX)
			return false;
		break;
	case READ_OUTBOX:
	default:
		break;
	}
	return r->limit >= 1 && r->limit <= STORE_RANGE_MAX;
}

/* The columns that range.eq and range.after stand for, one after the other. */
static const struct col_desc *read_col(const struct request_read *r, unsigned i)
{
	if (r->kind == READ_GET)
		return &table_desc[r->table].cols[i];
	const struct index_desc *ix = &index_desc[r->range.index];

	return &table_desc[ix->table].cols[ix->cols[i]];
}

static struct value *read_value(struct request_read *r, unsigned i)
{
	return i < r->range.n_eq ? &r->range.eq[i] : &r->range.after[i - r->range.n_eq];
}

enum sg_status request_read_copy(const struct request_read *r, struct request_read **read_out)
{
	struct request_read in = *r;

	if (!read_is_sound(r))
		return SG_E_INPUT;
	if (in.words.n > WORDS_BYTES_MAX)
		in.words.n = WORDS_BYTES_MAX;
	unsigned n = in.range.n_eq + in.range.n_after;
	size_t bytes = sizeof(in) + in.words.n;

	for (unsigned i = 0; i < n; i++) {
		if (value_is_text(read_col(&in, i)->type))
			add_text(&bytes, read_value(&in, i)->s.n);
	}
	if (bytes > STORE_WRITE_BYTES_MAX)
		return SG_E_LIMIT;
	struct request_read *out = malloc(bytes);

	SG_ASSERT(out != NULL);
	*out = in;
	struct filler f = {.texts = (char *)(out + 1)};

	fill_text(&f, &out->words);
	for (unsigned i = 0; i < n; i++) {
		struct value *v = read_value(out, i);

		if (value_is_text(read_col(out, i)->type))
			fill_text(&f, &v->s);
		else if (read_col(out, i)->type == COL_BOOL)
			v->i = v->i != 0;
	}
	*read_out = out;
	return SG_OK;
}
