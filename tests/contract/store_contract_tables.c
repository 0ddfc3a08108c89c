/* The tables: rows, ranges (against a model), search, last, wiping. */
#include "contract/store_contract.h"
#include "contract/store_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/tape.h"

static int setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static struct row_op person(uint32_t id)
{
	struct row_op op = {.table = TABLE_PERSON, .set = BIT(PERSON_COL_ID)};

	op.v[PERSON_COL_ID] = ID(id);
	return op;
}

static void person_set(struct row_op *op, enum person_col col, struct value v)
{
	op->set |= BIT(col);
	op->v[col] = v;
}

static void a_put_inserts_then_changes_only_what_it_names(void **state)
{
	struct fixture *f = *state;
	struct row_op op = person(1);

	person_set(&op, PERSON_COL_NAME, TEXT("Ada"));
	person_set(&op, PERSON_COL_RING, INT(RING_PARTNER));
	person_set(&op, PERSON_COL_EMAIL, TEXT("ada@example.org"));
	person_set(&op, PERSON_COL_VALUE, INT(-5));
	person_set(&op, PERSON_COL_SINCE_AT, INT(123));
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	struct answer a = do_get(f, TABLE_PERSON, op.v);

	assert_int_equal(a.n, 1);
	assert_int_equal(a.rows[0].table, TABLE_PERSON);
	assert_true(sg_id_eq(&a.rows[0].v[PERSON_COL_ID].id, &op.v[PERSON_COL_ID].id));
	assert_true(str_eq(a.rows[0].v[PERSON_COL_NAME].s, STR("Ada")));
	assert_int_equal(a.rows[0].v[PERSON_COL_RING].i, RING_PARTNER);
	assert_int_equal(a.rows[0].v[PERSON_COL_VALUE].i, -5);
	assert_int_equal(a.rows[0].v[PERSON_COL_SINCE_AT].i, 123);
	assert_null(a.rows[0].v[PERSON_COL_PHONE].s.p);
	assert_int_equal(a.rows[0].v[PERSON_COL_UPDATED_AT].i, 0);
	op = person(1);
	person_set(&op, PERSON_COL_NAME, TEXT("Ada L."));
	person_set(&op, PERSON_COL_EMAIL, TEXT(NULL));
	op.v[PERSON_COL_VALUE] = INT(99); /* not named in set */
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	a = do_get(f, TABLE_PERSON, op.v);
	assert_true(str_eq(a.rows[0].v[PERSON_COL_NAME].s, STR("Ada L.")));
	assert_null(a.rows[0].v[PERSON_COL_EMAIL].s.p);
	assert_int_equal(a.rows[0].v[PERSON_COL_VALUE].i, -5);
	assert_int_equal(a.rows[0].v[PERSON_COL_RING].i, RING_PARTNER);
}

static void a_put_of_a_key_alone_makes_a_row_and_leaves_one(void **state)
{
	struct fixture *f = *state;
	struct row_op op = person(1), key = op;

	assert_status(do_rows(f, &key, 1).st, SG_OK);
	assert_int_equal(do_get(f, TABLE_PERSON, op.v).n, 1);
	person_set(&op, PERSON_COL_NAME, TEXT("kept"));
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	assert_status(do_rows(f, &key, 1).st, SG_OK);
	assert_true(
		str_eq(do_get(f, TABLE_PERSON, op.v).rows[0].v[PERSON_COL_NAME].s, STR("kept")));
}

static int64_t value_after(struct fixture *f, int64_t by)
{
	struct row_op op = person(1);

	person_set(&op, PERSON_COL_VALUE, INT(by));
	op.add = BIT(PERSON_COL_VALUE);
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	return do_get(f, TABLE_PERSON, op.v).rows[0].v[PERSON_COL_VALUE].i;
}

static void adding_adds_and_stops_at_the_ends(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(value_after(f, 5), 5);
	assert_int_equal(value_after(f, -7), -2);
	assert_true(value_after(f, INT64_MAX) == INT64_MAX - 2);
	assert_true(value_after(f, 3) == INT64_MAX);
	assert_true(value_after(f, -1) == INT64_MAX - 1);
	assert_true(value_after(f, INT64_MIN) == -2);
	assert_true(value_after(f, INT64_MIN) == INT64_MIN);
}

