/* flow_priv.h - a work under way and the aggregates in memory: shared by flow.c, work.c and
 * aggregate.c. */
#ifndef SG_APP_FLOW_PRIV_H
#define SG_APP_FLOW_PRIV_H

#include "app/flow.h"
#include "base/idmap.h"

enum {
	FLOW_WATCHERS_MAX = 4,
	FLOW_SCRATCH_MAX = 1 << 20,
	FLOW_OWN_MAX = 4096,
	FLOW_OUTBOX_MAX = 4,
	WORK_TAG = 11,          /* a line feed and 40 bits in hex */
	AGGREGATES_MAX = 20000, /* kept in memory; the least recently used goes first */
};

/* What the core needs to know of one stream. */
struct aggregate_state {
	enum stream_kind kind; /* STREAM_NONE: a plain stream */
	union {
		struct interaction interaction;
		struct case_ case_;
		struct agent agent;
		uint64_t seq;
	};
};

struct aggregate {
	struct sg_id id;
	struct flow *flow;
	struct aggregate_state state;
	bool loaded, loading;
	unsigned users;                  /* works that have touched it */
	unsigned pending;                /* writes under way that change it */
	struct work *blocked_by;         /* an unsure write: nobody passes */
	struct work *waiters;            /* in line */
	struct aggregate *newer, *older; /* by last use */
};

/* One map a kind: an id asked for as something else than it is must not hide what it is. */
struct aggregates {
	struct idmap map[STREAM_KIND_N];
	struct aggregate *newest, *oldest;
	unsigned n;
};

struct touched {
	struct aggregate *agg;
	struct aggregate_state state; /* the work's own copy */
	bool changed;
};

struct work {
	struct flow *flow;
	uint64_t no; /* order of submission */
	struct work_spec spec;
	int64_t now_ms;
	struct arena own;     /* lives as long as the work */
	struct arena scratch; /* of one decision */
	char own_key[SG_ID_TEXT + 1];
	struct touched touched[FLOW_TOUCH_MAX];
	unsigned n_touched;
	struct event events[FLOW_EVENTS_MAX];
	struct log_event logs[FLOW_EVENTS_MAX];
	unsigned n_events;
	struct row_op *rows;
	unsigned n_rows, cap_rows;
	struct outbox_op outbox[FLOW_OUTBOX_MAX];
	unsigned n_outbox;
	char tag[WORK_TAG + 1]; /* of this work alone, stored behind its result: tells a repeat of
				 * its own write from another's of the same key */
	char result[FLOW_RESULT_MAX + 1];
	const char *why;
	struct aggregate *missing; /* decide found it not ready */
	enum sg_status refused;
	unsigned tries, unsure;
	bool repeated;
	bool written; /* durable, but something before it in its streams is still unsure: not told
			 yet */
	bool overdue; /* unsure for so long that nobody is left waiting for it: senders are told
			 SG_E_IO */
	bool told;    /* its sender has been told that the outcome is unknown */
	uint64_t given_no; /* order of the writes */
	bool in_store;
	uint64_t timer;
	struct work *next_waiter;
	struct work *prev, *next; /* all works under way */
};

struct flow {
	struct sched *sched;
	struct store *store;
	struct entropy entropy;
	struct aggregates aggregates;
	struct {
		flow_watch_fn *fn;
		void *arg;
	} watchers[FLOW_WATCHERS_MAX];
	unsigned n_watchers;
	unsigned n_works;
	struct work *works;
	uint64_t next_no, next_given;
};

/* flow.c */
void work_wake(struct work *w);
/* It cannot be decided now. */
void work_fail(struct work *w, enum sg_status st);
/* Its write has been given: nothing may refuse it any more. */
bool work_is_given(const struct work *w);
/* The store is out: whoever waits for this given write is told so; it goes on by itself. */
void work_tell_unknown(struct work *w);
/* Segue's own: nobody waits for the answer. */
bool work_is_own(const struct work *w);
/* The earliest unsure write that touches it, but not `but`; NULL: none. */
struct work *work_next_unsure(const struct aggregate *a, const struct work *but);

/* aggregate.c */
void aggregates_init(struct aggregates *as);
void aggregates_fini(struct aggregates *as);
/* Finds or makes it; a new one is not loaded. */
struct aggregate *aggregate_get(struct flow *f, enum stream_kind kind, const struct sg_id *id);
/* Ready to be decided on by this work? If not, aggregate_wait. */
bool aggregate_ready(const struct aggregate *a, const struct work *w);
/* Puts the work in line (and loads if nobody does yet). */
void aggregate_wait(struct aggregate *a, struct work *w);
/* What is in memory is not to be trusted: the next work loads it. */
void aggregate_forget(struct aggregate *a);
void aggregate_block(struct aggregate *a, struct work *w);
void aggregate_unblock(struct aggregate *a, struct work *w);
/* Whoever waits for an answer is not left hanging behind a store that is out. */
void aggregate_refuse_waiters(struct aggregate *a, enum sg_status st);
/* After writes were answered: loads for those in line, once nothing is under way that a load could
 * miss. */
void aggregate_settle(struct aggregate *a);
/* A state that does not exist yet. */
void aggregate_blank(struct aggregate_state *s, enum stream_kind kind, const struct sg_id *id);
uint64_t aggregate_seq(const struct aggregate_state *s);

#endif
