#include "check.h"

#include <string.h>

#include "app/project.h"
#include "segue/demo/demo_random.h"
#include "segue/demo/demo_write.h"

static struct sg_id id_of(uint8_t n)
{
	return (struct sg_id){.b = {[15] = n}};
}

struct desk {
	struct demo_random dice;
	struct demo_write w;
};

static void desk_init(struct desk *t, struct store *store)
{
	demo_random_init(&t->dice, 1, 1);
	demo_write_init(&t->w, store, demo_random_entropy(&t->dice));
}

static void day_row(struct row_op *op, uint8_t queue, int64_t day)
{
	struct sg_id id = id_of(queue);

	row_put(op, TABLE_QUEUE_DAY);
	row_id(op, QUEUE_DAY_COL_QUEUE, &id);
	row_int(op, QUEUE_DAY_COL_DAY, day);
}

static void additions_to_a_row_stay_one_addition(void **unused)
{
	(void)unused;
	struct desk t;
	struct row_op op;

	desk_init(&t, NULL);
	for (int i = 1; i <= 3; i++) {
		day_row(&op, 1, 7);
		row_count(&op, QUEUE_DAY_COL_WAIT_MS, i);
		demo_write_record(&t.w, &op);
	}
	day_row(&op, 1, 8);
	row_count(&op, QUEUE_DAY_COL_WAIT_MS, 100);
	demo_write_record(&t.w, &op);
	assert_int_equal(t.w.n_rows, 2);
	assert_int_equal(t.w.rows[0].v[QUEUE_DAY_COL_WAIT_MS].i, 6);
	assert_true(t.w.rows[0].add == UINT64_C(1) << QUEUE_DAY_COL_WAIT_MS);
	assert_int_equal(t.w.rows[1].v[QUEUE_DAY_COL_WAIT_MS].i, 100);
	demo_write_fini(&t.w);
}

static void what_was_set_and_added_to_is_set_and_the_last_value_holds(void **unused)
{
	(void)unused;
	struct desk t;
	struct row_op op;

	desk_init(&t, NULL);
	day_row(&op, 1, 7);
	row_int(&op, QUEUE_DAY_COL_ANSWERED, 10);
	row_count(&op, QUEUE_DAY_COL_ABANDONED, 4);
	demo_write_record(&t.w, &op);
	day_row(&op, 1, 7);
	row_count(&op, QUEUE_DAY_COL_ANSWERED, 5);
	row_int(&op, QUEUE_DAY_COL_ABANDONED, 0);
	demo_write_record(&t.w, &op);
	assert_int_equal(t.w.n_rows, 1);
	assert_int_equal(t.w.rows[0].v[QUEUE_DAY_COL_ANSWERED].i, 15);
	assert_int_equal(t.w.rows[0].v[QUEUE_DAY_COL_ABANDONED].i, 0);
	assert_true(t.w.rows[0].add == 0);
	demo_write_fini(&t.w);
}

static void rows_of_other_tables_with_the_same_key_are_kept_apart(void **unused)
{
	(void)unused;
	struct desk t;
	struct row_op op;
	struct sg_id id = id_of(1);

	desk_init(&t, NULL);
	row_put(&op, TABLE_ITEM);
	row_id(&op, ITEM_COL_ID, &id);
	demo_write_record(&t.w, &op);
	row_put(&op, TABLE_CASE);
	row_id(&op, CASE_COL_ID, &id);
	demo_write_record(&t.w, &op);
	assert_int_equal(t.w.n_rows, 2);
	demo_write_fini(&t.w);
}

/* A store that looks at one write. */
struct looker {
	struct store store;
	unsigned writes, n_events, n_rows;
	uint64_t last_seq;
	char body[200];
};

static void look(struct store *s, const struct store_write *w, store_done_cb *cb, void *arg)
{
	struct looker *l = (struct looker *)s;
	const struct log_event *last = &w->events[w->n_events - 1];

	(void)cb;
	(void)arg;
	l->writes++;
	l->n_events = w->n_events;
	l->n_rows = w->n_rows;
	l->last_seq = last->seq;
	str_copy(l->body, sizeof(l->body), last->body);
}

static void a_whole_conversation_costs_its_row_once_and_its_bodies_are_right(void **unused)
{
	(void)unused;
	static const struct store_ops ops = {.name = "looker", .write = look};
	struct looker l = {.store = {.ops = &ops}};
	struct desk t;
	struct interaction it = {.seq = 0};
	struct interaction_cmd cmd = {.kind = INTERACTION_START,
				      .id = id_of(1),
				      .actor = {.role = ROLE_CUSTOMER, .id = id_of(2)},
				      .now_ms = 1000};

	desk_init(&t, &l.store);
	cmd.f.person = id_of(2);
	cmd.f.case_id = id_of(3);
	cmd.f.queue = id_of(4);
	cmd.f.channel = CHANNEL_CHAT;
	it.id = cmd.id;
	demo_write_interaction(&t.w, &it, &cmd);
	cmd.kind = INTERACTION_MESSAGE;
	for (unsigned i = 0; i < 50; i++) {
		cmd.f = (struct facts){.leg = LEG_CHAT,
				       .text = demo_write_text(&t.w, "message %u", i)};
		demo_write_interaction(&t.w, &it, &cmd);
	}
	demo_write_send(&t.w, NULL, NULL);
	assert_int_equal(l.writes, 1);
	assert_int_equal(l.n_events, 52);
	assert_int_equal(l.n_rows, 2); /* interaction and stuff */
	assert_int_equal(l.last_seq, 52);
	assert_non_null(strstr(l.body, "\"message 49\""));
	assert_int_equal(t.w.n_events, 0);
	demo_write_fini(&t.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(additions_to_a_row_stay_one_addition),
		cmocka_unit_test(what_was_set_and_added_to_is_set_and_the_last_value_holds),
		cmocka_unit_test(rows_of_other_tables_with_the_same_key_are_kept_apart),
		cmocka_unit_test(a_whole_conversation_costs_its_row_once_and_its_bodies_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