static void a_deleted_row_is_gone_and_deleting_nothing_is_fine(void **state)
{
	struct fixture *f = *state;
	struct row_op op = person(1), gone = {.table = TABLE_PERSON, .is_delete = true};
	struct store_range q = {.index = INDEX_PERSON_BY_NAME, .limit = 10};

	gone.v[PERSON_COL_ID] = ID(1);
	assert_status(do_rows(f, &gone, 1).st, SG_OK);
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	assert_int_equal(do_range(f, &q).n, 1);
	assert_status(do_rows(f, &gone, 1).st, SG_OK);
	assert_status(do_get(f, TABLE_PERSON, op.v).st, SG_E_NOT_FOUND);
	struct answer a = do_range(f, &q);

	assert_status(a.st, SG_OK);
	assert_int_equal(a.n, 0);
}

static void rows_of_one_write_are_done_in_order(void **state)
{
	struct fixture *f = *state;
	struct row_op ops[4] = {person(1), person(1), person(1), person(1)};

	person_set(&ops[0], PERSON_COL_NAME, TEXT("one"));
	ops[1].is_delete = true;
	person_set(&ops[2], PERSON_COL_VALUE, INT(2));
	person_set(&ops[3], PERSON_COL_VALUE, INT(3));
	ops[3].add = BIT(PERSON_COL_VALUE);
	assert_status(do_rows(f, ops, 4).st, SG_OK);
	struct answer a = do_get(f, TABLE_PERSON, ops[0].v);

	assert_null(a.rows[0].v[PERSON_COL_NAME].s.p);
	assert_int_equal(a.rows[0].v[PERSON_COL_VALUE].i, 5);
}

static void absent_and_empty_texts_differ_except_in_an_index(void **state)
{
	struct fixture *f = *state;
	struct row_op op = person(1);

	person_set(&op, PERSON_COL_NAME, TEXT(""));  /* in an index */
	person_set(&op, PERSON_COL_EMAIL, TEXT("")); /* in none */
	person_set(&op, PERSON_COL_PHONE, TEXT(NULL));
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	const struct value *v = do_get(f, TABLE_PERSON, op.v).rows[0].v;

	assert_null(v[PERSON_COL_NAME].s.p);
	assert_non_null(v[PERSON_COL_EMAIL].s.p);
	assert_int_equal(v[PERSON_COL_EMAIL].s.n, 0);
	assert_null(v[PERSON_COL_PHONE].s.p);
	struct store_range q = {.index = INDEX_PERSON_BY_NAME, .n_eq = 1, .limit = 10};

	assert_int_equal(do_range(f, &q).n, 1);
	q.eq[0] = TEXT("");
	assert_int_equal(do_range(f, &q).n, 1);
}

static void every_column_of_every_table_comes_back(void **state)
{
	struct fixture *f = *state;

	for (unsigned t = 0; t < TABLE_N; t++) {
		const struct table_desc *d = &table_desc[t];
		struct row_op op = {.table = (enum table)t, .set = (UINT64_C(1) << d->n_cols) - 1};
		struct row want = {.table = (enum table)t};

		for (unsigned c = 0; c < d->n_cols; c++) {
			if (d->cols[c].type == COL_ID)
				op.v[c] = ID(100 + c);
			else if (d->cols[c].type == COL_TEXT || d->cols[c].type == COL_JSON)
				op.v[c] = (struct value){.s = {.p = "t\0'\"\xc3\xa9", .n = 6}};
			else
				op.v[c] = INT(1);
			want.v[c] = op.v[c];
		}
		assert_status(do_rows(f, &op, 1).st, SG_OK);
		struct answer a = do_get(f, (enum table)t, op.v);

		assert_int_equal(a.n, 1);
		assert_true(rows_equal(&a.rows[0], &want));
	}
}

