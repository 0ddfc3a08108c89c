#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/codec.h"
#include "app/project.h"
#include "app/rebuild.h"
#include "sim/post_queue.h"
#include "sim/tables_dump.h"
#include "store/sqlite/store_sqlite.h"

enum { STEPS = 700, PERSONS = 3, OPEN = 8 };

struct history {
	struct fx f;
	struct tape t;
	struct sg_id queue, agents[2], persons[PERSONS], things[OPEN], it[OPEN];
	unsigned n_it;
};

static void put_thing(struct history *h, uint32_t what)
{
	static const enum event_kind kinds[] = {EVENT_ITEM_PUT, EVENT_TOPIC_PUT, EVENT_ARTICLE_PUT,
						EVENT_CANNED_PUT};
	uint32_t k = what % 4;
	struct event ev = {.kind = kinds[k], .stream = h->things[k + 4 * tape_below(&h->t, 2)]};
	struct fx_answer a;
	struct contact_call call = fx_call(ROLE_NONE, NULL, NULL, &a);

	ev.f.title = tape_below(&h->t, 4) ? STR("A title") : STR("");
	ev.f.name = STR("a name");
	ev.f.text = STR("words \"quoted\"\nand more");
	ev.f.body = STR("<b>body</b> \xc3\xa9");
	ev.f.kind = STR("purchase");
	ev.f.person = h->persons[tape_below(&h->t, PERSONS)];
	ev.f.amount = (int64_t)tape_below(&h->t, 60000) - 30000;
	ev.f.occurred_at = 1 + tape_below(&h->t, 60000);
	ev.f.position = tape_below(&h->t, 5);
	ev.f.audience = AUDIENCE_PUBLIC;
	ev.f.active = tape_below(&h->t, 2) == 1;
	ev.f.kinds = STR("[\"purchase\",\"quote\"]");
	ev.f.attrs = STR("{\"a\":[1,2]}");
	contact_put(h->f.app, &call, &ev, 1);
	fx_run(&h->f, 20);
	assert_status(a.st, SG_OK);
}

static void command(struct history *h, const struct sg_id *it, uint32_t what)
{
	static const enum interaction_cmd_kind kinds[] = {
		INTERACTION_ACCEPT,   INTERACTION_ACCEPT,    INTERACTION_REJECT,
		INTERACTION_MESSAGE,  INTERACTION_NOTE,      INTERACTION_READ,
		INTERACTION_LEG_JOIN, INTERACTION_LEG_LEAVE, INTERACTION_TRANSFER,
		INTERACTION_MESSAGE,  INTERACTION_END,       INTERACTION_WRAP_UP};
	struct interaction now = fx_interaction(&h->f, it);
	struct sg_id holder = interaction_holder(&now);
	struct fx_answer a;
	struct contact_call call =
		fx_call(ROLE_AGENT, sg_id_is_none(&holder) ? &h->agents[0] : &holder, NULL, &a);
	struct interaction_cmd cmd = {.kind = kinds[what % 12], .id = *it};

	cmd.f.offer_no = now.offer_no;
	cmd.f.text = STR("some words");
	cmd.f.leg = cmd.kind == INTERACTION_MESSAGE ? LEG_CHAT : LEG_VOICE;
	cmd.f.read_seq = (int64_t)now.seq;
	cmd.f.queue = h->queue;
	cmd.f.outcome = OUTCOME_PARTLY;
	cmd.f.summary = STR("what was done");
	cmd.f.next_step = tape_below(&h->t, 2) ? STR("call back") : STR("");
	if (tape_below(&h->t, 4) == 3)
		call.actor = (struct actor){.role = ROLE_CUSTOMER, .id = now.person};
	if (cmd.kind == INTERACTION_END)
		contact_end(h->f.app, &call, it, REASON_NONE);
	else if (cmd.kind == INTERACTION_WRAP_UP)
		contact_wrap_up(h->f.app, &call, it, &cmd.f);
	else
		contact_command(h->f.app, &call, &cmd);
	fx_run(&h->f, 20);
	assert_int_equal(a.n, 1);
}

static void feedback(struct history *h, const struct sg_id *it)
{
	struct interaction now = fx_interaction(&h->f, it);
	struct fx_answer a;
	struct contact_call call = fx_call(ROLE_CUSTOMER, &now.person, NULL, &a);
	struct facts f = {
		.outcome_score = 1 + tape_below(&h->t, 5), .feeling_score = 2, .text = STR("fine")};

	contact_feedback(h->f.app, &call, &now.case_id, &f);
	fx_run(&h->f, 20);
	assert_status(a.st, SG_OK);
}

