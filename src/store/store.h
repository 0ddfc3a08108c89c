/* store.h - the port to durable state: the log, the tables beside it, the outbox. SQLite and memory
 * (later PostgreSQL) stand behind it.
 *
 * Contract (tests/contract/store_contract.c runs it against each back end):
 *   - a callback never runs inside the call that takes it, runs exactly once, on the loop
 *     thread;
 *   - what a callback is lent is valid until it returns; what a call is given is copied before
 *     it returns;
 *   - a write is all or nothing: events, rows, outbox together;
 *   - each event names the seq it takes; if that is not the stream's next, SG_E_CONFLICT,
 *     nothing changed;
 *   - the idempotency key is looked at before anything is taken: a repeat is SG_OK with
 *     .repeated set and the events of the first write's streams as they were then; a question
 *     (is_question) is answered so or with SG_E_NOT_FOUND, and does nothing;
 *   - SG_OK on a write means durable: a crash after the callback loses nothing;
 *   - SG_E_IO on a write: the outcome is unknown, load again; SG_E_LIMIT: the queue is full,
 *     nothing done;
 *   - writes are done in the order they were given; a read given after a write was answered
 *     sees it;
 *   - malformed requests are SG_E_INPUT: a key column that is not set, a row to write whose
 *     key has no id, an enum or a bit outside the table, an event whose kind does not belong
 *     to its stream, a limit of 0;
 *   - in columns of keys and indexes none and 0 sort first, and an empty text is the absent
 *     one; elsewhere absent and empty texts are kept apart. Texts are ordered by their bytes,
 *     enums by their names;
 *   - sums of `add` stop at the ends of int64_t;
 *   - an answer larger than STORE_ANSWER_BYTES_MAX is SG_E_LIMIT: ask for fewer.
 */
#ifndef SG_STORE_STORE_H
#define SG_STORE_STORE_H

#include "base/sched.h"
#include "store/table.h"

struct store;

/* One event in the log's form: body is the JSON object of its facts. */
struct log_event {
	uint64_t pos; /* global order, strictly growing, may have gaps; 0 when given to a write */
	enum stream_kind stream_kind;
	struct sg_id stream;
	uint64_t seq;
	struct sg_id id;
	enum event_kind kind;
	struct actor actor;
	int64_t at_ms;
	struct str body;
};

/* One change of a table. Put: inserts the row, or updates the columns in `set` (bit per column) of
 * the row that has this key; key columns must be set. add: these columns (subset of set, COL_INT)
 * are added to what is there. Delete: only the key columns matter. */
struct row_op {
	enum table table;
	bool is_delete;
	uint64_t set;
	uint64_t add;
	struct value v[COLS_MAX];
};

/* Something still owed to the world. id is also the far side's idempotency key; an id that is owed
 * already is left as it is. */
struct outbox_op {
	struct sg_id id;
	struct str channel; /* which adapter: "email", … */
	struct str body;    /* JSON for that adapter */
	int64_t due_ms;     /* wall clock: not before */
};

/* Ends (done) or postpones a delivery. An id that is not owed (any more) is passed over. */
struct outbox_mark {
	struct sg_id id;
	bool done;
	int64_t due_ms;
	int64_t attempts;
};

struct store_write {
	struct str idem_source, idem_key; /* both absent: not idempotent */
	struct str idem_result; /* what a repeat is told (a short text, at most 512 bytes) */
	bool is_question; /* nothing is done: was this key written before? else SG_E_NOT_FOUND */
	const struct log_event *events;
	unsigned n_events;
	const struct row_op *rows;
	unsigned n_rows;
	const struct outbox_op *outbox;
	unsigned n_outbox;
	const struct outbox_mark *marks;
	unsigned n_marks;
};

/* A write is measured by its structs and texts together; above the bytes or with more than
 * STORE_WRITE_ITEMS_MAX events, rows, outbox entries or marks (of each) it is SG_E_LIMIT. */
enum {
	STORE_WRITE_BYTES_MAX = 4 << 20,
	STORE_WRITE_ITEMS_MAX = 4096,
	STORE_GROUP_MAX = 1000,
	STORE_RANGE_MAX = 1000,
	STORE_IDEM_MAX = 512, /* bytes of source, key, result (of each); above: SG_E_INPUT */
	STORE_ANSWER_BYTES_MAX = 64 << 20,
	STORE_SEARCH_WORDS = 24,
};

