/* value.h - what every back end must agree on about values: which are sound, their order, and how
 * "none" looks in a column that is part of a key or an index. */
#ifndef SG_STORE_VALUE_H
#define SG_STORE_VALUE_H

#include "store/table.h"

/* Bit per column: part of the key or of an index. There an empty text and an absent one are the
 * same. */
uint64_t value_indexed(enum table table);

static inline bool value_is_text(enum col_type type)
{
	return type == COL_TEXT || type == COL_JSON;
}

/* Enum within its names, text with a pointer if it has a length. */
bool value_is_sound(const struct col_desc *c, const struct value *v);

/* Order of an index: ids and texts by bytes (none first), enums by their names, the rest by number.
 */
int value_cmp(const struct col_desc *c, const struct value *a, const struct value *b);

#endif
