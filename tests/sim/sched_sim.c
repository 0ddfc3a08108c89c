#include "sim/sched_sim.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/status.h"

/* A timer's number is its slot and the slot's generation, so that a dead number is recognised
 * without a search. A cancelled task keeps its slot until its time comes to the top of the heap. */
struct sim_task {
	int64_t due_ms;
	uint64_t order;
	uint64_t generation;
	sched_cb *cb; /* NULL: cancelled or free */
	void *arg;
};

enum { SIM_SLOT_BITS = 20 };

static int64_t sim_now_ms(void *self)
{
	const struct sched_sim *sim = self;

	return sim->now_ms;
}

static int64_t sim_wall_ms(void *self)
{
	const struct sched_sim *sim = self;

	return sim->now_ms + sim->wall_offset_ms;
}

static bool sim_before(const struct sched_sim *sim, uint32_t a, uint32_t b)
{
	const struct sim_task *x = &sim->task[a], *y = &sim->task[b];

	return x->due_ms != y->due_ms ? x->due_ms < y->due_ms : x->order < y->order;
}

static void heap_swap(struct sched_sim *sim, uint32_t i, uint32_t j)
{
	uint32_t slot = sim->heap[i];

	sim->heap[i] = sim->heap[j];
	sim->heap[j] = slot;
}

static void heap_add(struct sched_sim *sim, uint32_t slot)
{
	uint32_t i = sim->n_heap++;

	sim->heap[i] = slot;
	while (i > 0 && sim_before(sim, sim->heap[i], sim->heap[(i - 1) / 2])) {
		heap_swap(sim, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

static uint32_t heap_take(struct sched_sim *sim)
{
	uint32_t top = sim->heap[0], i = 0;

	sim->heap[0] = sim->heap[--sim->n_heap];
	for (;;) {
		uint32_t least = i, left = 2 * i + 1, right = 2 * i + 2;

		if (left < sim->n_heap && sim_before(sim, sim->heap[left], sim->heap[least]))
			least = left;
		if (right < sim->n_heap && sim_before(sim, sim->heap[right], sim->heap[least]))
			least = right;
		if (least == i)
			return top;
		heap_swap(sim, i, least);
		i = least;
	}
}

static void sim_grow(struct sched_sim *sim)
{
	SG_ASSERT(sim->cap < SIM_TASKS_MAX);
	sim->cap = sim->cap ? sim->cap * 2 : 64;
	sim->task = realloc(sim->task, sim->cap * sizeof(*sim->task));
	sim->heap = realloc(sim->heap, sim->cap * sizeof(*sim->heap));
	sim->spare = realloc(sim->spare, sim->cap * sizeof(*sim->spare));
	SG_ASSERT(sim->task && sim->heap && sim->spare);
}

static uint32_t sim_slot(struct sched_sim *sim)
{
	if (sim->n_spare > 0)
		return sim->spare[--sim->n_spare];
	if (sim->n_slots == sim->cap)
		sim_grow(sim);
	sim->task[sim->n_slots] = (struct sim_task){.generation = 0};
	return sim->n_slots++;
}

static uint64_t sim_after(void *self, int64_t delay_ms, sched_cb *cb, void *arg)
{
	struct sched_sim *sim = self;

	SG_ASSERT(delay_ms >= 0);
	SG_ASSERT(cb != NULL);
	int64_t jitter = sim->jitter_ms ? tape_below(sim->tape, sim->jitter_ms + 1) : 0;
	uint32_t slot = sim_slot(sim);
	struct sim_task *t = &sim->task[slot];

	t->due_ms = sim->now_ms + delay_ms + jitter;
	t->order = sim->order++;
	t->generation++;
	t->cb = cb;
	t->arg = arg;
	sim->live++;
	heap_add(sim, slot);
	return t->generation << SIM_SLOT_BITS | slot;
}

static void sim_cancel(void *self, uint64_t timer)
{
	struct sched_sim *sim = self;
	uint32_t slot = timer & ((1u << SIM_SLOT_BITS) - 1);

	if (slot >= sim->n_slots || sim->task[slot].generation != timer >> SIM_SLOT_BITS ||
	    !sim->task[slot].cb)
		return;
	sim->task[slot].cb = NULL;
	sim->live--;
}

static const struct sched_ops sim_ops = {
	.now_ms = sim_now_ms, .wall_ms = sim_wall_ms, .after = sim_after, .cancel = sim_cancel};

void sched_sim_init(struct sched_sim *sim, struct tape *tape, uint32_t jitter_ms)
{
	*sim = (struct sched_sim){
		.jitter_ms = jitter_ms, .tape = tape, .wall_offset_ms = SIM_WALL_START_MS};
	sim->sched = (struct sched){.ops = &sim_ops, .self = sim};
}

void sched_sim_fini(struct sched_sim *sim)
{
	free(sim->task);
	free(sim->heap);
	free(sim->spare);
	sim->task = NULL;
	sim->heap = sim->spare = NULL;
}

void sched_sim_jump_wall(struct sched_sim *sim, int64_t by_ms)
{
	sim->wall_offset_ms += by_ms;
}

/* Cancelled tasks are dropped from the top, so that time does not pass for them. */
static bool sim_next(struct sched_sim *sim, int64_t until_ms)
{
	while (sim->n_heap > 0 && !sim->task[sim->heap[0]].cb)
		sim->spare[sim->n_spare++] = heap_take(sim);
	return sim->n_heap > 0 && sim->task[sim->heap[0]].due_ms <= until_ms;
}

static unsigned sim_steps(struct sched_sim *sim, int64_t until_ms, unsigned max_steps)
{
	unsigned steps = 0;

	while (steps < max_steps && sim_next(sim, until_ms)) {
		uint32_t slot = heap_take(sim);
		struct sim_task task = sim->task[slot];

		sim->now_ms = task.due_ms > sim->now_ms ? task.due_ms : sim->now_ms;
		sim->trace = sim->trace * UINT64_C(1099511628211) ^ (task.order + 1) ^
			     ((uint64_t)sim->now_ms << 20);
		sim->task[slot].cb = NULL;
		sim->spare[sim->n_spare++] = slot;
		sim->live--;
		task.cb(task.arg);
		steps++;
	}
	return steps;
}

unsigned sched_sim_run(struct sched_sim *sim, unsigned max_steps)
{
	return sim_steps(sim, INT64_MAX, max_steps);
}

unsigned sched_sim_run_until(struct sched_sim *sim, int64_t until_ms, unsigned max_steps)
{
	unsigned steps = sim_steps(sim, until_ms, max_steps);

	if (!sim_next(sim, until_ms) && sim->now_ms < until_ms)
		sim->now_ms = until_ms;
	return steps;
}
