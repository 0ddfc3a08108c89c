/* project.h - what an event means for the views: the rows that answer questions.
 *
 * An event says everything its rows need, so the same function serves the live write (in the event's own
 * transaction) and a rebuild from the log; a test proves that both give the same tables.
 */
#ifndef SG_APP_PROJECT_H
#define SG_APP_PROJECT_H

#include "core/event.h"
#include "store/store.h"

enum { PROJECT_ROWS_MAX = 4, DAY_MS = 86400000 };

struct projection {
	struct row_op rows[PROJECT_ROWS_MAX];
	unsigned n;
};

/* Texts in rows_out are those of the event: lent as long as the event lives. */
void project(const struct event *ev, struct projection *out);

/* Filling a row_op by column number, also for records. */
struct row_op *row_put(struct row_op *op, enum table table);
void row_id(struct row_op *op, unsigned col, const struct sg_id *id);
void row_str(struct row_op *op, unsigned col, struct str s);
void row_int(struct row_op *op, unsigned col, int64_t i);
void row_count(struct row_op *op, unsigned col, int64_t by); /* adds to what is there */

#endif
