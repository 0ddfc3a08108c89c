#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "app/codec.h"
#include "app/project.h"
#include "base/idmap.h"
#include "core/interaction.h"
#include "core/textlist.h"
#include "segue/demo/demo.h"
#include "sim/sched_sim.h"
#include "store/memory/store_memory.h"

enum {
	STEPS = 100000,
	PAGE = STORE_RANGE_MAX,
	FACTS_MAX = 1 << 20,
	BUSY_SEED = 3,
	BUSY_MS = 101400000
};
#define NOW_MS INT64_C(1795350000000)
#define DAYS(n) ((n)*INT64_C(86400000))
#define FNV_START UINT64_C(0xcbf29ce484222325)

struct world {
	struct sched_sim sim;
	struct store *store;
	struct demo_summary sum;
	char customer[100];
	unsigned done;
	enum sg_status st;
};

static void on_filled(enum sg_status st, const struct demo_summary *sum, void *arg)
{
	struct world *w = arg;

	w->done++;
	w->st = st;
	w->sum = *sum;
	str_copy(w->customer, sizeof(w->customer), sum->customer.email);
}

static struct world *fill_until(uint64_t seed, int64_t now_ms, unsigned contacts)
{
	struct world *w = calloc(1, sizeof(*w));
	struct demo_options opt = {.content_dir = DEMO_CONTENT,
				   .seed = seed,
				   .now_ms = now_ms,
				   .persons = 100,
				   .items = 300,
				   .contacts = contacts};

	sched_sim_init(&w->sim, NULL, 0);
	w->store = store_memory_new(&w->sim.sched);
	demo_fill(&w->sim.sched, w->store, &opt, on_filled, w);
	assert_int_equal(w->done, 0);
	sched_sim_run(&w->sim, STEPS);
	assert_int_equal(w->done, 1);
	assert_status(w->st, SG_OK);
	return w;
}

static struct world *fill(uint64_t seed)
{
	return fill_until(seed, NOW_MS, 200);
}

static void world_free(struct world *w)
{
	store_close(w->store);
	sched_sim_fini(&w->sim);
	free(w);
}

/* ---- walking the log ---- */

typedef void visit_fn(const struct log_event *ev, const struct facts *f, void *arg);

struct walk {
	struct world *world;
	visit_fn *visit;
	void *arg;
	uint64_t after;
	unsigned n;
};

static void on_page(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct walk *k = arg;

	assert_status(st, SG_OK);
	for (unsigned i = 0; i < n; i++) {
		struct arena texts;
		struct facts f;

		arena_init(&texts, FACTS_MAX);
		assert_status(codec_decode(ev[i].kind, ev[i].body, &texts, &f), SG_OK);
		k->visit(&ev[i], &f, k->arg);
		k->after = ev[i].pos;
		arena_fini(&texts);
	}
	k->n += n;
	if (n == PAGE)
		store_feed(k->world->store, k->after, PAGE, on_page, k);
}

static unsigned each_event(struct world *w, visit_fn *visit, void *arg)
{
	struct walk k = {.world = w, .visit = visit, .arg = arg};

	store_feed(w->store, 0, PAGE, on_page, &k);
	sched_sim_run(&w->sim, STEPS);
	return k.n;
}

