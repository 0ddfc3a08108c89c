/* The log: writes, streams, idempotency, the outbox, limits, and the manner of answers. */
#include "contract/store_contract.h"
#include "contract/store_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "store/memory/store_memory.h"

static int setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static struct store_write one_event(const struct log_event *e)
{
	return (struct store_write){.events = e, .n_events = 1};
}

static void an_event_comes_back_as_it_was_written(void **state)
{
	struct fixture *f = *state;
	struct log_event e = message(1, 1, "{\"text\":\"h\xc3\xa9llo\"}");
	struct store_write w = one_event(&e);
	struct answer a = do_write(f, &w), got = do_events(f, &e.stream, 0, 10);

	assert_status(a.st, SG_OK);
	assert_false(a.repeated);
	assert_true(a.pos > 0);
	assert_status(got.st, SG_OK);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.events[0].pos, a.pos);
	assert_int_equal(got.events[0].stream_kind, e.stream_kind);
	assert_true(sg_id_eq(&got.events[0].stream, &e.stream));
	assert_int_equal(got.events[0].seq, 1);
	assert_true(sg_id_eq(&got.events[0].id, &e.id));
	assert_int_equal(got.events[0].kind, e.kind);
	assert_int_equal(got.events[0].actor.role, e.actor.role);
	assert_true(sg_id_eq(&got.events[0].actor.id, &e.actor.id));
	assert_int_equal(got.events[0].at_ms, e.at_ms);
	assert_true(str_eq(got.events[0].body, e.body));
}

static void events_of_nobody_have_no_actor(void **state)
{
	struct fixture *f = *state;
	struct log_event e = message(1, 1, NULL);

	e.actor = (struct actor){.role = ROLE_NONE};
	struct store_write w = one_event(&e);

	assert_status(do_write(f, &w).st, SG_OK);
	struct answer got = do_events(f, &e.stream, 0, 1);

	assert_int_equal(got.events[0].actor.role, ROLE_NONE);
	assert_true(sg_id_is_none(&got.events[0].actor.id));
	assert_null(got.events[0].body.p);
}

static void a_seq_that_is_not_the_next_is_a_conflict_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct log_event first = message(1, 1, "{}");
	struct store_write w = one_event(&first);

	assert_status(do_write(f, &w).st, SG_OK);
	for (uint64_t seq = 1; seq <= 4; seq++) {
		struct log_event e = message(1, seq, "{}");

		w = one_event(&e);
		if (seq != 2)
			assert_status(do_write(f, &w).st, SG_E_CONFLICT);
	}
	struct log_event other = message(2, 2, "{}");

	w = one_event(&other);
	assert_status(do_write(f, &w).st, SG_E_CONFLICT);
	assert_int_equal(do_feed(f, 0, 10).n, 1);
}

static void a_refused_write_leaves_neither_events_nor_rows_nor_keys_nor_deliveries(void **state)
{
	struct fixture *f = *state;
	struct log_event ev[] = {message(1, 1, "{}"), message(2, 1, "{}"), message(2, 3, "{}")};
	struct row_op row = {.table = TABLE_SETTING,
			     .set = BIT(SETTING_COL_NAME) | BIT(SETTING_COL_VALUE)};
	struct outbox_op owed = {
		.id = id_of(5), .channel = text("email"), .body = text("{}"), .due_ms = 1};
	struct store_write w = {.idem_source = text("api"),
				.idem_key = text("k"),
				.idem_result = text("r"),
				.events = ev,
				.n_events = 3,
				.rows = &row,
				.n_rows = 1,
				.outbox = &owed,
				.n_outbox = 1};

	row.v[SETTING_COL_NAME] = TEXT("a");
	row.v[SETTING_COL_VALUE] = TEXT("b");
	assert_status(do_write(f, &w).st, SG_E_CONFLICT);
	assert_int_equal(do_feed(f, 0, 10).n, 0);
	assert_status(do_get(f, TABLE_SETTING, row.v).st, SG_E_NOT_FOUND);
	assert_int_equal(do_outbox(f, 100, 10).n, 0);
	ev[2].seq = 2; /* the same key and the same places are free still */
	struct answer a = do_write(f, &w);

	assert_status(a.st, SG_OK);
	assert_false(a.repeated);
	assert_int_equal(do_feed(f, 0, 10).n, 3);
	assert_status(do_get(f, TABLE_SETTING, row.v).st, SG_OK);
	assert_int_equal(do_outbox(f, 100, 10).n, 1);
}

