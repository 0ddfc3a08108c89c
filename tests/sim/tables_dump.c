#include "sim/tables_dump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 100 };

struct dump {
	struct store *s;
	struct buf *out;
	unsigned table;
	enum index index;
	enum sg_status st;
	void (*done)(enum sg_status st, void *arg);
	void *arg;
};

static void read_page(struct dump *d, const struct row *after);

static void keep(struct dump *d, enum sg_status st)
{
	if (d->st == SG_OK)
		d->st = st;
}

static void add_value(struct dump *d, const struct col_desc *c, const struct value *v)
{
	char id[SG_ID_TEXT + 1];

	if (c->type == COL_ID) {
		sg_id_text(&v->id, id);
		keep(d, buf_addf(d->out, " %s=%s", c->name, id));
	} else if (c->type == COL_TEXT || c->type == COL_JSON) {
		keep(d, buf_addf(d->out, " %s=%s", c->name, v->s.p ? "'" : "-"));
		if (v->s.n)
			keep(d, buf_add(d->out, v->s.p, v->s.n));
	} else {
		keep(d, buf_addf(d->out, " %s=%" PRId64, c->name, v->i));
	}
}

/* The first index of each view that is not broken off by equal values: its last column is of the
 * key. */
static bool walks_all(enum index index)
{
	const struct index_desc *ix = &index_desc[index];

	return index == INDEX_CASE_BY_NUMBER ||
	       ix->cols[ix->n_cols - 1] < table_desc[ix->table].n_key;
}

static void next_table(struct dump *d)
{
	while (++d->table < TABLE_N) {
		if (!table_desc[d->table].is_view)
			continue;
		for (unsigned i = 0; i < INDEX_N; i++) {
			if ((unsigned)index_desc[i].table != d->table || !walks_all((enum index)i))
				continue;
			d->index = (enum index)i;
			read_page(d, NULL);
			return;
		}
		keep(d, buf_addf(d->out, "%s has no index\n", table_desc[d->table].name));
		keep(d, SG_E_STATE);
	}
	d->done(d->st, d->arg);
	free(d);
}

static void on_page(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct dump *d = arg;

	keep(d, st);
	for (unsigned i = 0; i < n; i++) {
		const struct table_desc *t = &table_desc[d->table];

		keep(d, buf_addf(d->out, "%s", t->name));
		for (unsigned c = 0; c < t->n_cols; c++)
			add_value(d, &t->cols[c], &rows[i].v[c]);
		keep(d, buf_addf(d->out, "\n"));
	}
	if (n == PAGE && d->st == SG_OK)
		read_page(d, &rows[n - 1]);
	else
		next_table(d);
}

static void read_page(struct dump *d, const struct row *after)
{
	const struct index_desc *ix = &index_desc[d->index];
	struct store_range q = {.index = d->index, .limit = PAGE};

	if (after) {
		q.n_after = ix->n_cols;
		for (unsigned i = 0; i < ix->n_cols; i++)
			q.after[i] = after->v[ix->cols[i]];
	}
	store_range(d->s, &q, on_page, d);
}

void tables_dump(struct store *s, struct buf *out, void (*done)(enum sg_status st, void *arg),
		 void *arg)
{
	struct dump *d = calloc(1, sizeof(*d));

	SG_ASSERT(d != NULL);
	*d = (struct dump){.s = s, .out = out, .done = done, .arg = arg};
	d->table = (unsigned)-1;
	next_table(d);
}
