#include "store/memory/mem_tables.h"

#include <stdlib.h>
#include <string.h>

#include "store/value.h"

static int row_cmp(const void *ctx, const void *a, const void *b)
{
	const struct mem_order *o = ctx;
	const struct value *x = a, *y = b;

	for (unsigned i = 0; i < o->n; i++) {
		int cmp = value_cmp(&o->cols[o->col[i]], &x[o->col[i]], &y[o->col[i]]);

		if (cmp)
			return cmp;
	}
	return 0;
}

static bool order_has(const struct mem_order *o, unsigned col)
{
	for (unsigned i = 0; i < o->n; i++) {
		if (o->col[i] == col)
			return true;
	}
	return false;
}

static void order_add_key(struct mem_order *o, const struct table_desc *desc)
{
	for (unsigned c = 0; c < desc->n_key; c++) {
		if (!order_has(o, c)) {
			SG_ASSERT(o->n < MEM_ORDER_MAX);
			o->col[o->n++] = (unsigned char)c;
		}
	}
}

void mem_tables_init(struct mem_tables *t)
{
	memset(t, 0, sizeof(*t));
	for (unsigned i = 0; i < TABLE_N; i++) {
		t->key_order[i].cols = table_desc[i].cols;
		order_add_key(&t->key_order[i], &table_desc[i]);
		ordered_init(&t->key[i], row_cmp, &t->key_order[i]);
	}
	for (unsigned i = 0; i < INDEX_N; i++) {
		const struct index_desc *ix = &index_desc[i];
		struct mem_order *o = &t->index_order[i];

		o->cols = table_desc[ix->table].cols;
		SG_ASSERT(ix->n_cols <= MEM_ORDER_MAX);
		memcpy(o->col, ix->cols, ix->n_cols);
		o->n = ix->n_cols;
		order_add_key(o, &table_desc[ix->table]);
		ordered_init(&t->index[i], row_cmp, o);
	}
}

static void text_free(struct value *v)
{
	free((void *)(uintptr_t)v->s.p);
	v->s = (struct str){NULL, 0};
}

static void text_set(struct value *v, struct str s)
{
	text_free(v);
	if (!s.p)
		return;
	char *p = malloc(s.n + 1);

	SG_ASSERT(p != NULL);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	v->s = (struct str){.p = p, .n = s.n};
}

static void row_free(const struct table_desc *desc, struct value *row)
{
	for (unsigned c = 0; c < desc->n_cols; c++) {
		if (value_is_text(desc->cols[c].type))
			text_free(&row[c]);
	}
	free(row);
}

void mem_tables_wipe(struct mem_tables *t, enum table table)
{
	struct ordered_at at = {.block = 0, .i = 0};
	struct value *row;

	while ((row = ordered_next(&t->key[table], &at)) != NULL)
		row_free(&table_desc[table], row);
	ordered_clear(&t->key[table]);
	for (unsigned i = 0; i < INDEX_N; i++) {
		if (index_desc[i].table == table)
			ordered_clear(&t->index[i]);
	}
}

void mem_tables_fini(struct mem_tables *t)
{
	for (unsigned i = 0; i < TABLE_N; i++)
		mem_tables_wipe(t, (enum table)i);
	for (unsigned i = 0; i < TABLE_N; i++)
		ordered_fini(&t->key[i]);
	for (unsigned i = 0; i < INDEX_N; i++)
		ordered_fini(&t->index[i]);
}

static int64_t sum(int64_t a, int64_t b)
{
	int64_t r;

	if (!__builtin_add_overflow(a, b, &r))
		return r;
	return b > 0 ? INT64_MAX : INT64_MIN;
}

static void row_set(struct value *row, const struct row_op *op)
{
	const struct table_desc *desc = &table_desc[op->table];

	for (unsigned c = 0; c < desc->n_cols; c++) {
		if (!(op->set >> c & 1))
			continue;
		if (value_is_text(desc->cols[c].type))
			text_set(&row[c], op->v[c].s);
		else if (desc->cols[c].type == COL_ID)
			row[c].id = op->v[c].id;
		else
			row[c].i = op->add >> c & 1 ? sum(row[c].i, op->v[c].i) : op->v[c].i;
	}
}

