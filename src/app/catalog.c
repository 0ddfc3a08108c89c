#include "app/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/project.h"
#include "base/idmap.h"

enum { CATALOG_TABLES = 5, ENTRY_TEXT_MAX = 64 * 1024 };

struct list {
	enum table table;
	enum index index; /* gives the order */
	struct catalog_entry **at;
	unsigned n, cap;
};

struct catalog {
	struct store *store;
	struct list lists[CATALOG_TABLES];
	struct idmap by_id;
	unsigned loading; /* list being loaded */
	struct value cursor[4];
	char cursor_text[512];
	void (*done)(enum sg_status st, void *arg);
	void *done_arg;
};

static const struct list kinds[CATALOG_TABLES] = {
	{.table = TABLE_QUEUE, .index = INDEX_QUEUE_BY_NAME},
	{.table = TABLE_TOPIC, .index = INDEX_TOPIC_BY_POSITION},
	{.table = TABLE_AGENT, .index = INDEX_AGENT_BY_NAME},
	{.table = TABLE_CANNED, .index = INDEX_CANNED_BY_NAME},
	{.table = TABLE_ARTICLE, .index = INDEX_ARTICLE_BY_TITLE},
};

static struct list *list_of(const struct catalog *c, enum table table)
{
	for (unsigned i = 0; i < CATALOG_TABLES; i++) {
		if (c->lists[i].table == table)
			return (struct list *)(uintptr_t)&c->lists[i];
	}
	return NULL;
}

static const struct list *list_get(const struct catalog *c, enum table table)
{
	const struct list *l = list_of(c, table);

	SG_ASSERT(l != NULL);
	return l;
}

static bool is_text(const struct col_desc *col)
{
	return col->type == COL_TEXT || col->type == COL_JSON;
}

static struct str own(struct str s)
{
	if (!s.p)
		return s;
	char *copy = malloc(s.n + 1);

	SG_ASSERT(copy != NULL);
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return (struct str){.p = copy, .n = s.n};
}

static void disown(struct str *s)
{
	free((void *)(uintptr_t)s->p);
	*s = (struct str){0};
}

static void set_value(struct catalog_entry *e, unsigned col, const struct value *v)
{
	if (e->table == TABLE_ARTICLE && col == ARTICLE_COL_BODY)
		return;
	if (!is_text(&table_desc[e->table].cols[col])) {
		e->row.v[col] = *v;
		return;
	}
	disown(&e->row.v[col].s);
	e->row.v[col].s = own(v->s);
}

static void entry_free(struct catalog_entry *e)
{
	for (unsigned c = 0; c < table_desc[e->table].n_cols; c++) {
		if (is_text(&table_desc[e->table].cols[c]))
			disown(&e->row.v[c].s);
	}
	free(e);
}

static int compare_values(const struct col_desc *col, const struct value *a, const struct value *b)
{
	if (col->type == COL_ID)
		return sg_id_cmp(&a->id, &b->id);
	if (!is_text(col))
		return a->i < b->i ? -1 : a->i > b->i;
	size_t n = a->s.n < b->s.n ? a->s.n : b->s.n;
	int by = n ? memcmp(a->s.p, b->s.p, n) : 0;

	return by ? by : (a->s.n < b->s.n ? -1 : a->s.n > b->s.n);
}

static int compare_entries(const struct list *l, const struct catalog_entry *a, const struct catalog_entry *b)
{
	const struct index_desc *ix = &index_desc[l->index];

	for (unsigned i = 0; i < ix->n_cols; i++) {
		unsigned col = ix->cols[i];
		int by = compare_values(&table_desc[l->table].cols[col], &a->row.v[col], &b->row.v[col]);

		if (by)
			return by;
	}
	return 0;
}

static void list_remove(struct list *l, const struct catalog_entry *e)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (l->at[i] != e)
			continue;
		memmove(&l->at[i], &l->at[i + 1], (l->n - i - 1) * sizeof(l->at[0]));
		l->n--;
		return;
	}
}

static void list_insert(struct list *l, struct catalog_entry *e)
{
	unsigned lo = 0, hi = l->n;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 32;
		l->at = realloc(l->at, l->cap * sizeof(l->at[0]));
		SG_ASSERT(l->at != NULL);
	}
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (compare_entries(l, l->at[mid], e) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	memmove(&l->at[lo + 1], &l->at[lo], (l->n - lo) * sizeof(l->at[0]));
	l->at[lo] = e;
	l->n++;
}

static struct catalog_entry *entry_get(struct catalog *c, struct list *l, const struct sg_id *id)
{
	struct catalog_entry *e = idmap_find(&c->by_id, id);

	if (e) {
		list_remove(l, e);
		return e;
	}
	e = calloc(1, sizeof(*e));
	SG_ASSERT(e != NULL);
	e->id = *id;
	e->table = l->table;
	e->row.table = l->table;
	idmap_put(&c->by_id, id, e);
	return e;
}

/* ---- keeping fresh ---- */

static void on_event(const struct event *ev, const struct log_event *log, void *arg)
{
	struct catalog *c = arg;
	struct projection rows;

	(void)log;
	enum stream_kind kind = event_desc[ev->kind].stream;

	if (kind == STREAM_INTERACTION || kind == STREAM_CASE || kind == STREAM_PERSON || kind == STREAM_ITEM)
		return;
	project(ev, &rows);
	for (unsigned i = 0; i < rows.n; i++) {
		const struct row_op *op = &rows.rows[i];
		struct list *l = list_of(c, op->table);

		if (!l)
			continue;
		struct catalog_entry *e = entry_get(c, l, &ev->stream);

		for (unsigned col = 0; col < table_desc[op->table].n_cols; col++) {
			if (op->set & (UINT64_C(1) << col))
				set_value(e, col, &op->v[col]);
		}
		list_insert(l, e);
	}
}

