/* loop.h - the one loop thread, over libuv: clock, timers, hand-over from other threads, blocking
 * work, signals. Production's implementation of base/sched.h and of store_sqlite.h's poster.
 *
 * A callback that holds the loop beyond 50 ms is logged with its duration ("loop_held") and
 * counted.
 */
#ifndef SG_NET_LOOP_H
#define SG_NET_LOOP_H

#include "base/sched.h"
#include "base/status.h"

struct loop;
struct uv_loop_s;

struct loop *loop_new(void);
void loop_free(struct loop *l); /* nothing may be open on it any more */

struct sched *loop_sched(struct loop *l);
struct uv_loop_s *loop_uv(struct loop *l); /* for net/ only */

/* From any thread: run(arg) on the loop thread soon, in the order posted. Never fails (a list node
 * is allocated; what posts is bounded by its own queue). */
void loop_post(struct loop *l, void (*run)(void *arg), void *arg);

/* Blocking work on a helper thread, then done(arg) on the loop. SG_E_LIMIT: LOOP_WORK_MAX under
 * way. */
enum { LOOP_WORK_MAX = 256 };
SG_CHECKED enum sg_status loop_work(struct loop *l, void (*run)(void *arg), void (*done)(void *arg),
				    void *arg);

/* cb(arg) on the loop when the process gets this signal. */
void loop_on_signal(struct loop *l, int signum, sched_cb *cb, void *arg);

void loop_run(struct loop *l); /* until loop_stop */
void loop_stop(struct loop *l);

/* Closes signal watchers and timers so that loop_free may follow. */
void loop_fini_handles(struct loop *l);

#endif
