/* post_queue.h - a struct poster for tests: any thread posts, the test's own thread runs what was
 * posted until a condition holds or a deadline passes. */
#ifndef SG_TESTS_SIM_POST_QUEUE_H
#define SG_TESTS_SIM_POST_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/sqlite/store_sqlite.h"

struct post_queue {
	struct poster poster; /* give &q->poster to the code under test */
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct post_item *first, *last;
};

void post_queue_init(struct post_queue *q);
/* Runs nothing any more; what was posted and not run is dropped. */
void post_queue_fini(struct post_queue *q);

/* Runs what is posted, in order, until done(arg) is true (asked before each wait): true; or until
 * within_ms have passed: false. */
bool post_queue_run(struct post_queue *q, int64_t within_ms, bool (*done)(void *arg), void *arg);

#endif