/* The indexes that a change of these columns moves the row in. */
static bool index_moves(enum index i, enum table table, uint64_t cols)
{
	if (index_desc[i].table != table)
		return false;
	for (unsigned c = 0; c < index_desc[i].n_cols; c++) {
		if (cols >> index_desc[i].cols[c] & 1)
			return true;
	}
	return false;
}

static void unindex(struct mem_tables *t, enum table table, uint64_t cols, struct value *row)
{
	for (unsigned i = 0; i < INDEX_N; i++) {
		if (index_moves((enum index)i, table, cols))
			ordered_remove(&t->index[i], row);
	}
}

static void reindex(struct mem_tables *t, enum table table, uint64_t cols, struct value *row)
{
	for (unsigned i = 0; i < INDEX_N; i++) {
		if (index_moves((enum index)i, table, cols))
			ordered_add(&t->index[i], row);
	}
}

void mem_tables_apply(struct mem_tables *t, const struct row_op *op)
{
	const struct table_desc *desc = &table_desc[op->table];
	struct value *row = ordered_find(&t->key[op->table], op->v);

	if (op->is_delete) {
		if (row) {
			unindex(t, op->table, UINT64_MAX, row);
			ordered_remove(&t->key[op->table], row);
			row_free(desc, row);
		}
	} else if (row) {
		uint64_t key = (UINT64_C(1) << desc->n_key) - 1, cols = op->set & ~key;

		unindex(t, op->table, cols, row);
		row_set(row, op);
		reindex(t, op->table, cols, row);
	} else {
		row = calloc(desc->n_cols, sizeof(*row));
		SG_ASSERT(row != NULL);
		row_set(row, op);
		ordered_add(&t->key[op->table], row);
		reindex(t, op->table, UINT64_MAX, row);
	}
}

const struct value *mem_tables_get(const struct mem_tables *t, enum table table,
				   const struct value *key)
{
	return ordered_find(&t->key[table], key);
}

/* A row against the bounds of a range: how its first columns compare with eq, then (edge) with
 * after. */
struct bound {
	const struct mem_order *order;
	const struct store_range *q;
	bool past_equal; /* seek behind what equals the bound, not before it */
	bool with_after;
};

static int bound_cmp(const struct bound *b, const struct value *row)
{
	const struct store_range *q = b->q;

	for (unsigned i = 0; i < q->n_eq; i++) {
		unsigned c = b->order->col[i];
		int cmp = value_cmp(&b->order->cols[c], &row[c], &q->eq[i]);

		if (cmp)
			return cmp;
	}
	for (unsigned i = 0; b->with_after && i < q->n_after; i++) {
		unsigned c = b->order->col[q->n_eq + i];
		int cmp = value_cmp(&b->order->cols[c], &row[c], &q->after[i]);

		if (cmp)
			return cmp;
	}
	return 0;
}

static bool bound_below(const void *probe, const void *entry)
{
	const struct bound *b = probe;
	int cmp = bound_cmp(b, entry);

	return cmp < 0 || (cmp == 0 && b->past_equal);
}

void mem_tables_walk(const struct mem_tables *t, const struct store_range *q, struct mem_walk *walk)
{
	struct bound b = {.order = &t->index_order[q->index], .q = q, .with_after = q->n_after > 0};

	/* Ascending: behind the cursor, or before the first of eq. Descending: the mirror. */
	b.past_equal = b.with_after != q->descending;
	*walk = (struct mem_walk){.t = t, .q = q};
	walk->at = ordered_seek(&t->index[q->index], bound_below, &b);
}

const struct value *mem_walk_next(struct mem_walk *walk)
{
	const struct store_range *q = walk->q;
	const struct ordered *set = &walk->t->index[q->index];
	struct bound b = {.order = &walk->t->index_order[q->index], .q = q};
	const struct value *row =
		q->descending ? ordered_prev(set, &walk->at) : ordered_next(set, &walk->at);

	return row && bound_cmp(&b, row) == 0 ? row : NULL;
}

int64_t mem_tables_last(const struct mem_tables *t, enum index index)
{
	struct ordered_at at = ordered_end(&t->index[index]);
	const struct value *row = ordered_prev(&t->index[index], &at);

	return row ? row[index_desc[index].cols[0]].i : 0;
}
