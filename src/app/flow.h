/* flow.h - the one way a change is made: load -> decide -> append -> act.
 *
 * A piece of work loads the aggregates it names, decides on copies of their states (a pure step of
 * the core for each), and appends the events, their view rows and what else belongs to it in one
 * transaction. Only when that is durable are the watchers told and is the sender answered.
 *
 * Works on one aggregate need not wait for each other: each decides on the state the one before
 * will have left (the store takes writes in order and refuses a wrong sequence number). When a
 * write fails, all that was built on it is refused by the store and decided again from what is
 * durable, in the old order. Every write has an idempotency key, so one whose outcome is unknown is
 * simply given again.
 */
#ifndef SG_APP_FLOW_H
#define SG_APP_FLOW_H

#include "base/arena.h"
#include "core/agent.h"
#include "core/case.h"
#include "core/interaction.h"
#include "store/store.h"

struct flow;
struct work;

/* Decides, by the functions below. May be called several times for one work (after a load, after a
 * conflict) and must start from nothing each time. SG_OK with nothing emitted is a work that
 * changes nothing. */
typedef enum sg_status work_decide_fn(struct work *w, void *arg);

struct work_answer {
	enum sg_status st;
	const char *why;   /* refused: short token, or NULL */
	bool repeated;     /* this idempotency key was done before */
	struct str result; /* what work_result said (the first time's, when repeated) */
};
/* SG_E_IO: the outcome is unknown, or the store is out; give it again with the same key. (Segue's
 * own works, of ROLE_NONE, wait instead.) What became of such a write is still found out and told
 * to the watchers. */
/* Exactly once, never inside flow_submit; everything lent until it returns. Then arg is freed with
 * free_arg. */
typedef void work_done_fn(const struct work_answer *answer, void *arg);

struct work_spec {
	struct actor actor;
	struct str idem_source, idem_key; /* copied; both absent: an own key is made */
	work_decide_fn *decide;
	work_done_fn *done;          /* may be NULL */
	void (*free_arg)(void *arg); /* may be NULL */
	void *arg;
};

/* A watcher is told of each event after its commit, in the order of the stream. log->body is the
 * stored JSON. */
typedef void flow_watch_fn(const struct event *ev, const struct log_event *log, void *arg);

enum { FLOW_WORKS_MAX = 4000, FLOW_RESULT_MAX = 500, FLOW_TOUCH_MAX = 4, FLOW_EVENTS_MAX = 8 };

struct flow *flow_new(struct sched *sched, struct store *store, const struct entropy *entropy);
void flow_free(struct flow *f);
void flow_watch(struct flow *f, flow_watch_fn *fn, void *arg); /* at most 4 */

/* SG_E_LIMIT: FLOW_WORKS_MAX under way; done is not called and arg stays the caller's. */
SG_CHECKED enum sg_status flow_submit(struct flow *f, const struct work_spec *spec);

/* Works under way, for drain and metrics. */
unsigned flow_busy(const struct flow *f);

/* ---- inside decide ---- */

struct actor work_actor(const struct work *w);
int64_t work_now(const struct work *w); /* wall clock when the work was given */
struct arena *work_arena(struct work *w);
struct sg_id work_new_id(struct work *w);

/* The state as this work sees it, or NULL: it is being loaded, return SG_E_AGAIN and decide will be
 * called again. An aggregate that does not exist has seq 0. */
const struct interaction *work_interaction(struct work *w, const struct sg_id *id);
const struct case_ *work_case(struct work *w, const struct sg_id *id);
const struct agent *work_agent(struct work *w, const struct sg_id *id);
/* Any other stream: only its sequence number is known. */
const uint64_t *work_plain(struct work *w, const struct sg_id *id);
/* The id was made just now: nothing to load. */
void work_fresh(struct work *w, enum stream_kind kind, const struct sg_id *id);

/* Takes the decision's events: numbers, encodes, projects and applies them. Their streams must have
 * been asked for by the functions above. */
void work_emit(struct work *w, const struct decision *d);
/* One event of a plain stream. */
void work_emit_event(struct work *w, const struct event *ev);
/* Also in the same transaction; copied. */
void work_row(struct work *w, const struct row_op *op);
void work_outbox(struct work *w, const struct outbox_op *op);
/* What done is told; at most FLOW_RESULT_MAX bytes. */
void work_result(struct work *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Refuses with a token: return work_refuse(w, SG_E_STATE, "not_active"). */
enum sg_status work_refuse(struct work *w, enum sg_status st, const char *why);
/* Seq and time of the last event emitted. */
uint64_t work_last_seq(const struct work *w);

#endif
