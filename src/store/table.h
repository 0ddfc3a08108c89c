/* table.h - the tables beside the log, as data: names, columns, keys, indexes
 * (schema/db/views.json), and the values that travel in and out of the store. */
#ifndef SG_STORE_TABLE_H
#define SG_STORE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "base/str.h"
#include "core/event.h"
#include "store/views.gen.h"

enum col_type { COL_ID, COL_TEXT, COL_INT, COL_TIME, COL_BOOL, COL_JSON, COL_ENUM };

/* One value. Which member holds it follows from the column: id for COL_ID (none is NULL), s for
 * COL_TEXT and COL_JSON ({NULL,0} is NULL), i for the rest (enums by number; COL_TIME 0 is NULL).
 */
struct value {
	struct sg_id id;
	struct str s;
	int64_t i;
};

struct col_desc {
	const char *name;
	enum col_type type;
	const char *const *names; /* COL_ENUM: stored by name */
	unsigned n_names;
};

struct table_desc {
	const char *name;
	const struct col_desc *cols;
	unsigned n_cols;
	unsigned n_key; /* the first n_key columns */
	bool is_view;   /* derived from the log */
};

struct index_desc {
	const char *name;
	enum table table;
	const unsigned char *cols;
	unsigned n_cols;
};

extern const struct table_desc table_desc[TABLE_N];
extern const struct index_desc index_desc[INDEX_N];

/* A whole row as it is read; v[0..table_desc[table].n_cols). Texts are lent. */
struct row {
	enum table table;
	struct value v[COLS_MAX];
};

#endif