static void live(struct history *h, uint64_t seed)
{
	static uint8_t bytes[16384];

	memset(h, 0, sizeof(*h));
	tape_fill(seed, bytes, sizeof(bytes));
	h->t = (struct tape){.bytes = bytes, .len = sizeof(bytes)};
	fx_open(&h->f);
	h->queue = fx_queue(&h->f, "First");
	for (unsigned i = 0; i < PERSONS; i++) {
		char email[32];

		snprintf(email, sizeof(email), "p%u@example.com", i);
		h->persons[i] = fx_person(&h->f, email, email);
	}
	for (unsigned i = 0; i < OPEN; i++)
		h->things[i] = fx_id(&h->f);
	h->agents[0] = fx_agent(&h->f, &h->queue, "ada@example.com", 4);
	h->agents[1] = fx_agent(&h->f, &h->queue, "ben@example.com", 4);
	for (unsigned i = 0; i < STEPS && h->f.n_events < FX_EVENTS_MAX - 100; i++) {
		uint32_t what = tape_below(&h->t, 20), which = tape_below(&h->t, OPEN);

		if (what == 0)
			fx_run(&h->f, 6000);
		else if (what < 3)
			put_thing(h, what + which);
		else if (what == 3 && h->n_it)
			feedback(h, &h->it[which % h->n_it]);
		else if (what < 6)
			h->it[h->n_it < OPEN ? h->n_it++ : which] =
				fx_start(&h->f, &h->persons[which % PERSONS], &h->queue);
		else if (h->n_it)
			command(h, &h->it[which % h->n_it], what + which);
	}
	fx_run(&h->f, 1000);
}

struct step {
	bool done;
	enum sg_status st;
	uint64_t events;
};

static void on_dumped(enum sg_status st, void *arg)
{
	*(struct step *)arg = (struct step){.done = true, .st = st};
}

static void on_rebuilt(enum sg_status st, uint64_t events, void *arg)
{
	*(struct step *)arg = (struct step){.done = true, .st = st, .events = events};
}

static bool is_done(void *arg)
{
	return ((struct step *)arg)->done;
}

typedef void wait_fn(void *self, struct step *s);

static void wait_sim(void *self, struct step *s)
{
	fx_run(self, 5000);
	assert_true(s->done);
	assert_status(s->st, SG_OK);
}

static void wait_posts(void *self, struct step *s)
{
	assert_true(post_queue_run(self, 20000, is_done, s));
	assert_status(s->st, SG_OK);
}

static void check(struct store *store, wait_fn *wait, void *self, struct buf *before, uint64_t want)
{
	struct buf after;
	struct step s = {.done = false};

	buf_init(&after, TABLES_DUMP_BYTES);
	tables_dump(store, before, on_dumped, &s);
	wait(self, &s);
	s.done = false;
	rebuild_views(store, on_rebuilt, &s);
	wait(self, &s);
	assert_int_equal(s.events, want);
	s.done = false;
	tables_dump(store, &after, on_dumped, &s);
	wait(self, &s);
	assert_int_equal(after.len, before->len);
	assert_string_equal(after.data, before->data);
	buf_fini(&after);
}

static void rebuilt_views_are_those_written_live(void **state)
{
	static struct history h;

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct buf text;

		buf_init(&text, TABLES_DUMP_BYTES);
		live(&h, seed);
		check(h.f.inner, wait_sim, &h.f, &text, h.f.n_events);
		for (unsigned t = 0; t < TABLE_N; t++) {
			if (table_desc[t].is_view && !strstr(text.data, table_desc[t].name))
				fail_msg("nothing in %s", table_desc[t].name);
		}
		buf_fini(&text);
		fx_close(&h.f);
	}
}

/* ---- broken off, and large ---- */

static bool has_row(struct fx *f, enum table table, const struct value *key)
{
	bool found;

	(void)fx_row(f, table, key, &found);
	return found;
}

static enum sg_status rebuild_here(struct fx *f)
{
	struct step s = {.done = false};

	rebuild_views(&f->store.base, on_rebuilt, &s);
	fx_run(f, 60000);
	assert_true(s.done);
	return s.st;
}

static void a_rebuild_that_is_broken_off_leaves_word_of_it(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	struct sg_id queue = fx_queue(&f, "First"),
		     person = fx_person(&f, "p@example.com", "ext-1");
	struct sg_id it = fx_start(&f, &person, &queue);
	struct value stale = {.s = STR(REBUILD_SETTING)}, key = {.id = it};

	fx_fate(&f, 1, FATE_REFUSED, 1); /* it cannot be said: nothing is touched */
	assert_status(rebuild_here(&f), SG_E_IO);
	assert_true(has_row(&f, TABLE_INTERACTION, &key));
	fx_fate(&f, 2, FATE_REFUSED, 1); /* the first page */
	assert_status(rebuild_here(&f), SG_E_IO);
	assert_false(has_row(&f, TABLE_INTERACTION, &key));
	assert_true(has_row(&f, TABLE_SETTING, &stale));
	fx_fate(&f, 3, FATE_REFUSED, 1); /* the word that all is well again */
	assert_status(rebuild_here(&f), SG_E_IO);
	assert_true(has_row(&f, TABLE_SETTING, &stale));
	assert_status(rebuild_here(&f), SG_OK);
	assert_true(has_row(&f, TABLE_INTERACTION, &key));
	assert_false(has_row(&f, TABLE_SETTING, &stale));
	fx_close(&f);
}