static void a_repeat_is_told_the_first_result_and_takes_no_place(void **state)
{
	struct fixture *f = *state;
	struct log_event e = message(1, 1, "{}");
	struct store_write w = one_event(&e);

	w.idem_source = text("web");
	w.idem_key = text("key-1");
	w.idem_result = text("first");
	assert_status(do_write(f, &w).st, SG_OK);
	struct log_event later = message(1, 2, "{}"), wrong = message(1, 9, "{}");

	w.events = &later;
	w.idem_result = text("second");
	struct answer a = do_write(f, &w);

	assert_status(a.st, SG_OK);
	assert_true(a.repeated);
	assert_true(str_eq(a.result, STR("first")));
	w.events = &wrong; /* the key is looked at before the place */
	a = do_write(f, &w);
	assert_status(a.st, SG_OK);
	assert_true(a.repeated);
	assert_int_equal(do_events(f, &e.stream, 0, 10).n, 1);
	w.events = &later;
	w.idem_source = text("app"); /* the same key of another source is another key */
	a = do_write(f, &w);
	assert_status(a.st, SG_OK);
	assert_false(a.repeated);
}

static void a_question_says_whether_a_key_was_written_and_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct log_event e = message(1, 1, "{}");
	struct store_write w = {.idem_source = text("web"),
				.idem_key = text("key"),
				.idem_result = text("first"),
				.events = &e,
				.n_events = 1,
				.is_question = true};

	assert_status(do_write(f, &w).st, SG_E_NOT_FOUND);
	assert_status(do_write(f, &w).st, SG_E_NOT_FOUND);
	assert_int_equal(do_feed(f, 0, 10).n, 0);
	w.is_question = false;
	assert_false(do_write(f, &w).repeated);
	w.is_question = true;
	struct answer a = do_write(f, &w);

	assert_status(a.st, SG_OK);
	assert_true(a.repeated);
	assert_true(str_eq(a.result, STR("first")));
}

static void a_repeat_given_with_the_first_is_a_repeat(void **state)
{
	struct fixture *f = *state;
	struct answer a[2] = {{.arena = &f->arena}, {.arena = &f->arena}};
	struct log_event e = message(1, 1, "{}");
	struct store_write w = one_event(&e);

	w.idem_source = text("web");
	w.idem_key = text("");
	store_write(f->s, &w, on_done, &a[0]);
	store_write(f->s, &w, on_done, &a[1]);
	fixture_wait(f, is_answered, &a[1]);
	assert_status(a[0].st, SG_OK);
	assert_false(a[0].repeated);
	assert_status(a[1].st, SG_OK);
	assert_true(a[1].repeated);
	assert_null(a[1].result.p);
}

