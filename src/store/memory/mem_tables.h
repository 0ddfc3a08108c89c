/* mem_tables.h - the tables beside the log, in memory: each table ordered by its key and by each of
 * its indexes (ties by key, as in every back end). */
#ifndef SG_STORE_MEMORY_MEM_TABLES_H
#define SG_STORE_MEMORY_MEM_TABLES_H

#include "store/memory/ordered.h"
#include "store/store.h"

enum { MEM_ORDER_MAX = 8 };

/* The columns by which rows are ordered. */
struct mem_order {
	const struct col_desc *cols;
	unsigned char col[MEM_ORDER_MAX];
	unsigned n;
};

/* Entries of the sets are rows: struct value[table_desc[t].n_cols], texts owned. */
struct mem_tables {
	struct ordered key[TABLE_N];
	struct ordered index[INDEX_N];
	struct mem_order key_order[TABLE_N];
	struct mem_order index_order[INDEX_N];
};

void mem_tables_init(struct mem_tables *t);
void mem_tables_fini(struct mem_tables *t);

void mem_tables_apply(struct mem_tables *t, const struct row_op *op);
void mem_tables_wipe(struct mem_tables *t, enum table table);

/* NULL when there is none. Lent until the next change. */
const struct value *mem_tables_get(const struct mem_tables *t, enum table table,
				   const struct value *key);

/* Walks a range: start, then next until NULL (which knows no limit). */
struct mem_walk {
	const struct mem_tables *t;
	const struct store_range *q;
	struct ordered_at at;
};
void mem_tables_walk(const struct mem_tables *t, const struct store_range *q,
		     struct mem_walk *walk);
const struct value *mem_walk_next(struct mem_walk *walk);

/* Of the first column of an integer index. */
int64_t mem_tables_last(const struct mem_tables *t, enum index index);

#endif
