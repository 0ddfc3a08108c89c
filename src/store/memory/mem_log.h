/* mem_log.h - the log, the idempotency keys and the outbox in memory. */
#ifndef SG_STORE_MEMORY_MEM_LOG_H
#define SG_STORE_MEMORY_MEM_LOG_H

#include "base/idmap.h"
#include "store/memory/ordered.h"
#include "store/store.h"

struct mem_log {
	struct log_event *event; /* pos - 1; bodies owned */
	size_t n_events, cap;
	struct idmap streams;   /* to struct mem_stream */
	struct ordered idem;    /* struct mem_idem */
	struct ordered owed;    /* struct outbox_row by id */
	struct ordered owed_at; /* the same by (due_ms, id) */
};

void mem_log_init(struct mem_log *l);
void mem_log_fini(struct mem_log *l);

/* True when this key was written before; its result is lent. */
bool mem_log_repeated(const struct mem_log *l, const struct store_write *w, struct str *result_out);

/* SG_E_CONFLICT: an event does not take the next place of its stream. Changes nothing. */
SG_CHECKED enum sg_status mem_log_check(const struct mem_log *l, const struct store_write *w);

/* After check: events, key, outbox. Returns the pos of the first event, 0 without events. */
uint64_t mem_log_apply(struct mem_log *l, const struct store_write *w);

/* Positions of a stream's events with seq > after; n_out of them. */
const uint64_t *mem_log_stream(const struct mem_log *l, const struct sg_id *stream, uint64_t after,
			       size_t *n_out);

#endif
