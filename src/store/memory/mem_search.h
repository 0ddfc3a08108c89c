/* mem_search.h - search in articles without a text index: reads them all. Ranks like SQLite's bm25
 * with its weights in clear cases, not in fine ones; folds case and accents of Latin letters only.
 */
#ifndef SG_STORE_MEMORY_MEM_SEARCH_H
#define SG_STORE_MEMORY_MEM_SEARCH_H

#include "store/memory/mem_tables.h"

/* Writes at most limit rows, best first; returns how many. Rows are lent until the next change. */
unsigned mem_search(const struct mem_tables *t, struct str words, enum audience audience,
		    unsigned limit, const struct value **rows_out);

#endif