static void events_too_large_for_one_write_together_are_rebuilt(void **state)
{
	enum { N = 60, BYTES = 100000 };
	static struct fx f;
	static char body[BYTES];
	struct sg_id id[N];
	bool found;

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < N; i++) {
		struct fx_answer a;
		struct contact_call call = fx_call(ROLE_NONE, NULL, NULL, &a);
		struct event ev = {.kind = EVENT_ARTICLE_PUT, .stream = fx_id(&f)};

		memset(body, 'a' + (int)(i % 26), sizeof(body));
		id[i] = ev.stream;
		ev.f.title = STR("Long");
		ev.f.body = (struct str){.p = body, .n = sizeof(body) - i};
		ev.f.audience = AUDIENCE_PUBLIC;
		contact_put(f.app, &call, &ev, 1);
		fx_run(&f, 20);
		assert_status(a.st, SG_OK);
	}
	unsigned before = f.store.writes;

	assert_status(rebuild_here(&f), SG_OK);
	assert_true(f.store.writes - before > 3); /* the word, pages, the word */
	for (unsigned i = 0; i < N; i++) {
		struct value key = {.id = id[i]};
		struct row row = fx_row(&f, TABLE_ARTICLE, &key, &found);

		assert_true(found);
		assert_int_equal(row.v[ARTICLE_COL_BODY].s.n, sizeof(body) - i);
	}
	fx_close(&f);
}

/* ---- the same log in the other store ---- */

struct copying {
	struct store *to;
	unsigned left;
	struct step step;
	uint64_t last;
};

static void on_copied(enum sg_status st, const struct store_done *done, void *arg)
{
	struct copying *c = arg;

	(void)done;
	assert_status(st, SG_OK);
	c->step.done = --c->left == 0;
}

static void on_feed(enum sg_status st, const struct log_event *log, unsigned n, void *arg)
{
	struct copying *c = arg;

	assert_status(st, SG_OK);
	c->left = n;
	for (unsigned i = 0; i < n; i++) {
		struct projection rows;
		struct arena arena;
		struct event ev = {.kind = log[i].kind,
				   .stream = log[i].stream,
				   .seq = log[i].seq,
				   .id = log[i].id,
				   .actor = log[i].actor,
				   .at_ms = log[i].at_ms};
		struct log_event one = log[i];
		struct store_write w = {.events = &one, .n_events = 1, .rows = rows.rows};

		c->last = log[i].pos;
		one.pos = 0;
		arena_init(&arena, 1 << 20);
		assert_status(codec_decode(ev.kind, log[i].body, &arena, &ev.f), SG_OK);
		project(&ev, &rows);
		w.n_rows = rows.n;
		store_write(c->to, &w, on_copied, c);
		arena_fini(&arena);
	}
}

static void sqlite_has_the_same_views_and_rebuilds_them(void **state)
{
	static struct history h;
	char dir[] = "/tmp/segue-rebuild-XXXXXX", path[64], file[80];
	struct post_queue posts;
	struct copying c = {.left = 0};
	struct buf here, there;
	struct step s = {.done = false};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/segue.db", dir);
	post_queue_init(&posts);
	live(&h, 11);
	struct store_sqlite_options opt = {.path = path, .readers = 1, .queue_max = 20000};

	assert_status(store_sqlite_open(&h.f.sim.sched, &posts.poster, &opt, &c.to), SG_OK);
	do {
		store_feed(h.f.inner, c.last, STORE_RANGE_MAX, on_feed, &c);
		fx_run(&h.f, 10);
		if (c.left)
			assert_true(post_queue_run(&posts, 20000, is_done, &c.step));
		c.step.done = false;
	} while (c.last < h.f.n_events);
	buf_init(&here, TABLES_DUMP_BYTES);
	buf_init(&there, TABLES_DUMP_BYTES);
	tables_dump(h.f.inner, &here, on_dumped, &s);
	wait_sim(&h.f, &s);
	check(c.to, wait_posts, &posts, &there, h.f.n_events);
	assert_string_equal(here.data, there.data);
	store_close(c.to);
	post_queue_fini(&posts);
	fx_close(&h.f);
	buf_fini(&here);
	buf_fini(&there);
	static const char *const files[] = {"segue.db", "segue.db-wal", "segue.db-shm",
					    "segue.db.lock"};

	for (unsigned i = 0; i < 4; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, files[i]);
		unlink(file);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rebuilt_views_are_those_written_live),
		cmocka_unit_test(a_rebuild_that_is_broken_off_leaves_word_of_it),
		cmocka_unit_test(events_too_large_for_one_write_together_are_rebuilt),
		cmocka_unit_test(sqlite_has_the_same_views_and_rebuilds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