static void malformed_rows_are_refused(void **state)
{
	struct fixture *f = *state;
	struct row_op ok = person(1), bad[8];

	for (unsigned i = 0; i < 8; i++)
		bad[i] = ok;
	bad[0].set = 0;                     /* no key */
	bad[1].v[PERSON_COL_ID] = ID(0);    /* a key that is none */
	bad[2].set |= BIT(PERSON_COL_N);    /* beyond the columns */
	bad[3].set |= BIT(PERSON_COL_RING); /* beyond the names */
	bad[3].v[PERSON_COL_RING] = INT(RING_N);
	bad[4].add = BIT(PERSON_COL_VALUE); /* not in set */
	bad[5].set |= BIT(PERSON_COL_NAME); /* a text cannot be added */
	bad[5].add = BIT(PERSON_COL_NAME);
	bad[6].set |= BIT(PERSON_COL_NAME);
	bad[6].v[PERSON_COL_NAME].s = (struct str){.p = NULL, .n = 3};
	bad[7].table = TABLE_N;
	for (unsigned i = 0; i < 8; i++)
		assert_status(do_rows(f, &bad[i], 1).st, SG_E_INPUT);
	assert_status(do_get(f, TABLE_PERSON, ok.v).st, SG_E_NOT_FOUND);
	struct store_range q = {.index = INDEX_PERSON_BY_NAME, .n_eq = 2, .n_after = 1, .limit = 1};

	assert_status(do_range(f, &q).st, SG_E_INPUT);
	struct value identity[2] = {INT(IDENTITY_KIND_N), TEXT("x")};

	assert_status(do_get(f, TABLE_IDENTITY, identity).st, SG_E_INPUT);
	assert_status(do_get(f, TABLE_N, identity).st, SG_E_INPUT);
	q = (struct store_range){.index = INDEX_N, .limit = 1};
	assert_status(do_range(f, &q).st, SG_E_INPUT);
	q = (struct store_range){.index = INDEX_PERSON_BY_NAME, .limit = STORE_RANGE_MAX + 1};
	assert_status(do_range(f, &q).st, SG_E_INPUT);
}

/* ---- ranges against a model: an unsorted list, sorted naively at each question ---- */

enum { MODEL_MAX = 64 };

struct model {
	enum table table;
	struct row row[MODEL_MAX];
	unsigned n;
};

static const char *const model_texts[] = {NULL, "", "a", "ab", "b", "B", "\xc3\xa9", "a b"};

static bool in_index(enum table table, unsigned col)
{
	if (col < table_desc[table].n_key)
		return true;
	for (unsigned i = 0; i < INDEX_N; i++) {
		for (unsigned c = 0; index_desc[i].table == table && c < index_desc[i].n_cols;
		     c++) {
			if (index_desc[i].cols[c] == col)
				return true;
		}
	}
	return false;
}

/* Small domains, so that values meet; 0 of the tape is none. */
static struct value draw(struct tape *t, enum table table, unsigned col)
{
	const struct col_desc *c = &table_desc[table].cols[col];
	bool key = col < table_desc[table].n_key;

	switch (c->type) {
	case COL_ID:
		return ID(tape_below(t, 4) + key);
	case COL_TEXT:
	case COL_JSON:
		return TEXT(
			model_texts[tape_below(t, sizeof(model_texts) / sizeof(model_texts[0]))]);
	case COL_ENUM:
		return INT(tape_below(t, c->n_names));
	case COL_BOOL:
		return INT(tape_below(t, 2));
	case COL_INT:
	case COL_TIME:
	default:
		return INT((int64_t)tape_below(t, 5) - (c->type == COL_INT ? 2 : 0));
	}
}

static int naive_cmp(const struct col_desc *c, const struct value *a, const struct value *b)
{
	char x[64] = "", y[64] = "";

	if (c->type == COL_ID)
		return memcmp(&a->id, &b->id, sizeof(a->id));
	if (c->type == COL_TEXT || c->type == COL_JSON) {
		str_copy(x, sizeof(x), a->s);
		str_copy(y, sizeof(y), b->s);
		return strcmp(x, y);
	}
	if (c->type == COL_ENUM)
		return strcmp(c->names[a->i], c->names[b->i]);
	return a->i < b->i ? -1 : a->i > b->i;
}