struct catalog *catalog_new(struct flow *flow, struct store *store)
{
	struct catalog *c = calloc(1, sizeof(*c));

	SG_ASSERT(c != NULL);
	c->store = store;
	memcpy(c->lists, kinds, sizeof(kinds));
	idmap_init(&c->by_id);
	flow_watch(flow, on_event, c);
	return c;
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CATALOG_TABLES; i++) {
		for (unsigned k = 0; k < c->lists[i].n; k++)
			entry_free(c->lists[i].at[k]);
		free(c->lists[i].at);
	}
	idmap_fini(&c->by_id);
	free(c);
}

/* ---- loading, page by page ---- */

static void load_page(struct catalog *c, bool first);

static void remember_cursor(struct catalog *c, const struct row *last)
{
	const struct index_desc *ix = &index_desc[c->lists[c->loading].index];

	for (unsigned i = 0; i < ix->n_cols; i++) {
		c->cursor[i] = last->v[ix->cols[i]];
		if (!is_text(&table_desc[ix->table].cols[ix->cols[i]]))
			continue;
		size_t n = str_copy(c->cursor_text, sizeof(c->cursor_text), c->cursor[i].s);

		c->cursor[i].s = (struct str){.p = c->cursor_text, .n = n};
	}
}

static void on_page(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct catalog *c = arg;
	struct list *l = &c->lists[c->loading];

	if (st != SG_OK) {
		c->done(st, c->done_arg);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		struct catalog_entry *e = entry_get(c, l, &rows[i].v[0].id);

		for (unsigned col = 0; col < table_desc[l->table].n_cols; col++)
			set_value(e, col, &rows[i].v[col]);
		list_insert(l, e);
	}
	if (n == STORE_RANGE_MAX) {
		remember_cursor(c, &rows[n - 1]);
		load_page(c, false);
	} else if (++c->loading < CATALOG_TABLES) {
		load_page(c, true);
	} else {
		c->done(SG_OK, c->done_arg);
	}
}

static void load_page(struct catalog *c, bool first)
{
	enum index index = c->lists[c->loading].index;
	struct store_range q = {.index = index, .limit = STORE_RANGE_MAX};

	if (!first) {
		q.n_after = index_desc[index].n_cols;
		memcpy(q.after, c->cursor, sizeof(q.after));
	}
	store_range(c->store, &q, on_page, c);
}

void catalog_load(struct catalog *c, void (*done)(enum sg_status st, void *arg), void *arg)
{
	c->done = done;
	c->done_arg = arg;
	c->loading = 0;
	load_page(c, true);
}

/* ---- asking ---- */

const struct catalog_entry *catalog_find(const struct catalog *c, enum table table, const struct sg_id *id)
{
	const struct catalog_entry *e = sg_id_is_none(id) ? NULL : idmap_find(&c->by_id, id);

	return e && e->table == table ? e : NULL;
}

unsigned catalog_count(const struct catalog *c, enum table table)
{
	return list_get(c, table)->n;
}

const struct catalog_entry *catalog_at(const struct catalog *c, enum table table, unsigned i)
{
	const struct list *l = list_get(c, table);

	SG_ASSERT(i < l->n);
	return l->at[i];
}

const struct catalog_entry *catalog_agent_by_email(const struct catalog *c, struct str email)
{
	const struct list *l = list_get(c, TABLE_AGENT);

	for (unsigned i = 0; i < l->n; i++) {
		struct str have = l->at[i]->row.v[AGENT_COL_EMAIL].s;

		if (have.n == email.n && have.n && strncasecmp(have.p, email.p, have.n) == 0)
			return l->at[i];
	}
	return NULL;
}

static const struct catalog_entry *parent_of(const struct catalog *c, const struct catalog_entry *topic)
{
	return catalog_find(c, TABLE_TOPIC, &topic->row.v[TOPIC_COL_PARENT].id);
}

void catalog_topic_path(const struct catalog *c, const struct sg_id *topic, char *out, size_t cap)
{
	const struct catalog_entry *t = catalog_find(c, TABLE_TOPIC, topic);
	size_t n = 0;

	out[0] = '\0';
	if (!t)
		return;
	const struct catalog_entry *up = parent_of(c, t);

	if (up) {
		n = str_copy(out, cap, up->row.v[TOPIC_COL_TITLE].s);
		n += str_copy(out + n, cap - n, STR(" › "));
	}
	str_copy(out + n, cap - n, t->row.v[TOPIC_COL_TITLE].s);
}

struct sg_id catalog_queue_for(const struct catalog *c, const struct sg_id *topic)
{
	const struct catalog_entry *t = catalog_find(c, TABLE_TOPIC, topic);

	while (t) {
		const struct sg_id *queue = &t->row.v[TOPIC_COL_QUEUE].id;

		if (catalog_find(c, TABLE_QUEUE, queue))
			return *queue;
		t = parent_of(c, t);
	}
	return catalog_count(c, TABLE_QUEUE) ? catalog_at(c, TABLE_QUEUE, 0)->id : SG_ID_NONE;
}

bool catalog_is_urgent(const struct catalog *c, const struct sg_id *topic)
{
	const struct catalog_entry *t = catalog_find(c, TABLE_TOPIC, topic);

	return t && t->row.v[TOPIC_COL_URGENT].i;
}