static void what_is_given_is_copied(void **state)
{
	struct fixture *f = *state;
	char body[] = "{\"a\":1}", name[] = "name", words[] = "nothing";
	struct log_event e = message(1, 1, body);
	struct row_op row = {.table = TABLE_SETTING,
			     .set = BIT(SETTING_COL_NAME) | BIT(SETTING_COL_VALUE)};
	struct store_write w = one_event(&e);
	struct answer a = {.arena = &f->arena}, b = a, c = a;

	row.v[SETTING_COL_NAME] = TEXT(name);
	row.v[SETTING_COL_VALUE] = TEXT(body);
	w.rows = &row;
	w.n_rows = 1;
	store_write(f->s, &w, on_done, &a);
	memset(body, 'x', sizeof(body) - 1);
	memset(name, 'x', sizeof(name) - 1);
	memset(&e, 0xff, sizeof(e));
	memset(&row, 0xff, sizeof(row));
	memset(&w, 0xff, sizeof(w));
	fixture_wait(f, is_answered, &a);
	assert_status(a.st, SG_OK);
	strcpy(name, "name");
	struct value key = TEXT(name);

	store_get(f->s, TABLE_SETTING, &key, on_rows, &b);
	memset(name, 'x', sizeof(name) - 1);
	f->s->ops->search(f->s, text(words), AUDIENCE_PUBLIC, 1, on_rows, &c);
	memset(words, '"', sizeof(words) - 1);
	fixture_wait(f, is_answered, &b);
	fixture_wait(f, is_answered, &c);
	assert_status(b.st, SG_OK);
	assert_true(str_eq(b.rows[0].v[SETTING_COL_VALUE].s, STR("{\"a\":1}")));
	struct answer got = do_feed(f, 0, 1);

	assert_true(str_eq(got.events[0].body, STR("{\"a\":1}")));
}

enum { OPS = 14 };

/* Every call once, some of them malformed. */
static void ask_everything(struct fixture *f, struct answer a[OPS])
{
	struct log_event e = message(1, 1, "{}"), bad = message(1, 0, "{}");
	struct store_write w = one_event(&e), malformed = one_event(&bad);
	struct value key = TEXT("x"), no_id = ID(0);
	struct store_range q = {.index = INDEX_PERSON_BY_NAME, .limit = 5}, zero = q;
	struct sg_id stream = id_of(1);
	unsigned i = 0;

	zero.limit = 0;
	store_write(f->s, &w, on_done, &a[i++]);
	store_write(f->s, &malformed, on_done, &a[i++]);
	store_get(f->s, TABLE_SETTING, &key, on_rows, &a[i++]);
	store_get(f->s, TABLE_PERSON, &no_id, on_rows, &a[i++]);
	store_range(f->s, &q, on_rows, &a[i++]);
	store_range(f->s, &zero, on_rows, &a[i++]);
	store_events(f->s, &stream, 0, 5, on_events, &a[i++]);
	store_feed(f->s, 0, 5, on_events, &a[i++]);
	store_feed(f->s, 0, STORE_RANGE_MAX + 1, on_events, &a[i++]);
	f->s->ops->outbox(f->s, 0, 5, on_outbox, &a[i++]);
	f->s->ops->search(f->s, text("x"), AUDIENCE_PUBLIC, 5, on_rows, &a[i++]);
	f->s->ops->last(f->s, INDEX_CASE_BY_NUMBER, on_rows, &a[i++]);
	f->s->ops->last(f->s, INDEX_PERSON_BY_NAME, on_rows, &a[i++]);
	f->s->ops->wipe_views(f->s, on_done, &a[i++]);
	assert_int_equal(i, OPS);
}

static const enum sg_status everything_st[OPS] = {
	SG_OK, SG_E_INPUT, SG_E_NOT_FOUND, SG_E_NOT_FOUND, SG_OK, SG_E_INPUT, SG_OK,
	SG_OK, SG_E_INPUT, SG_OK,          SG_OK,          SG_OK, SG_E_INPUT, SG_OK};

static bool all_answered(void *arg)
{
	struct answer *a = arg;

	for (unsigned i = 0; i < OPS; i++) {
		if (!a[i].calls)
			return false;
	}
	return true;
}

static void no_callback_runs_inside_its_call_and_each_runs_once(void **state)
{
	struct fixture *f = *state;
	struct answer a[OPS] = {{.calls = 0}};

	ask_everything(f, a);
	for (unsigned i = 0; i < OPS; i++)
		assert_int_equal(a[i].calls, 0);
	fixture_wait(f, all_answered, a);
	fixture_close(f);
	for (unsigned i = 0; i < OPS; i++) {
		assert_int_equal(a[i].calls, 1);
		assert_status(a[i].st, everything_st[i]);
	}
}

