#include "store/value.h"

#include <string.h>

uint64_t value_indexed(enum table table)
{
	uint64_t mask = (UINT64_C(1) << table_desc[table].n_key) - 1;

	for (unsigned i = 0; i < INDEX_N; i++) {
		if (index_desc[i].table != table)
			continue;
		for (unsigned c = 0; c < index_desc[i].n_cols; c++)
			mask |= UINT64_C(1) << index_desc[i].cols[c];
	}
	return mask;
}

bool value_is_sound(const struct col_desc *c, const struct value *v)
{
	if (value_is_text(c->type))
		return v->s.p != NULL || v->s.n == 0;
	if (c->type == COL_ENUM)
		return v->i >= 0 && v->i < (int64_t)c->n_names;
	return true;
}

static int text_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int cmp = n ? memcmp(a.p, b.p, n) : 0;

	return cmp ? cmp : (a.n > b.n) - (a.n < b.n);
}

int value_cmp(const struct col_desc *c, const struct value *a, const struct value *b)
{
	switch (c->type) {
	case COL_ID:
		return memcmp(a->id.b, b->id.b, sizeof(a->id.b));
	case COL_TEXT:
	case COL_JSON:
		return text_cmp(a->s, b->s);
	case COL_ENUM:
		return strcmp(c->names[a->i], c->names[b->i]);
	case COL_INT:
	case COL_TIME:
	case COL_BOOL:
	default:
		return (a->i > b->i) - (a->i < b->i);
	}
}