static struct row *model_find(struct model *m, const struct value *key)
{
	for (unsigned i = 0; i < m->n; i++) {
		unsigned c = 0;

		while (c < table_desc[m->table].n_key &&
		       naive_cmp(&table_desc[m->table].cols[c], &m->row[i].v[c], &key[c]) == 0)
			c++;
		if (c == table_desc[m->table].n_key)
			return &m->row[i];
	}
	return NULL;
}

static void model_apply(struct model *m, const struct row_op *op)
{
	struct row *r = model_find(m, op->v);

	if (op->is_delete) {
		if (r)
			*r = m->row[--m->n];
		return;
	}
	if (!r) {
		r = &m->row[m->n++];
		*r = (struct row){.table = m->table};
	}
	for (unsigned c = 0; c < table_desc[m->table].n_cols; c++) {
		if (!(op->set >> c & 1))
			continue;
		r->v[c].i = op->add >> c & 1 ? r->v[c].i + op->v[c].i : op->v[c].i;
		r->v[c].id = op->v[c].id;
		r->v[c].s = op->v[c].s;
		if (in_index(m->table, c) && r->v[c].s.n == 0)
			r->v[c].s.p = NULL;
	}
}

static struct row_op draw_op(struct tape *t, const struct model *m)
{
	const struct table_desc *d = &table_desc[m->table];
	struct row_op op = {.table = m->table, .set = (UINT64_C(1) << d->n_key) - 1};

	op.is_delete = tape_below(t, 5) == 4;
	for (unsigned c = 0; c < d->n_cols; c++) {
		if (c >= d->n_key && tape_below(t, 2))
			continue;
		op.set |= BIT(c);
		op.v[c] = draw(t, m->table, c);
		if (c >= d->n_key && d->cols[c].type == COL_INT && tape_below(t, 2))
			op.add |= BIT(c);
	}
	return op;
}

static const struct index_desc *sort_index; /* of by_index, which qsort gives no argument */

static int by_index(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	const struct table_desc *d = &table_desc[sort_index->table];

	for (unsigned i = 0; i < sort_index->n_cols + d->n_key; i++) {
		unsigned c = i < sort_index->n_cols ? sort_index->cols[i] : i - sort_index->n_cols;
		int cmp = naive_cmp(&d->cols[c], &(*x)->v[c], &(*y)->v[c]);

		if (cmp)
			return cmp;
	}
	return 0;
}

static bool model_in_range(const struct row *r, const struct store_range *q)
{
	const struct index_desc *ix = &index_desc[q->index];
	int cmp = 0;

	for (unsigned i = 0; i < q->n_eq; i++) {
		if (naive_cmp(&table_desc[ix->table].cols[ix->cols[i]], &r->v[ix->cols[i]],
			      &q->eq[i]))
			return false;
	}
	for (unsigned i = 0; i < q->n_after && cmp == 0; i++) {
		unsigned c = ix->cols[q->n_eq + i];

		cmp = naive_cmp(&table_desc[ix->table].cols[c], &r->v[c], &q->after[i]);
	}
	return q->n_after == 0 || (q->descending ? cmp < 0 : cmp > 0);
}

static unsigned model_range(struct model *m, const struct store_range *q, struct row **out)
{
	struct row *all[MODEL_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < m->n; i++)
		all[i] = &m->row[i];
	sort_index = &index_desc[q->index];
	qsort(all, m->n, sizeof(all[0]), by_index);
	for (unsigned i = 0; i < m->n && n < q->limit; i++) {
		struct row *r = all[q->descending ? m->n - 1 - i : i];

		if (model_in_range(r, q))
			out[n++] = r;
	}
	return n;
}

static void compare_range(struct fixture *f, struct model *m, const struct store_range *q)
{
	struct row *want[MODEL_MAX];
	unsigned n = model_range(m, q, want);
	struct answer a = do_range(f, q);

	assert_status(a.st, SG_OK);
	assert_int_equal(a.n, n);
	for (unsigned i = 0; i < n; i++)
		assert_true(rows_equal(&a.rows[i], want[i]));
}

