#include "fixture.h"

#include <string.h>

static void nothing(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)st;
	(void)done;
	(void)arg;
}

static void owe(struct fx *f, const char *body)
{
	struct outbox_op op = {.id = fx_id(f), .channel = STR("email"), .body = str_from(body)};
	struct store_write w = {.outbox = &op, .n_outbox = 1};

	store_write(&f->store.base, &w, nothing, NULL);
	fx_run(f, 10);
	outbox_kick(f->app->outbox);
}

static void what_is_owed_is_delivered_once(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	owe(&f, "{\"to\":\"a\"}");
	fx_run(&f, 1000);
	assert_int_equal(f.n_mails, 1);
	outbox_kick(f.app->outbox);
	fx_restart(&f);
	fx_run(&f, 100000);
	assert_int_equal(f.n_mails, 1);
	assert_string_equal(f.mails[0].body, "{\"to\":\"a\"}");
	fx_close(&f);
}

static void a_failing_channel_is_asked_again_ever_later(void **state)
{
	static struct fx f;
	static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000};

	(void)state;
	fx_open(&f);
	f.mail_answer = SG_E_IO;
	owe(&f, "{}");
	fx_run(&f, 40000);
	assert_int_equal(f.n_mails, 6);
	for (unsigned i = 0; i < 5; i++)
		assert_in_range(f.mails[i + 1].at_ms - f.mails[i].at_ms, waits[i], waits[i] + 20);
	f.mail_answer = SG_OK;
	fx_run(&f, 40000);
	assert_int_equal(f.n_mails, 7);
	assert_true(sg_id_eq(&f.mails[0].id, &f.mails[6].id));
	fx_close(&f);
}

static void a_retry_survives_a_restart_and_a_clock_set_back(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	f.mail_answer = SG_E_AGAIN;
	owe(&f, "{}");
	fx_run(&f, 5000);
	unsigned tried = f.n_mails;

	f.mail_answer = SG_OK;
	sched_sim_jump_wall(&f.sim, -7200000);
	fx_restart(&f);
	fx_run(&f, 1000);
	assert_int_equal(f.n_mails, tried + 1);
	fx_close(&f);
}

static void what_can_never_be_delivered_is_given_up(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	f.mail_answer = SG_E_INPUT;
	owe(&f, "{}");
	fx_run(&f, 100000);
	assert_int_equal(f.n_mails, 1);
	f.mail_answer = SG_OK;
	fx_restart(&f);
	fx_run(&f, 100000);
	assert_int_equal(f.n_mails, 1);
	fx_close(&f);
}

static void a_mark_that_fails_delivers_nothing_twice(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	owe(&f, "{}");
	fx_fate(&f, 1, FATE_REFUSED, 5);
	fx_run(&f, 60000);
	assert_int_equal(f.n_mails, 1);
	owe(&f, "{}");
	fx_fate(&f, 1, FATE_LOST, 5);
	fx_run(&f, 60000);
	assert_int_equal(f.n_mails, 2);
	fx_close(&f);
}

static void more_than_a_batch_goes_out(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < 50; i++)
		owe(&f, "{}");
	fx_run(&f, 1000);
	assert_int_equal(f.n_mails, 50);
	for (unsigned i = 1; i < 50; i++)
		assert_false(sg_id_eq(&f.mails[0].id, &f.mails[i].id));
	fx_close(&f);
}

static void dead_letters_end_after_about_a_day(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	f.mail_answer = SG_E_IO;
	owe(&f, "{}");
	for (unsigned i = 0; i < 30; i++) {
		f.n_mails = 0;
		fx_run(&f, 3600000);
	}
	assert_int_equal(f.n_mails, 0);
	fx_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_owed_is_delivered_once),
		cmocka_unit_test(a_failing_channel_is_asked_again_ever_later),
		cmocka_unit_test(a_retry_survives_a_restart_and_a_clock_set_back),
		cmocka_unit_test(what_can_never_be_delivered_is_given_up),
		cmocka_unit_test(a_mark_that_fails_delivers_nothing_twice),
		cmocka_unit_test(more_than_a_batch_goes_out),
		cmocka_unit_test(dead_letters_end_after_about_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
