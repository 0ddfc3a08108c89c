#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

struct seen {
	struct loop *l;
	struct sched *s;
	int order[64];
	int n, until;
	int64_t at_ms;
	uint64_t timer;
};

static void note(struct seen *x, int what)
{
	x->order[x->n++] = what;
	if (x->n >= x->until)
		loop_stop(x->l);
}

static void note_1(void *arg)
{
	note(arg, 1);
}

static void note_2(void *arg)
{
	note(arg, 2);
}

static void note_3(void *arg)
{
	note(arg, 3);
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("nothing happened within 10 s");
}

static void begin(struct seen *x, int until)
{
	*x = (struct seen){.l = loop_new(), .until = until};
	x->s = loop_sched(x->l);
	sched_after(x->s, 10000, too_late, x);
}

static void finish(struct seen *x)
{
	loop_fini_handles(x->l);
	loop_free(x->l);
}

static void timers_run_in_order_and_never_early(void **unused)
{
	struct seen x;
	int64_t began;

	(void)unused;
	begin(&x, 3);
	began = sched_now_ms(x.s);
	sched_after(x.s, 40, note_3, &x);
	sched_after(x.s, 0, note_1, &x);
	sched_after(x.s, 20, note_2, &x);
	assert_int_equal(x.n, 0);
	loop_run(x.l);
	assert_int_equal(x.order[0], 1);
	assert_int_equal(x.order[1], 2);
	assert_int_equal(x.order[2], 3);
	assert_true(sched_now_ms(x.s) - began >= 40);
	finish(&x);
}

static void a_cancelled_timer_does_not_run(void **unused)
{
	struct seen x;
	uint64_t dead;

	(void)unused;
	begin(&x, 1);
	dead = sched_after(x.s, 1, note_1, &x);
	assert_int_not_equal(dead, 0);
	sched_cancel(x.s, dead);
	sched_cancel(x.s, dead);
	sched_cancel(x.s, 0);
	sched_cancel(x.s, 12345678901u);
	sched_after(x.s, 20, note_2, &x);
	loop_run(x.l);
	assert_int_equal(x.n, 1);
	assert_int_equal(x.order[0], 2);
	finish(&x);
}

static void cancel_other(void *arg)
{
	struct seen *x = arg;

	note(x, 1);
	sched_cancel(x->s, x->timer);
	sched_after(x->s, 10, note_3, x);
}

static void a_timer_may_cancel_another_that_is_due(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 2);
	sched_after(x.s, 5, cancel_other, &x);
	x.timer = sched_after(x.s, 5, note_2, &x);
	loop_run(x.l);
	assert_int_equal(x.order[0], 1);
	assert_int_equal(x.order[1], 3);
	finish(&x);
}

static void hold(void *arg)
{
	struct seen *x = arg;
	int64_t began = sched_now_ms(x->s);

	while (sched_now_ms(x->s) - began < 60)
		;
	x->at_ms = sched_now_ms(x->s);
	sched_after(x->s, 50, note_1, x);
}

static void a_timer_set_late_in_a_long_turn_waits_its_full_time(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 1);
	sched_after(x.s, 0, hold, &x);
	loop_run(x.l);
	assert_true(sched_now_ms(x.s) - x.at_ms >= 50);
	finish(&x);
}

static void the_wall_clock_is_of_this_century(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 1);
	assert_true(sched_wall_ms(x.s) > 1700000000000);
	finish(&x);
}

static void *post_three(void *arg)
{
	struct seen *x = arg;

	loop_post(x->l, note_1, x);
	loop_post(x->l, note_2, x);
	loop_post(x->l, note_3, x);
	return NULL;
}

static void posts_of_a_thread_run_in_its_order_on_the_loop(void **unused)
{
	struct seen x;
	pthread_t thread;

	(void)unused;
	begin(&x, 3);
	assert_int_equal(pthread_create(&thread, NULL, post_three, &x), 0);
	loop_run(x.l);
	pthread_join(thread, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(x.order[i], i + 1);
	finish(&x);
}

static void post_again(void *arg)
{
	struct seen *x = arg;

	loop_post(x->l, note_2, x);
	note(x, 1);
}

static void a_post_may_post(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 2);
	loop_post(x.l, post_again, &x);
	loop_run(x.l);
	assert_int_equal(x.order[1], 2);
	finish(&x);
}

static void what_was_posted_too_late_is_freed(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 99);
	loop_post(x.l, note_1, &x);
	loop_fini_handles(x.l);
	loop_free(x.l);
}

static pthread_t worker, main_thread;

static void work(void *arg)
{
	(void)arg;
	worker = pthread_self();
}

static void work_done(void *arg)
{
	assert_true(pthread_equal(pthread_self(), main_thread));
	note(arg, 1);
}

static void work_runs_elsewhere_and_ends_here(void **unused)
{
	struct seen x;

	(void)unused;
	main_thread = pthread_self();
	begin(&x, 1);
	assert_status(loop_work(x.l, work, work_done, &x), SG_OK);
	loop_run(x.l);
	assert_false(pthread_equal(worker, main_thread));
	finish(&x);
}

static void no_work(void *arg)
{
	(void)arg;
}

static int done_count;

static void count_done(void *arg)
{
	struct seen *x = arg;

	if (++done_count == LOOP_WORK_MAX)
		loop_stop(x->l);
}

static void work_has_a_limit(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 99);
	done_count = 0;
	for (int i = 0; i < LOOP_WORK_MAX; i++)
		assert_status(loop_work(x.l, no_work, count_done, &x), SG_OK);
	assert_status(loop_work(x.l, no_work, count_done, &x), SG_E_LIMIT);
	loop_run(x.l);
	assert_int_equal(done_count, LOOP_WORK_MAX);
	assert_status(loop_work(x.l, no_work, count_done, &x), SG_OK);
	finish(&x);
	assert_int_equal(done_count, LOOP_WORK_MAX + 1);
}

static void a_signal_reaches_the_loop(void **unused)
{
	struct seen x;

	(void)unused;
	begin(&x, 1);
	loop_on_signal(x.l, SIGUSR1, note_1, &x);
	kill(getpid(), SIGUSR1);
	loop_run(x.l);
	assert_int_equal(x.n, 1);
	finish(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_run_in_order_and_never_early),
		cmocka_unit_test(a_cancelled_timer_does_not_run),
		cmocka_unit_test(a_timer_may_cancel_another_that_is_due),
		cmocka_unit_test(a_timer_set_late_in_a_long_turn_waits_its_full_time),
		cmocka_unit_test(the_wall_clock_is_of_this_century),
		cmocka_unit_test(posts_of_a_thread_run_in_its_order_on_the_loop),
		cmocka_unit_test(a_post_may_post),
		cmocka_unit_test(what_was_posted_too_late_is_freed),
		cmocka_unit_test(work_runs_elsewhere_and_ends_here),
		cmocka_unit_test(work_has_a_limit),
		cmocka_unit_test(a_signal_reaches_the_loop),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