static void draw_range(struct tape *t, const struct model *m, struct store_range *q)
{
	const struct index_desc *ix;

	do
		q->index = (enum index)tape_below(t, INDEX_N);
	while (index_desc[q->index].table != m->table && t->pos < t->len);
	while (index_desc[q->index].table != m->table)
		q->index = (enum index)((q->index + 1) % INDEX_N);
	ix = &index_desc[q->index];
	q->n_eq = tape_below(t, ix->n_cols + 1);
	q->n_after = tape_below(t, ix->n_cols - q->n_eq + 1);
	q->descending = tape_below(t, 2);
	q->limit = 1 + tape_below(t, 8);
	for (unsigned i = 0; i < q->n_eq; i++)
		q->eq[i] = draw(t, m->table, ix->cols[i]);
	for (unsigned i = 0; i < q->n_after; i++)
		q->after[i] = draw(t, m->table, ix->cols[q->n_eq + i]);
}

static void walk_model(struct fixture *f, struct tape *t, enum table table, unsigned steps)
{
	struct model *m = calloc(1, sizeof(*m));

	m->table = table;
	for (unsigned i = 0; i < steps; i++) {
		struct row_op op[3];
		unsigned n = 1 + tape_below(t, 3);

		for (unsigned k = 0; k < n; k++) {
			op[k] = draw_op(t, m);
			if (m->n >= MODEL_MAX - 1)
				op[k].is_delete = true;
			model_apply(m, &op[k]);
		}
		assert_status(do_rows(f, op, n).st, SG_OK);
		for (unsigned k = 0; k < 3; k++) {
			struct store_range q = {.n_eq = 0};

			draw_range(t, m, &q);
			compare_range(f, m, &q);
		}
	}
	free(m);
}

static void ranges_agree_with_a_model(void **state)
{
	enum table tables[] = {TABLE_ITEM,  TABLE_IDENTITY, TABLE_CASE,    TABLE_FEEDBACK,
			       TABLE_STUFF, TABLE_SESSION,  TABLE_ARTICLE, TABLE_AGENT};
	static uint8_t bytes[32768];

	(void)*state;
	for (uint64_t seed = 1; seed <= 16; seed++) {
		struct fixture *f = fixture_new();
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};

		tape_fill(seed, bytes, sizeof(bytes));
		walk_model(f, &t, tables[seed % (sizeof(tables) / sizeof(tables[0]))], 60);
		fixture_free(f);
	}
}

/* Pages through everything by cursors made of the last row, as a client does. */
static unsigned page_through(struct fixture *f, bool descending, unsigned limit)
{
	struct store_range q = {
		.index = INDEX_ITEM_BY_PERSON, .n_eq = 1, .descending = descending, .limit = limit};
	struct value last = INT(0);
	unsigned n = 0;

	q.eq[0] = ID(1);
	for (struct answer a; (a = do_range(f, &q)).n > 0;) {
		for (unsigned i = 0; i < a.n; i++, n++) {
			int64_t at = a.rows[i].v[ITEM_COL_OCCURRED_AT].i;

			assert_true(n == 0 || (descending ? at <= last.i : at >= last.i));
			last.i = at;
		}
		q.n_after = 2;
		q.after[0] = a.rows[a.n - 1].v[ITEM_COL_OCCURRED_AT];
		q.after[1] = a.rows[a.n - 1].v[ITEM_COL_ID];
	}
	return n;
}

static void pages_meet_each_row_once(void **state)
{
	struct fixture *f = *state;
	enum { ITEMS = 20000, GROUP = 500 };
	struct row_op *op = calloc(GROUP, sizeof(*op));

	for (uint32_t i = 0; i < ITEMS; i += GROUP) {
		for (uint32_t k = 0; k < GROUP; k++) {
			op[k] = (struct row_op){.table = TABLE_ITEM,
						.set = BIT(ITEM_COL_ID) | BIT(ITEM_COL_PERSON) |
						       BIT(ITEM_COL_OCCURRED_AT)};
			op[k].v[ITEM_COL_ID] = ID(1 + (i + k) * 7919u % ITEMS);
			op[k].v[ITEM_COL_PERSON] = ID(1 + k % 2);
			op[k].v[ITEM_COL_OCCURRED_AT] =
				INT((i + k) % 97); /* 0: none, pages as well */
		}
		assert_status(do_rows(f, op, GROUP).st, SG_OK);
	}
	assert_int_equal(page_through(f, false, 333), ITEMS / 2);
	assert_int_equal(page_through(f, true, 1000), ITEMS / 2);
	free(op);
}

