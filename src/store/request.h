/* request.h - the front of every back end: looks a request over before anything is done, and copies
 * a write into one block, so that what the caller lent need not outlive the call. */
#ifndef SG_STORE_REQUEST_H
#define SG_STORE_REQUEST_H

#include "store/store.h"

/* A write that is sound and ours. Everything w points to lies in the same block: free() ends it
 * all. */
struct request {
	struct store_write w;
	size_t bytes;  /* of the block */
	unsigned rows; /* events, rows, outbox entries and marks: what it counts in a group */
};

/* SG_E_INPUT: malformed. SG_E_LIMIT: larger than a write may be. */
SG_CHECKED enum sg_status request_copy(const struct store_write *w, struct request **req_out);

enum read_kind {
	READ_GET,
	READ_RANGE,
	READ_EVENTS,
	READ_FEED,
	READ_OUTBOX,
	READ_SEARCH,
	READ_LAST
};

/* Any read, as values. */
struct request_read {
	enum read_kind kind;
	enum table table;         /* get */
	struct store_range range; /* range; get: the key is its eq */
	struct sg_id stream;      /* events */
	uint64_t after;           /* events, feed */
	int64_t due_ms;           /* outbox */
	struct str words;         /* search */
	enum audience audience;   /* search */
	enum index index;         /* last */
	unsigned limit;           /* all but get, range, last */
};

/* The back end's side of store_get: false when the key is malformed. */
bool request_read_key(struct request_read *r, enum table table, const struct value *key);

/* As request_copy. */
SG_CHECKED enum sg_status request_read_copy(const struct request_read *r,
					    struct request_read **read_out);

#endif