static uint64_t fold(uint64_t h, const void *p, size_t n)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ at[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void add_to_hash(const struct log_event *ev, const struct facts *f, void *arg)
{
	uint64_t *h = arg;

	(void)f;
	*h = fold(*h, ev->stream.b, sizeof(ev->stream.b));
	*h = fold(*h, ev->id.b, sizeof(ev->id.b));
	*h = fold(*h, &ev->seq, sizeof(ev->seq));
	*h = fold(*h, &ev->kind, sizeof(ev->kind));
	*h = fold(*h, &ev->actor.role, sizeof(ev->actor.role));
	*h = fold(*h, ev->actor.id.b, sizeof(ev->actor.id.b));
	*h = fold(*h, &ev->at_ms, sizeof(ev->at_ms));
	*h = fold(*h, ev->body.p, ev->body.n);
}

static uint64_t log_hash(uint64_t seed)
{
	struct world *w = fill(seed);
	uint64_t h = FNV_START;

	assert_int_equal(each_event(w, add_to_hash, &h), w->sum.events);
	world_free(w);
	return h;
}

static void a_seed_gives_the_same_log_and_another_seed_another(void **unused)
{
	(void)unused;
	uint64_t first = log_hash(1);

	assert_true(first == log_hash(1));
	assert_true(first != log_hash(2));
}

/* ---- streams ---- */

struct streams {
	struct idmap seqs; /* uint64_t each */
	int64_t last_ms;
	unsigned n[STREAM_KIND_N];
};

static void check_place(const struct log_event *ev, const struct facts *f, void *arg)
{
	struct streams *s = arg;
	uint64_t *seq = idmap_find(&s->seqs, &ev->stream);

	(void)f;
	if (!seq) {
		seq = calloc(1, sizeof(*seq));
		idmap_put(&s->seqs, &ev->stream, seq);
		s->n[ev->stream_kind]++;
	}
	assert_int_equal(ev->seq, ++*seq);
	assert_true(ev->at_ms >= s->last_ms);
	assert_true(ev->at_ms < NOW_MS);
	s->last_ms = ev->at_ms;
}

static void free_seq(const struct sg_id *id, void *value, void *arg)
{
	(void)id;
	(void)arg;
	free(value);
}

static void streams_have_no_gaps_and_the_log_grows_in_time(void **unused)
{
	(void)unused;
	struct world *w = fill(3);
	struct streams s = {.last_ms = 0};

	idmap_init(&s.seqs);
	each_event(w, check_place, &s);
	assert_int_equal(s.n[STREAM_PERSON], 100);
	assert_int_equal(s.n[STREAM_ITEM], 300);
	assert_int_equal(s.n[STREAM_AGENT], 20);
	assert_int_equal(s.n[STREAM_TOPIC], 60);
	assert_int_equal(s.n[STREAM_ARTICLE], 72);
	assert_int_equal(s.n[STREAM_INTERACTION], w->sum.contacts);
	assert_int_equal(s.n[STREAM_CASE], w->sum.cases);
	/* Poisson with Gamma days: some 200 contacts */
	assert_in_range(w->sum.contacts, 140, 260);
	assert_true(w->sum.cases < w->sum.contacts); /* some came back */
	idmap_each(&s.seqs, free_seq, NULL);
	idmap_fini(&s.seqs);
	world_free(w);
}

/* ---- references ---- */

struct known {
	struct idmap kinds; /* id -> its stream's kind, as a number in a pointer */
	unsigned checked;
};

static void know_stream(const struct log_event *ev, const struct facts *f, void *arg)
{
	struct known *k = arg;

	(void)f;
	idmap_put(&k->kinds, &ev->stream, (void *)(uintptr_t)ev->stream_kind);
}

static void assert_is(struct known *k, const struct sg_id *id, enum stream_kind kind)
{
	if (sg_id_is_none(id))
		return;
	assert_int_equal((uintptr_t)idmap_find(&k->kinds, id), kind);
	k->checked++;
}

static void assert_all_are(struct known *k, struct str list, enum stream_kind kind)
{
	struct textlist l;
	struct str word;

	textlist_init(&l, list);
	while (textlist_next(&l, &word) == SG_OK) {
		struct sg_id id;

		assert_status(sg_id_parse(word, &id), SG_OK);
		assert_is(k, &id, kind);
	}
}

static void check_references(const struct log_event *ev, const struct facts *f, void *arg)
{
	struct known *k = arg;

	assert_is(k, &f->person, STREAM_PERSON);
	assert_is(k, &f->item, STREAM_ITEM);
	assert_is(k, &f->topic, STREAM_TOPIC);
	assert_is(k, &f->parent, STREAM_TOPIC);
	assert_is(k, &f->queue, STREAM_QUEUE);
	assert_is(k, &f->agent, STREAM_AGENT);
	assert_is(k, &f->case_id, STREAM_CASE);
	assert_is(k, &f->interaction, STREAM_INTERACTION);
	assert_all_are(k, f->queues, STREAM_QUEUE);
	assert_all_are(k, f->topics, STREAM_TOPIC);
	if (ev->actor.role != ROLE_NONE)
		assert_is(k, &ev->actor.id,
			  ev->actor.role == ROLE_CUSTOMER ? STREAM_PERSON : STREAM_AGENT);
}

static void whatever_is_named_exists(void **unused)
{
	(void)unused;
	struct world *w = fill(4);
	struct known k = {.checked = 0};

	idmap_init(&k.kinds);
	each_event(w, know_stream, &k);
	each_event(w, check_references, &k);
	assert_true(k.checked > w->sum.events);
	idmap_fini(&k.kinds);
	world_free(w);
}

/* ---- tables ---- */

struct reading {
	uint64_t hash;
	unsigned n;
	void (*visit)(const struct row *row, void *arg);
	void *arg;
};

static uint64_t hash_row(const struct row *r)
{
	const struct table_desc *t = &table_desc[r->table];
	uint64_t h = FNV_START;

	for (unsigned c = 0; c < t->n_cols; c++) {
		const struct value *v = &r->v[c];

		if (t->cols[c].type == COL_ID)
			h = fold(h, v->id.b, sizeof(v->id.b));
		else if (t->cols[c].type == COL_TEXT || t->cols[c].type == COL_JSON)
			h = fold(fold(h, v->s.p, v->s.n), &v->s.n, sizeof(v->s.n));
		else
			h = fold(h, &v->i, sizeof(v->i));
	}
	return h;
}

static void on_rows(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct reading *r = arg;

	assert_status(st, SG_OK);
	assert_true(n < PAGE); /* all of them */
	for (unsigned i = 0; i < n; i++) {
		r->hash += hash_row(&rows[i]);
		if (r->visit)
			r->visit(&rows[i], r->arg);
	}
	r->n = n;
}

static void read_range(struct world *w, const struct store_range *q, struct reading *r)
{
	store_range(w->store, q, on_rows, r);
	sched_sim_run(&w->sim, STEPS);
}

static const enum index whole[] = {
	INDEX_PERSON_BY_NAME,       INDEX_IDENTITY_BY_PERSON, INDEX_ITEM_BY_PERSON,
	INDEX_STUFF_BY_PERSON,      INDEX_TOPIC_BY_POSITION,  INDEX_ARTICLE_BY_TITLE,
	INDEX_QUEUE_BY_NAME,        INDEX_CANNED_BY_NAME,     INDEX_AGENT_BY_NAME,
	INDEX_CASE_BY_NUMBER,       INDEX_FEEDBACK_BY_AT,     INDEX_QUEUE_DAY_BY_DAY,
	INDEX_INTERACTION_BY_STATE,
};

enum { TABLES = sizeof(whole) / sizeof(whole[0]) };

static void read_tables(struct world *w, uint64_t hashes_out[TABLES])
{
	for (unsigned i = 0; i < TABLES; i++) {
		struct store_range q = {.index = whole[i], .limit = PAGE};
		struct reading r = {.hash = 0};

		read_range(w, &q, &r);
		assert_true(r.n > 0);
		hashes_out[i] = r.hash;
	}
}

static void on_done(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)done;
	(void)arg;
	assert_status(st, SG_OK);
}