enum { MIXED = 400 };

struct mixed {
	unsigned writes, reads, torn;
};

static void on_mixed_write(enum sg_status st, const struct store_done *done, void *arg)
{
	struct mixed *m = arg;

	(void)done;
	m->writes += st == SG_OK;
}

static void on_mixed_read(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct mixed *m = arg;

	m->reads += st == SG_OK;
	if (n != 0 && (n != 2 || rows[0].v[PERSON_COL_VALUE].i != rows[1].v[PERSON_COL_VALUE].i))
		m->torn++;
}

static bool mixed_done(void *arg)
{
	struct mixed *m = arg;

	return m->writes == MIXED && m->reads == MIXED;
}

static void a_read_beside_writes_sees_whole_writes(void **state)
{
	struct fixture *f = *state;
	struct store_range both = {.index = INDEX_PERSON_BY_NAME, .limit = 10};
	struct mixed m = {.writes = 0};

	for (unsigned i = 0; i < MIXED; i++) {
		struct row_op op[2] = {person(1), person(2)};

		for (unsigned k = 0; k < 2; k++) {
			person_set(&op[k], PERSON_COL_VALUE, INT(1));
			op[k].add = BIT(PERSON_COL_VALUE);
		}
		store_write(f->s, &(struct store_write){.rows = op, .n_rows = 2}, on_mixed_write,
			    &m);
		store_range(f->s, &both, on_mixed_read, &m);
	}
	fixture_wait(f, mixed_done, &m);
	assert_int_equal(m.torn, 0);
	assert_int_equal(do_range(f, &both).rows[0].v[PERSON_COL_VALUE].i, MIXED);
}

static void last_is_the_largest_number(void **state)
{
	struct fixture *f = *state;
	struct answer a = do_last(f, INDEX_CASE_BY_NUMBER);

	assert_status(a.st, SG_OK);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.rows[0].v[CASE_COL_NUMBER].i, 0);
	for (uint32_t i = 1; i <= 20; i++) {
		struct row_op op = {.table = TABLE_CASE,
				    .set = BIT(CASE_COL_ID) | BIT(CASE_COL_NUMBER)};

		op.v[CASE_COL_ID] = ID(i);
		op.v[CASE_COL_NUMBER] = INT(i * 7 % 20);
		assert_status(do_rows(f, &op, 1).st, SG_OK);
	}
	a = do_last(f, INDEX_CASE_BY_NUMBER);
	assert_int_equal(a.rows[0].table, TABLE_CASE);
	assert_int_equal(a.rows[0].v[CASE_COL_NUMBER].i, 19);
	assert_status(do_last(f, INDEX_N).st, SG_E_INPUT);
}

/* ---- search ---- */

static void article(struct fixture *f, uint32_t id, const char *title, const char *body,
		    enum audience who, bool active)
{
	struct row_op op = {.table = TABLE_ARTICLE,
			    .set = BIT(ARTICLE_COL_ID) | BIT(ARTICLE_COL_TITLE) |
				   BIT(ARTICLE_COL_BODY) | BIT(ARTICLE_COL_AUDIENCE) |
				   BIT(ARTICLE_COL_ACTIVE)};

	op.v[ARTICLE_COL_ID] = ID(id);
	op.v[ARTICLE_COL_TITLE] = TEXT(title);
	op.v[ARTICLE_COL_BODY] = TEXT(body);
	op.v[ARTICLE_COL_AUDIENCE] = INT(who);
	op.v[ARTICLE_COL_ACTIVE] = INT(active);
	assert_status(do_rows(f, &op, 1).st, SG_OK);
}

/* The ids found, as a text: "3 1 ". */
static const char *found(struct fixture *f, const char *words, enum audience who)
{
	static char out[256];
	struct answer a = do_search(f, text(words), who, 10);
	int at = 0;

	assert_status(a.st, SG_OK);
	out[0] = '\0';
	for (unsigned i = 0; i < a.n; i++)
		at += snprintf(out + at, sizeof(out) - (size_t)at, "%u ",
			       a.rows[i].v[ARTICLE_COL_ID].id.b[15]);
	return out;
}