static void closing_answers_all_that_was_given(void **state)
{
	struct fixture *f = *state;
	struct answer a[OPS] = {{.calls = 0}};

	ask_everything(f, a);
	fixture_close(f);
	for (unsigned i = 0; i < OPS; i++) {
		assert_int_equal(a[i].calls, 1);
		assert_status(a[i].st, everything_st[i]);
	}
}

struct asker {
	struct fixture *f;
	struct answer first, second;
};

static void ask_again(enum sg_status st, const struct store_done *done, void *arg)
{
	struct asker *k = arg;

	on_done(st, done, &k->first);
	store_write(k->f->s, &(struct store_write){.n_events = 0}, on_done, &k->second);
}

static void what_is_asked_while_closing_is_refused(void **state)
{
	struct fixture *f = *state;
	struct asker k = {.f = f};

	store_write(f->s, &(struct store_write){.n_events = 0}, ask_again, &k);
	fixture_close(f);
	assert_status(k.first.st, SG_OK);
	assert_int_equal(k.second.calls, 1);
	assert_status(k.second.st, SG_E_STATE);
}

static void a_callback_may_ask_again(void **state)
{
	struct fixture *f = *state;
	struct asker k = {.f = f};

	store_write(f->s, &(struct store_write){.n_events = 0}, ask_again, &k);
	fixture_wait(f, is_answered, &k.second);
	assert_status(k.second.st, SG_OK);
	assert_int_equal(k.first.calls, 1);
}

enum { BURST = 3000 };

struct burst {
	struct answer a[BURST];
	unsigned order[BURST];
	unsigned n;
};

struct burst_item {
	struct burst *b;
	unsigned i;
};

static void on_burst(enum sg_status st, const struct store_done *done, void *arg)
{
	struct burst_item *it = arg;

	on_done(st, done, &it->b->a[it->i]);
	it->b->order[it->b->n++] = it->i;
}

static bool burst_done(void *arg)
{
	return ((struct burst *)arg)->n == BURST;
}

static void writes_are_done_and_answered_in_the_order_given(void **state)
{
	struct fixture *f = *state;
	struct burst *b = calloc(1, sizeof(*b));
	struct burst_item *it = calloc(BURST, sizeof(*it));
	char body[32];

	for (unsigned i = 0; i < BURST; i++) {
		snprintf(body, sizeof(body), "{\"n\":%u}", i);
		/* Two streams in turn, each write the successor of one that is not answered yet. */
		struct log_event e = message(1 + i % 2, 1 + i / 2, body);
		struct store_write w = one_event(&e);

		it[i] = (struct burst_item){.b = b, .i = i};
		store_write(f->s, &w, on_burst, &it[i]);
	}
	fixture_wait(f, burst_done, b);
	for (unsigned i = 0; i < BURST; i++) {
		assert_int_equal(b->order[i], i);
		assert_status(b->a[i].st, SG_OK);
		assert_true(i == 0 || b->a[i].pos > b->a[i - 1].pos);
	}
	uint64_t after = 0;
	unsigned n = 0;

	for (struct answer page; (page = do_feed(f, after, 997)).n > 0;
	     after = page.events[page.n - 1].pos) {
		for (unsigned i = 0; i < page.n; i++, n++) {
			snprintf(body, sizeof(body), "{\"n\":%u}", n);
			assert_true(str_eq(page.events[i].body, text(body)));
			assert_true(page.events[i].pos > after);
		}
	}
	assert_int_equal(n, BURST);
	free(it);
	free(b);
}