static void project_again(const struct log_event *log, const struct facts *f, void *arg)
{
	struct world *w = arg;
	struct event ev = {.kind = log->kind,
			   .stream = log->stream,
			   .seq = log->seq,
			   .id = log->id,
			   .actor = log->actor,
			   .at_ms = log->at_ms,
			   .f = *f};
	struct projection p;

	project(&ev, &p);
	store_write(w->store, &(struct store_write){.rows = p.rows, .n_rows = p.n}, on_done, NULL);
}

static void views_rebuilt_from_the_log_are_the_same(void **unused)
{
	(void)unused;
	struct world *w = fill(5);
	uint64_t live[TABLES], rebuilt[TABLES];

	read_tables(w, live);
	w->store->ops->wipe_views(w->store, on_done, NULL);
	sched_sim_run(&w->sim, STEPS);
	each_event(w, project_again, w);
	read_tables(w, rebuilt);
	assert_memory_equal(live, rebuilt, sizeof(live));
	world_free(w);
}

static void no_contact_is_left_open_but_some_cases_are(void **unused)
{
	(void)unused;
	struct world *w = fill(6);
	struct store_range q = {.index = INDEX_INTERACTION_BY_STATE, .n_eq = 1, .limit = PAGE};
	unsigned open = 0;

	for (unsigned i = 0; i < INTERACTION_STATE_N; i++) {
		struct reading r = {.hash = 0};

		q.eq[0].s = str_from(interaction_state_names[i]);
		read_range(w, &q, &r);
		assert_int_equal(r.n, i == INTERACTION_CLOSED ? w->sum.contacts : 0);
	}
	q.index = INDEX_CASE_BY_STATUS;
	for (unsigned i = CASE_STATUS_OPEN; i <= CASE_STATUS_WAITING_COMPANY; i++) {
		struct reading r = {.hash = 0};

		q.eq[0] = (struct value){.i = i};
		read_range(w, &q, &r);
		open += r.n;
	}
	assert_int_equal(open, w->sum.open_cases);
	assert_in_range(open, 1, 40);
	world_free(w);
}