static void some_articles(struct fixture *f)
{
	article(f, 1, "Paying by card", "How a refund of shoes is paid out.", AUDIENCE_PUBLIC,
		true);
	article(f, 2, "Opening hours", "The shop opens at nine.", AUDIENCE_PUBLIC, true);
	article(f, 3, "Refund of an order", "Send it back within 30 days.", AUDIENCE_PUBLIC, true);
	article(f, 4, "Refund exceptions", "For agents.", AUDIENCE_AGENT, true);
	article(f, 5, "Refund, the old way", "Out of use.", AUDIENCE_PUBLIC, false);
	article(f, 6, "Le caf\xc3\xa9", "cr\xc3\xa8me", AUDIENCE_PUBLIC, true);
}

static void search_finds_words_the_title_first(void **state)
{
	struct fixture *f = *state;

	some_articles(f);
	assert_string_equal(found(f, "refund", AUDIENCE_PUBLIC), "3 1 ");
	assert_string_equal(found(f, "REFUND", AUDIENCE_PUBLIC), "3 1 ");
	assert_string_equal(found(f, "hours", AUDIENCE_PUBLIC), "2 ");
	assert_string_equal(found(f, "hou", AUDIENCE_PUBLIC), "2 "); /* being typed */
	assert_string_equal(found(f, "hou nothing", AUDIENCE_PUBLIC), "");
	assert_string_equal(found(f, "cafe", AUDIENCE_PUBLIC), "6 ");
	assert_string_equal(found(f, "CR\xc3\x88ME", AUDIENCE_PUBLIC), "6 ");
	assert_string_equal(found(f, "opens zebra", AUDIENCE_PUBLIC), "2 "); /* any of the words */
	assert_string_equal(found(f, "old", AUDIENCE_PUBLIC), "");
	assert_int_equal(do_search(f, text("refund"), AUDIENCE_AGENT, 10).n, 3);
	assert_int_equal(do_search(f, text("refund"), AUDIENCE_AGENT, 2).n, 2);
	assert_string_equal(found(f, "exceptions", AUDIENCE_PUBLIC), "");
	assert_string_equal(found(f, "exceptions", AUDIENCE_AGENT), "4 ");
}

static void search_follows_changes(void **state)
{
	struct fixture *f = *state;
	struct row_op op = {.table = TABLE_ARTICLE,
			    .set = BIT(ARTICLE_COL_ID) | BIT(ARTICLE_COL_TITLE)};

	some_articles(f);
	op.v[ARTICLE_COL_ID] = ID(2);
	op.v[ARTICLE_COL_TITLE] = TEXT("When we are there");
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	assert_string_equal(found(f, "hours", AUDIENCE_PUBLIC), "");
	assert_string_equal(found(f, "there", AUDIENCE_PUBLIC), "2 ");
	assert_string_equal(found(f, "nine", AUDIENCE_PUBLIC), "2 "); /* the body is as it was */
	op.set = BIT(ARTICLE_COL_ID) | BIT(ARTICLE_COL_ACTIVE);
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	assert_string_equal(found(f, "nine", AUDIENCE_PUBLIC), "");
	op.v[ARTICLE_COL_ACTIVE] = INT(1);
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	assert_string_equal(found(f, "nine", AUDIENCE_PUBLIC), "2 ");
	op.is_delete = true;
	assert_status(do_rows(f, &op, 1).st, SG_OK);
	assert_string_equal(found(f, "nine", AUDIENCE_PUBLIC), "");
	op.is_delete = false;
	op.set = BIT(ARTICLE_COL_ID) | BIT(ARTICLE_COL_ACTIVE) | BIT(ARTICLE_COL_AUDIENCE);
	op.v[ARTICLE_COL_AUDIENCE] = INT(AUDIENCE_PUBLIC);
	assert_status(do_rows(f, &op, 1).st, SG_OK); /* no ghost of the old text */
	assert_string_equal(found(f, "nine", AUDIENCE_PUBLIC), "");
}