static void the_positions_of_one_write_follow_by_one(void **state)
{
	struct fixture *f = *state;
	struct log_event ev[] = {message(1, 1, "{}"), message(2, 1, "{}"), message(1, 2, "{}")};
	struct answer a = do_write(f, &(struct store_write){.events = ev, .n_events = 3});
	struct answer feed = do_feed(f, 0, 10);

	assert_status(a.st, SG_OK);
	assert_int_equal(feed.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(feed.events[i].pos, a.pos + i);
		assert_true(sg_id_eq(&feed.events[i].stream, &ev[i].stream));
	}
	assert_int_equal(do_feed(f, feed.events[0].pos, 1).events[0].pos, a.pos + 1);
	assert_int_equal(do_feed(f, a.pos + 2, 10).n, 0);
}

static void a_stream_is_read_after_a_place_and_up_to_a_limit(void **state)
{
	struct fixture *f = *state;
	struct log_event ev[20];
	struct sg_id stream = id_of(1), unknown = id_of(99);

	for (unsigned i = 0; i < 20; i++)
		ev[i] = message(1 + i % 2, 1 + i / 2, "{}");
	assert_status(do_write(f, &(struct store_write){.events = ev, .n_events = 20}).st, SG_OK);
	struct answer a = do_events(f, &stream, 4, 3);

	assert_int_equal(a.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(a.events[i].seq, 5 + i);
		assert_true(sg_id_eq(&a.events[i].stream, &stream));
	}
	assert_int_equal(do_events(f, &stream, 10, 3).n, 0);
	assert_int_equal(do_events(f, &stream, 11, 3).n, 0);
	assert_int_equal(do_events(f, &unknown, 0, 3).n, 0);
	assert_status(do_events(f, &unknown, 0, 3).st, SG_OK);
}

static void many_streams_keep_their_places(void **state)
{
	struct fixture *f = *state;
	enum { STREAMS = 30000, GROUP = 500 };
	struct log_event *ev = calloc(GROUP, sizeof(*ev));

	/* More streams than a back end would remember the ends of; then each goes on, or conflicts.
	 */
	for (uint64_t seq = 1; seq <= 2; seq++) {
		for (uint32_t s = 0; s < STREAMS; s += GROUP) {
			for (uint32_t i = 0; i < GROUP; i++)
				ev[i] = message(1 + s + i, seq, "{}");
			assert_status(
				do_write(f, &(struct store_write){.events = ev, .n_events = GROUP})
					.st,
				SG_OK);
		}
	}
	for (uint32_t s = 1; s < STREAMS; s += 1777) {
		*ev = message(s, 2, "{}");
		struct store_write w = one_event(ev);

		assert_status(do_write(f, &w).st, SG_E_CONFLICT);
	}
	free(ev);
}

static struct outbox_op owe(uint32_t id, int64_t due_ms, const char *body)
{
	return (struct outbox_op){
		.id = id_of(id), .channel = text("email"), .body = text(body), .due_ms = due_ms};
}

static void deliveries_are_owed_until_they_are_done(void **state)
{
	struct fixture *f = *state;
	struct outbox_op ops[] = {owe(3, 10, "c"), owe(1, 20, "b"), owe(2, 10, "a"),
				  owe(2, 5, "twice")};

	assert_status(do_write(f, &(struct store_write){.outbox = ops, .n_outbox = 4}).st, SG_OK);
	assert_int_equal(do_outbox(f, 9, 10).n, 0);
	struct answer a = do_outbox(f, 10, 10);
	struct sg_id two = id_of(2), three = id_of(3), one = id_of(1);

	assert_int_equal(a.n, 2);
	assert_true(sg_id_eq(&a.owed[0].id, &two));
	assert_true(str_eq(a.owed[0].body, STR("a")));
	assert_true(str_eq(a.owed[0].channel, STR("email")));
	assert_int_equal(a.owed[0].due_ms, 10);
	assert_int_equal(a.owed[0].attempts, 0);
	assert_true(sg_id_eq(&a.owed[1].id, &three));
	assert_int_equal(do_outbox(f, 100, 2).n, 2);
	struct outbox_mark marks[] = {{.id = two, .done = true},
				      {.id = three, .due_ms = 30, .attempts = 1},
				      {.id = id_of(77), .done = true},
				      {.id = id_of(78), .due_ms = 1}};

	assert_status(do_write(f, &(struct store_write){.marks = marks, .n_marks = 4}).st, SG_OK);
	a = do_outbox(f, 100, 10);
	assert_int_equal(a.n, 2);
	assert_true(sg_id_eq(&a.owed[0].id, &one));
	assert_true(sg_id_eq(&a.owed[1].id, &three));
	assert_int_equal(a.owed[1].due_ms, 30);
	assert_int_equal(a.owed[1].attempts, 1);
}