/* Monday at half past ten, with this seed, somebody would be talking. */
static void a_contact_that_would_outlast_the_present_did_not_begin(void **unused)
{
	(void)unused;
	struct world *w = fill_until(BUSY_SEED, NOW_MS + BUSY_MS, 6000);
	struct store_range q = {.index = INDEX_INTERACTION_BY_STATE, .n_eq = 1, .limit = PAGE};

	for (unsigned i = 0; i < INTERACTION_CLOSED; i++) {
		struct reading r = {.hash = 0};

		q.eq[0].s = str_from(interaction_state_names[i]);
		read_range(w, &q, &r);
		assert_int_equal(r.n, 0);
	}
	world_free(w);
}

/* ---- the summary ---- */

struct seen {
	struct world *w;
	bool pump, quote, told, open;
};

static void look_at_stuff(const struct row *row, void *arg)
{
	struct seen *s = arg;
	const struct value *v = row->v;
	struct str kind = v[STUFF_COL_KIND].s, state = v[STUFF_COL_STATE].s;
	int64_t due = v[STUFF_COL_DUE_AT].i;

	if (str_eq(kind, STR("purchase")) && str_eq(state, STR("delivered")))
		s->pump = true;
	if (str_eq(kind, STR("quote")) && str_eq(state, STR("open")))
		s->quote = due > NOW_MS && due < NOW_MS + DAYS(7);
	if (str_eq(kind, STR("case")) && v[STUFF_COL_NUMBER].i == s->w->sum.told_case)
		s->told = str_eq(state, STR("resolved"));
	if (str_eq(kind, STR("case")) && v[STUFF_COL_NUMBER].i == s->w->sum.open_case)
		s->open = str_eq(state, STR("waiting_company")) && due > NOW_MS;
}

static void look_at_case(const struct row *row, void *arg)
{
	*(int64_t *)arg = row->v[CASE_COL_FEEDBACK_VERSION].i;
}

static void the_customer_of_the_summary_has_what_is_promised(void **unused)
{
	(void)unused;
	struct world *w = fill(7);
	struct seen s = {.w = w};
	struct store_range q = {.index = INDEX_STUFF_BY_PERSON, .n_eq = 1, .limit = PAGE};
	struct reading r = {.visit = look_at_stuff, .arg = &s};
	int64_t versions = 0;

	q.eq[0].id = w->sum.customer.id;
	read_range(w, &q, &r);
	assert_true(s.pump && s.quote && s.told && s.open);
	assert_non_null(strchr(w->customer, '@'));

	q = (struct store_range){.index = INDEX_CASE_BY_NUMBER, .n_eq = 1, .limit = PAGE};
	q.eq[0].i = w->sum.told_case;
	r = (struct reading){.visit = look_at_case, .arg = &versions};
	read_range(w, &q, &r);
	assert_int_equal(versions, 2);
	world_free(w);
}

/* Addresses are plain ASCII in lower case, whatever the name. */
static void look_at_person(const struct row *row, void *arg)
{
	struct str email = row->v[PERSON_COL_EMAIL].s, name = row->v[PERSON_COL_NAME].s;
	unsigned *accents = arg;

	for (size_t i = 0; i < email.n; i++)
		assert_true(strchr("abcdefghijklmnopqrstuvwxyz0123456789.@-", email.p[i]) != NULL);
	assert_true(email.n > 3 && email.p[0] != '.');
	for (size_t i = 0; i < name.n; i++)
		*accents += (unsigned char)name.p[i] >= 0x80;
}

