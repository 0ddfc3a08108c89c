/* tables_dump.h - every row of every view as text, read through the port: to compare two states of
 * the tables. */
#ifndef SG_TESTS_SIM_TABLES_DUMP_H
#define SG_TESTS_SIM_TABLES_DUMP_H

#include "base/buf.h"
#include "store/store.h"

enum { TABLES_DUMP_BYTES = 64 << 20 };

/* Adds to out, which must live until done. */
void tables_dump(struct store *s, struct buf *out, void (*done)(enum sg_status st, void *arg),
		 void *arg);

#endif