static void a_read_given_after_a_write_was_answered_sees_it(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seq = 1; seq <= 200; seq++) {
		struct log_event e = message(1, seq, "{}");
		struct row_op row = {.table = TABLE_SETTING,
				     .set = BIT(SETTING_COL_NAME) | BIT(SETTING_COL_VALUE)};
		struct store_write w = one_event(&e);
		char value[16];

		snprintf(value, sizeof(value), "%u", (unsigned)seq);
		row.v[SETTING_COL_NAME] = TEXT("n");
		row.v[SETTING_COL_VALUE] = TEXT(value);
		w.rows = &row;
		w.n_rows = 1;
		assert_status(do_write(f, &w).st, SG_OK);
		struct answer a = do_get(f, TABLE_SETTING, row.v);

		assert_true(str_eq(a.rows[0].v[SETTING_COL_VALUE].s, text(value)));
		assert_int_equal(do_events(f, &e.stream, seq - 1, 1).n, 1);
	}
}

static void malformed_events_are_refused(void **state)
{
	struct fixture *f = *state;
	struct log_event good = message(1, 1, "{}"), e[8];

	for (unsigned i = 0; i < 8; i++)
		e[i] = good;
	e[0].kind = EVENT_NONE;
	e[1].kind = EVENT_KIND_N;
	e[2].stream_kind = STREAM_NONE;
	e[3].stream_kind = STREAM_CASE; /* a message is no event of a case */
	e[4].stream = SG_ID_NONE;
	e[5].seq = 0;
	e[6].actor.role = ROLE_N;
	e[7].body = (struct str){.p = NULL, .n = 4};
	for (unsigned i = 0; i < 8; i++) {
		struct store_write w = one_event(&e[i]);

		assert_status(do_write(f, &w).st, SG_E_INPUT);
	}
	struct store_write half = one_event(&good);

	half.idem_key = text("no source");
	assert_status(do_write(f, &half).st, SG_E_INPUT);
	assert_int_equal(do_feed(f, 0, 1).n, 0);
}

static void a_write_beyond_its_limits_is_refused(void **state)
{
	struct fixture *f = *state;
	char *big = malloc(STORE_WRITE_BYTES_MAX);
	struct log_event e = message(1, 1, NULL);
	struct store_write w = one_event(&e);

	memset(big, 'x', STORE_WRITE_BYTES_MAX);
	e.body = (struct str){.p = big, .n = STORE_WRITE_BYTES_MAX};
	assert_status(do_write(f, &w).st, SG_E_LIMIT);
	e.body.n = SIZE_MAX; /* lengths that would wrap round when added up */
	assert_status(do_write(f, &w).st, SG_E_LIMIT);
	e.body.n = 3000000;
	assert_status(do_write(f, &w).st, SG_OK);
	assert_int_equal(do_feed(f, 0, 1).events[0].body.n, 3000000);
	struct outbox_mark *marks = calloc(STORE_WRITE_ITEMS_MAX + 1, sizeof(*marks));

	for (unsigned i = 0; i <= STORE_WRITE_ITEMS_MAX; i++)
		marks[i] = (struct outbox_mark){.id = id_of(i + 1), .done = true};
	w = (struct store_write){.marks = marks, .n_marks = STORE_WRITE_ITEMS_MAX + 1};
	assert_status(do_write(f, &w).st, SG_E_LIMIT);
	w.n_marks--;
	assert_status(do_write(f, &w).st, SG_OK);
	w = (struct store_write){.idem_source = text("s"),
				 .idem_key = {.p = big, .n = STORE_IDEM_MAX + 1}};
	assert_status(do_write(f, &w).st, SG_E_INPUT);
	w.idem_key.n--;
	assert_status(do_write(f, &w).st, SG_OK);
	free(marks);
	free(big);
}