static void names_keep_their_accents_and_addresses_do_not(void **unused)
{
	(void)unused;
	struct world *w = fill(8);
	unsigned accents = 0;
	struct store_range q = {.index = INDEX_PERSON_BY_NAME, .limit = PAGE};
	struct reading r = {.visit = look_at_person, .arg = &accents};

	read_range(w, &q, &r);
	assert_int_equal(r.n, 100);
	assert_true(accents > 0);
	world_free(w);
}

/* ---- what goes wrong ---- */

struct broken {
	struct store store;
	unsigned writes, answered;
	store_done_cb *cb[8];
	void *arg[8];
};

static void answer_broken(void *arg)
{
	struct broken *b = arg;
	struct store_done done = {.pos = 1};
	unsigned i = b->answered++;

	b->cb[i](i == 1 ? SG_E_IO : SG_OK, &done, b->arg[i]);
}

static void write_broken(struct store *s, const struct store_write *w, store_done_cb *cb, void *arg)
{
	struct broken *b = (struct broken *)s;

	assert_true(w->n_events > 0);
	assert_true(b->writes - b->answered < 4);
	b->cb[b->writes] = cb;
	b->arg[b->writes++] = arg;
	sched_after(s->sched, 1, answer_broken, b);
}

static void a_write_that_fails_ends_it_once_the_others_are_answered(void **unused)
{
	(void)unused;
	static const struct store_ops ops = {.name = "broken", .write = write_broken};
	struct world w = {.done = 0};
	struct demo_options opt = {.content_dir = DEMO_CONTENT, .seed = 1, .now_ms = NOW_MS};

	sched_sim_init(&w.sim, NULL, 0);
	struct broken b = {.store = {.ops = &ops, .sched = &w.sim.sched}};

	demo_fill(&w.sim.sched, &b.store, &opt, on_filled, &w);
	sched_sim_run(&w.sim, STEPS);
	assert_int_equal(w.done, 1);
	assert_status(w.st, SG_E_IO);
	assert_int_equal(b.writes, b.answered);
	assert_int_equal(b.writes, 5); /* one more came between the first answer and the second */
	sched_sim_fini(&w.sim);
}

static void without_content_nothing_is_written(void **unused)
{
	(void)unused;
	struct world w = {.done = 0};
	struct demo_options opt = {.content_dir = "/nowhere", .seed = 1, .now_ms = NOW_MS};

	sched_sim_init(&w.sim, NULL, 0);
	demo_fill(&w.sim.sched, NULL, &opt, on_filled, &w);
	assert_int_equal(w.done, 0);
	sched_sim_run(&w.sim, STEPS);
	assert_int_equal(w.done, 1);
	assert_status(w.st, SG_E_IO);
	sched_sim_fini(&w.sim);
}

static void a_present_before_the_history_is_refused(void **unused)
{
	(void)unused;
	struct world w = {.done = 0};
	struct demo_options opt = {.content_dir = DEMO_CONTENT, .seed = 1, .now_ms = DAYS(300)};

	sched_sim_init(&w.sim, NULL, 0);
	demo_fill(&w.sim.sched, NULL, &opt, on_filled, &w);
	sched_sim_run(&w.sim, STEPS);
	assert_int_equal(w.done, 1);
	assert_status(w.st, SG_E_INPUT);
	sched_sim_fini(&w.sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_the_same_log_and_another_seed_another),
		cmocka_unit_test(streams_have_no_gaps_and_the_log_grows_in_time),
		cmocka_unit_test(whatever_is_named_exists),
		cmocka_unit_test(views_rebuilt_from_the_log_are_the_same),
		cmocka_unit_test(no_contact_is_left_open_but_some_cases_are),
		cmocka_unit_test(a_contact_that_would_outlast_the_present_did_not_begin),
		cmocka_unit_test(the_customer_of_the_summary_has_what_is_promised),
		cmocka_unit_test(names_keep_their_accents_and_addresses_do_not),
		cmocka_unit_test(a_write_that_fails_ends_it_once_the_others_are_answered),
		cmocka_unit_test(without_content_nothing_is_written),
		cmocka_unit_test(a_present_before_the_history_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
