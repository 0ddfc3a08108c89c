/* sched_sim.h - a scheduler with a virtual clock.
 *
 * Time jumps to the next due task, so an hour of timeouts takes microseconds. Each delay is
 * stretched by up to jitter_ms drawn from the tape, which reorders what the real world could
 * reorder. Same tape, same run. The wall clock runs along with the monotonic one, but can be made
 * to jump.
 */
#ifndef SG_TESTS_SIM_SCHED_SIM_H
#define SG_TESTS_SIM_SCHED_SIM_H

#include <stddef.h>

#include "base/sched.h"
#include "base/tape.h"

enum { SIM_TASKS_MAX = 1 << 20 }; /* more waiting at once is taken for a runaway */

/* 2026-01-01T00:00Z: where the wall clock of a simulation begins. */
#define SIM_WALL_START_MS INT64_C(1767225600000)

struct sched_sim {
	struct sched sched; /* give &sim->sched to the code under test */
	int64_t now_ms;
	int64_t wall_offset_ms; /* wall clock minus now_ms */
	uint32_t jitter_ms;
	uint64_t trace; /* hash of what ran when; two runs of one seed must agree */
	struct tape *tape;
	uint64_t order;
	struct sim_task *task; /* slots, by number */
	uint32_t *heap;        /* slot numbers, earliest first */
	uint32_t *spare;       /* slots to use again */
	uint32_t n_slots, n_heap, n_spare, cap;
	uint32_t live; /* tasks waiting that are not cancelled */
};

/* tape may be NULL when jitter_ms is 0. */
void sched_sim_init(struct sched_sim *sim, struct tape *tape, uint32_t jitter_ms);
void sched_sim_fini(struct sched_sim *sim);

/* Runs until nothing is left or max_steps tasks ran; returns the tasks run. */
unsigned sched_sim_run(struct sched_sim *sim, unsigned max_steps);

/* Runs what is due up to until_ms (monotonic), then stands at that time, unless max_steps ended it.
 */
unsigned sched_sim_run_until(struct sched_sim *sim, int64_t until_ms, unsigned max_steps);

/* Moves the wall clock (an operator, NTP); timers do not notice. */
void sched_sim_jump_wall(struct sched_sim *sim, int64_t by_ms);

#endif