static void hostile_words_are_only_words(void **state)
{
	struct fixture *f = *state;
	static const char *const hostile[] = {
		"\"refund",     "refund*",        "refund AND", "NEAR(refund", "-refund",
		"title:refund", "refund)(",       "^refund",    "'refund",     "{refund}: +",
		"refund;DROP",  "\"\"refund\"\"", "--refund",
	};

	some_articles(f);
	for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		assert_true(do_search(f, text(hostile[i]), AUDIENCE_PUBLIC, 10).n >= 2);
	assert_string_equal(found(f, "", AUDIENCE_PUBLIC), "");
	assert_string_equal(found(f, "\"*\" - ( : ^ %", AUDIENCE_PUBLIC), "");
	assert_string_equal(found(f, "zebra OR NOT AND", AUDIENCE_PUBLIC), "");
	assert_int_equal(do_search(f, (struct str){NULL, 0}, AUDIENCE_PUBLIC, 10).n, 0);
	assert_int_equal(do_search(f, (struct str){"a\0refund\0", 9}, AUDIENCE_PUBLIC, 10).n, 2);
	assert_status(do_search(f, text("\xff\xfe\xc3 \xe2\x80\x94 \xf0\x9f\x98\x80"),
				AUDIENCE_PUBLIC, 10)
			      .st,
		      SG_OK);
	char *big = malloc(10001);

	memset(big, '"', 10000);
	for (unsigned i = 0; i < 10000; i += 3)
		big[i] = 'x';
	big[10000] = '\0';
	assert_status(do_search(f, text(big), AUDIENCE_PUBLIC, 10).st, SG_OK);
	memset(big, 'x', 10000);
	assert_status(do_search(f, text(big), AUDIENCE_PUBLIC, 10).st, SG_OK);
	memset(big, '\xc3', 10000);
	assert_status(do_search(f, text(big), AUDIENCE_PUBLIC, 10).st, SG_OK);
	free(big);
	assert_status(do_search(f, text("x"), AUDIENCE_NONE, 10).st, SG_E_INPUT);
}

static void wiping_empties_views_and_keeps_records_and_log(void **state)
{
	struct fixture *f = *state;
	struct log_event e = message(1, 1, "{}");
	struct row_op ops[2] = {
		person(1),
		{.table = TABLE_SETTING, .set = BIT(SETTING_COL_NAME) | BIT(SETTING_COL_VALUE)}};

	some_articles(f);
	ops[1].v[SETTING_COL_NAME] = TEXT("k");
	ops[1].v[SETTING_COL_VALUE] = TEXT("v");
	assert_status(do_write(f,
			       &(struct store_write){
				       .events = &e, .n_events = 1, .rows = ops, .n_rows = 2})
			      .st,
		      SG_OK);
	assert_status(do_wipe(f).st, SG_OK);
	assert_status(do_get(f, TABLE_PERSON, ops[0].v).st, SG_E_NOT_FOUND);
	assert_int_equal(
		do_range(f, &(struct store_range){.index = INDEX_PERSON_BY_NAME, .limit = 9}).n, 0);
	assert_string_equal(found(f, "refund", AUDIENCE_PUBLIC), "");
	assert_status(do_get(f, TABLE_SETTING, ops[1].v).st, SG_OK);
	assert_int_equal(do_feed(f, 0, 10).n, 1);
	some_articles(f); /* the rebuild fills them again */
	assert_string_equal(found(f, "refund", AUDIENCE_PUBLIC), "3 1 ");
}

int store_contract_tables(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_put_inserts_then_changes_only_what_it_names),
		T(a_put_of_a_key_alone_makes_a_row_and_leaves_one),
		T(adding_adds_and_stops_at_the_ends),
		T(a_deleted_row_is_gone_and_deleting_nothing_is_fine),
		T(rows_of_one_write_are_done_in_order),
		T(absent_and_empty_texts_differ_except_in_an_index),
		T(every_column_of_every_table_comes_back),
		T(malformed_rows_are_refused),
		T(ranges_agree_with_a_model),
		T(pages_meet_each_row_once),
		T(a_read_beside_writes_sees_whole_writes),
		T(last_is_the_largest_number),
		T(search_finds_words_the_title_first),
		T(search_follows_changes),
		T(hostile_words_are_only_words),
		T(wiping_empties_views_and_keeps_records_and_log),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
