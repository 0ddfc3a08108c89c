/* life_sched.h - the scheduler as one life of a process sees it: passes on to another one, and
 * knows what is its own. When the process is killed, what it waited for never comes; to free its
 * memory the tasks are run to the end in a time of their own, in which nothing reaches the world
 * any more. */
#ifndef SG_TESTS_SIM_LIFE_SCHED_H
#define SG_TESTS_SIM_LIFE_SCHED_H

#include <stdbool.h>

#include "base/sched.h"

struct life_sched {
	struct sched sched; /* give &l->sched to the code under test */
	struct sched *world;
	struct life_task *first; /* newest first */
	uint64_t next_no;
	bool ended;
	int64_t now_ms; /* of its own, once ended */
};

void life_sched_init(struct life_sched *l, struct sched *world);
/* Forgets what it waits for. */
void life_sched_drop(struct life_sched *l);
/* From now on time is its own. */
void life_sched_end(struct life_sched *l);
/* Runs what it waits for and what follows from that, until nothing is due for so long. */
void life_sched_drain(struct life_sched *l, int64_t gap_ms);

#endif
