/* The virtual clock itself: what every simulation stands on. */
#include "check.h"

#include "sim/sched_sim.h"

#include <stdlib.h>
#include <string.h>

struct ring {
	struct sched_sim *sim;
	char name;
	char *log; /* names in the order they ran */
};

static void on_ring(void *arg)
{
	struct ring *r = arg;

	strncat(r->log, &r->name, 1);
}

static void tasks_run_by_time_and_among_equals_in_order(void **state)
{
	char log[16] = "";
	struct sched_sim sim;

	(void)state;
	sched_sim_init(&sim, NULL, 0);
	struct ring a = {&sim, 'a', log}, b = {&sim, 'b', log}, c = {&sim, 'c', log},
		    d = {&sim, 'd', log};

	sched_after(&sim.sched, 20, on_ring, &c);
	sched_after(&sim.sched, 10, on_ring, &a);
	sched_after(&sim.sched, 20, on_ring, &d);
	sched_after(&sim.sched, 10, on_ring, &b);
	assert_string_equal(log, "");
	assert_int_equal(sched_sim_run_until(&sim, 15, 100), 2);
	assert_string_equal(log, "ab");
	assert_int_equal(sched_now_ms(&sim.sched), 15);
	assert_int_equal(sched_sim_run(&sim, 100), 2);
	assert_string_equal(log, "abcd");
	assert_int_equal(sched_now_ms(&sim.sched), 20);
	sched_sim_fini(&sim);
}

static void a_cancelled_task_neither_runs_nor_takes_time(void **state)
{
	char log[16] = "";
	struct sched_sim sim;

	(void)state;
	sched_sim_init(&sim, NULL, 0);
	struct ring a = {&sim, 'a', log}, b = {&sim, 'b', log};
	uint64_t first = sched_after(&sim.sched, 10, on_ring, &a);
	uint64_t late = sched_after(&sim.sched, 1000, on_ring, &a);

	assert_true(first != 0 && late != 0);
	sched_cancel(&sim.sched, late);
	sched_cancel(&sim.sched, late); /* dead already */
	sched_cancel(&sim.sched, 0);
	assert_int_equal(sched_sim_run(&sim, 100), 1);
	assert_int_equal(sched_now_ms(&sim.sched), 10);
	/* A dead number does not meet the task that uses its slot now. */
	sched_after(&sim.sched, 5, on_ring, &b);
	sched_cancel(&sim.sched, first);
	assert_int_equal(sched_sim_run(&sim, 100), 1);
	assert_string_equal(log, "ab");
	assert_int_equal(sim.live, 0);
	sched_sim_fini(&sim);
}

static void the_wall_clock_jumps_and_timers_do_not_notice(void **state)
{
	char log[16] = "";
	struct sched_sim sim;

	(void)state;
	sched_sim_init(&sim, NULL, 0);
	struct ring a = {&sim, 'a', log};
	int64_t wall = sched_wall_ms(&sim.sched);

	assert_true(wall == SIM_WALL_START_MS);
	sched_after(&sim.sched, 100, on_ring, &a);
	sched_sim_jump_wall(&sim, -3600000);
	assert_true(sched_wall_ms(&sim.sched) == wall - 3600000);
	assert_int_equal(sched_sim_run_until(&sim, 99, 10), 0);
	assert_int_equal(sched_sim_run_until(&sim, 100, 10), 1);
	assert_true(sched_wall_ms(&sim.sched) == wall - 3600000 + 100);
	sched_sim_fini(&sim);
}

struct storm {
	struct sched_sim *sim;
	struct tape *tape;
	int64_t last_ms;
	uint64_t timer[64];
	unsigned left, ran;
};

static void on_storm(void *arg)
{
	struct storm *s = arg;

	assert_true(sched_now_ms(&s->sim->sched) >= s->last_ms);
	s->last_ms = sched_now_ms(&s->sim->sched);
	s->ran++;
	for (unsigned i = 0; i < 2 && s->left > 0; i++, s->left--) {
		unsigned slot = tape_below(s->tape, 64);

		sched_cancel(&s->sim->sched, tape_below(s->tape, 3) ? 0 : s->timer[slot]);
		s->timer[slot] = sched_after(&s->sim->sched, tape_below(s->tape, 50), on_storm, s);
	}
}

static uint64_t storm(uint64_t seed, unsigned *ran_out)
{
	static uint8_t bytes[1 << 18];
	struct tape tape = {.bytes = bytes, .len = sizeof(bytes)};
	struct sched_sim sim;
	struct storm s = {.sim = &sim, .tape = &tape, .left = 50000};

	tape_fill(seed, bytes, sizeof(bytes));
	sched_sim_init(&sim, &tape, 7);
	for (unsigned i = 0; i < 1000; i++)
		sched_after(&sim.sched, tape_below(&tape, 1000), on_storm, &s);
	sched_sim_run(&sim, 1000000);
	assert_int_equal(sim.live, 0);
	*ran_out = s.ran;
	sched_sim_fini(&sim);
	return sim.trace;
}

static void time_never_goes_back_and_the_same_tape_is_the_same_run(void **state)
{
	unsigned one, two;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_true(storm(seed, &one) == storm(seed, &two));
		assert_int_equal(one, two);
		assert_true(one > 30000);
	}
	assert_true(storm(1, &one) != storm(2, &two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_run_by_time_and_among_equals_in_order),
		cmocka_unit_test(a_cancelled_task_neither_runs_nor_takes_time),
		cmocka_unit_test(the_wall_clock_jumps_and_timers_do_not_notice),
		cmocka_unit_test(time_never_goes_back_and_the_same_tape_is_the_same_run),
	};

	return cmocka_run_group_tests_name("sched_sim", tests, NULL, NULL);
}