static void an_answer_beyond_its_limit_asks_for_fewer(void **state)
{
	struct fixture *f = *state;
	enum { BODY = 3500000, EVENTS = STORE_ANSWER_BYTES_MAX / BODY + 1 };
	char *big = malloc(BODY);

	memset(big, 'x', BODY);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct log_event e = message(1, i + 1, NULL);
		struct store_write w = one_event(&e);

		e.body = (struct str){.p = big, .n = BODY};
		assert_status(do_write(f, &w).st, SG_OK);
	}
	assert_status(do_feed(f, 0, 1000).st, SG_E_LIMIT);
	struct answer a = {.calls = 0}; /* not copied: it is large */

	store_feed(f->s, 0, EVENTS - 1, on_events, &a);
	fixture_wait(f, is_answered, &a);
	assert_status(a.st, SG_OK);
	assert_int_equal(a.n, EVENTS - 1);
	free(big);
}

struct flood {
	unsigned answered, limited;
};

static void on_flood(enum sg_status st, const struct store_done *done, void *arg)
{
	struct flood *fl = arg;

	(void)done;
	fl->answered++;
	fl->limited += st == SG_E_LIMIT;
}

static void on_flood_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	(void)rows;
	(void)n;
	on_flood(st, NULL, arg);
}

static bool flood_done(void *arg)
{
	return ((struct flood *)arg)->answered == STORE_MEMORY_QUEUE_MAX + 1;
}

/* SQLite's queue is filled in the suite of faults, where a slow disk can be had. */
static void a_full_queue_refuses(void **state)
{
	struct fixture *f = *state;
	struct flood fl = {.answered = 0}, reads = {.answered = 0};
	struct value key = TEXT("x");

	if (f->sqlite)
		return;
	for (unsigned i = 0; i <= STORE_MEMORY_QUEUE_MAX; i++)
		store_write(f->s, &(struct store_write){.n_events = 0}, on_flood, &fl);
	fixture_wait(f, flood_done, &fl);
	assert_int_equal(fl.limited, 1);
	for (unsigned i = 0; i <= STORE_MEMORY_QUEUE_MAX; i++)
		store_get(f->s, TABLE_SETTING, &key, on_flood_rows, &reads);
	fixture_wait(f, flood_done, &reads);
	assert_int_equal(reads.limited, 1);
}

int store_contract_log(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_event_comes_back_as_it_was_written),
		T(events_of_nobody_have_no_actor),
		T(a_seq_that_is_not_the_next_is_a_conflict_and_changes_nothing),
		T(a_refused_write_leaves_neither_events_nor_rows_nor_keys_nor_deliveries),
		T(a_repeat_is_told_the_first_result_and_takes_no_place),
		T(a_question_says_whether_a_key_was_written_and_writes_nothing),
		T(a_repeat_given_with_the_first_is_a_repeat),
		T(what_is_given_is_copied),
		T(no_callback_runs_inside_its_call_and_each_runs_once),
		T(closing_answers_all_that_was_given),
		T(what_is_asked_while_closing_is_refused),
		T(a_callback_may_ask_again),
		T(writes_are_done_and_answered_in_the_order_given),
		T(the_positions_of_one_write_follow_by_one),
		T(a_stream_is_read_after_a_place_and_up_to_a_limit),
		T(many_streams_keep_their_places),
		T(deliveries_are_owed_until_they_are_done),
		T(a_read_given_after_a_write_was_answered_sees_it),
		T(malformed_events_are_refused),
		T(a_write_beyond_its_limits_is_refused),
		T(an_answer_beyond_its_limit_asks_for_fewer),
		T(a_full_queue_refuses),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
