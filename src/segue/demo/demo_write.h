/* demo_write.h - gathers events and rows into store writes of some 500 events.
 *
 * The rows follow from project(), so a rebuild gives the same tables. Changes of the same row
 * inside one write are merged into one: nothing is deleted here and rows do not depend on each
 * other, so the row ends the same, and a conversation of twenty events costs its row once.
 */
#ifndef SG_SEGUE_DEMO_DEMO_WRITE_H
#define SG_SEGUE_DEMO_DEMO_WRITE_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/case.h"
#include "core/interaction.h"
#include "store/store.h"

enum {
	DEMO_WRITE_EVENTS = 500, /* full from here on */
	DEMO_WRITE_EVENTS_MAX = 600,
	DEMO_WRITE_ROWS = 1200,
	DEMO_WRITE_ROWS_MAX = 1600,
	DEMO_WRITE_MAP = 4096, /* slots to find rows by key; a power of 2 */
};

struct demo_write {
	struct store *store;
	struct entropy entropy;
	struct arena arena; /* texts that live until this write is sent */
	struct log_event *events;
	size_t *body_at; /* where each event's body begins in bodies */
	struct buf bodies;
	struct row_op *rows;
	uint16_t *map; /* row number + 1 */
	unsigned n_events, n_rows;
	uint64_t events_sent;
};

void demo_write_init(struct demo_write *w, struct store *store, struct entropy entropy);
void demo_write_fini(struct demo_write *w);

/* An event that is numbered (seq); it gets its id here. Its texts must live until the write is
 * sent. */
void demo_write_event(struct demo_write *w, const struct event *ev);
/* An event of a stream without rules of its own (person, item, catalogue). ev->seq is the stream's
 * last and grows by one. */
void demo_write_plain(struct demo_write *w, struct event *ev);
void demo_write_record(struct demo_write *w, const struct row_op *op);

/* Decides, applies and writes; the demo only asks for what is legal (asserted). */
void demo_write_interaction(struct demo_write *w, struct interaction *it,
			    const struct interaction_cmd *cmd);
void demo_write_case(struct demo_write *w, struct case_ *c, const struct case_cmd *cmd);

/* A formatted text that lives until the write is sent. */
struct str demo_write_text(struct demo_write *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

bool demo_write_is_full(const struct demo_write *w);
/* Gives what was gathered to the store and begins anew. */
void demo_write_send(struct demo_write *w, store_done_cb *cb, void *arg);

#endif