struct store_done {
	bool repeated;          /* this idempotency key was written before; nothing was done now */
	struct str idem_result; /* of the first time, when repeated */
	uint64_t pos;           /* of the first event written now (the rest follow by one each) */
};

typedef void store_done_cb(enum sg_status st, const struct store_done *done, void *arg);
/* n rows, in order; 0 rows is SG_OK (of a get: SG_E_NOT_FOUND). */
typedef void store_rows_cb(enum sg_status st, const struct row *rows, unsigned n, void *arg);
typedef void store_events_cb(enum sg_status st, const struct log_event *ev, unsigned n, void *arg);

struct outbox_row {
	struct sg_id id;
	struct str channel, body;
	int64_t due_ms, attempts;
};
typedef void store_outbox_cb(enum sg_status st, const struct outbox_row *rows, unsigned n,
			     void *arg);

/* Rows of an index in its order. The first n_eq columns equal `eq`; the next ones lie after `after`
 * (n_after values, exclusive: the cursor of the last page) in the direction asked;
 * limit 1..STORE_RANGE_MAX. */
struct store_range {
	enum index index;
	struct value eq[4];
	unsigned n_eq;
	struct value after[4];
	unsigned n_after;
	bool descending;
	unsigned limit;
};

struct store_ops {
	const char *name;
	void (*write)(struct store *s, const struct store_write *w, store_done_cb *cb, void *arg);
	void (*get)(struct store *s, enum table table, const struct value *key, store_rows_cb *cb,
		    void *arg);
	void (*range)(struct store *s, const struct store_range *q, store_rows_cb *cb, void *arg);
	/* Events of one stream with seq > after, oldest first, at most limit (1..STORE_RANGE_MAX).
	 */
	void (*events)(struct store *s, const struct sg_id *stream, uint64_t after, unsigned limit,
		       store_events_cb *cb, void *arg);
	/* The whole log with pos > after. */
	void (*feed)(struct store *s, uint64_t after, unsigned limit, store_events_cb *cb,
		     void *arg);
	void (*outbox)(struct store *s, int64_t due_ms, unsigned limit, store_outbox_cb *cb,
		       void *arg);
	/* Words found in active articles (title, summary, body), best first; rows of TABLE_ARTICLE.
	 * Any of the words, the last one also as the beginning of a word; words beyond
	 * STORE_SEARCH_WORDS are not looked at. AUDIENCE_PUBLIC sees public articles,
	 * AUDIENCE_AGENT public ones and its own. */
	void (*search)(struct store *s, struct str words, enum audience audience, unsigned limit,
		       store_rows_cb *cb, void *arg);
	/* Largest value of the first column of an integer index (0 when empty), as one row. */
	void (*last)(struct store *s, enum index index, store_rows_cb *cb, void *arg);
	/* Empties every view (table_desc[].is_view): first step of a rebuild. Records and log stay.
	 */
	void (*wipe_views)(struct store *s, store_done_cb *cb, void *arg);
	/* A consistent copy of everything into the folder `path` (created; SG_E_STATE when it
	 * exists, or when the back end keeps nothing that could be opened again: memory). */
	void (*backup)(struct store *s, const char *path, store_done_cb *cb, void *arg);
	/* Answers all that was given (inside this call), then ends its threads and frees. No
	 * callback comes after it; what its callbacks ask meanwhile is SG_E_STATE. Not from a
	 * callback that still uses what it was lent. */
	void (*close)(struct store *s);
};

/* Each back end embeds this as its first member. */
struct store {
	const struct store_ops *ops;
	struct sched *sched;
};

static inline void store_write(struct store *s, const struct store_write *w, store_done_cb *cb,
			       void *arg)
{
	s->ops->write(s, w, cb, arg);
}

static inline void store_get(struct store *s, enum table table, const struct value *key,
			     store_rows_cb *cb, void *arg)
{
	s->ops->get(s, table, key, cb, arg);
}

static inline void store_range(struct store *s, const struct store_range *q, store_rows_cb *cb,
			       void *arg)
{
	s->ops->range(s, q, cb, arg);
}

static inline void store_events(struct store *s, const struct sg_id *stream, uint64_t after,
				unsigned limit, store_events_cb *cb, void *arg)
{
	s->ops->events(s, stream, after, limit, cb, arg);
}

static inline void store_feed(struct store *s, uint64_t after, unsigned limit, store_events_cb *cb,
			      void *arg)
{
	s->ops->feed(s, after, limit, cb, arg);
}

static inline void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}

#endif
