#include "fixture.h"

#include <string.h>

static struct sg_id put(struct fx *f, struct event ev)
{
	struct fx_answer a;
	struct contact_call call = fx_call(ROLE_NONE, NULL, NULL, &a);

	if (sg_id_is_none(&ev.stream))
		ev.stream = fx_id(f);
	contact_put(f->app, &call, &ev, 1);
	fx_run(f, 20);
	assert_status(a.st, SG_OK);
	return ev.stream;
}

static struct sg_id topic(struct fx *f, const struct sg_id *id, const char *title,
			  const struct sg_id *parent, const struct sg_id *queue, int64_t position)
{
	struct event ev = {.kind = EVENT_TOPIC_PUT, .stream = id ? *id : SG_ID_NONE};

	ev.f.title = str_from(title);
	ev.f.parent = parent ? *parent : SG_ID_NONE;
	ev.f.queue = queue ? *queue : SG_ID_NONE;
	ev.f.position = position;
	ev.f.active = true;
	return put(f, ev);
}

static void check_order(struct fx *f, const char *const *titles, unsigned n)
{
	assert_int_equal(catalog_count(f->app->catalog, TABLE_TOPIC), n);
	for (unsigned i = 0; i < n; i++) {
		const struct catalog_entry *e = catalog_at(f->app->catalog, TABLE_TOPIC, i);

		assert_true(str_eq(e->row.v[TOPIC_COL_TITLE].s, str_from(titles[i])));
	}
}

static void it_is_fresh_and_in_order_before_and_after_a_restart(void **state)
{
	static struct fx f;
	static const char *const first[] = {"one", "two", "three"};
	static const char *const then[] = {"three", "one again", "two"};

	(void)state;
	fx_open(&f);
	struct sg_id three = topic(&f, NULL, "three", NULL, NULL, 30);
	struct sg_id one = topic(&f, NULL, "one", NULL, NULL, 10);

	topic(&f, NULL, "two", NULL, NULL, 20);
	check_order(&f, first, 3);
	topic(&f, &three, "three", NULL, NULL, 5);
	topic(&f, &one, "one again", NULL, NULL, 10);
	check_order(&f, then, 3);
	fx_restart(&f);
	check_order(&f, then, 3);
	fx_close(&f);
}

static void a_topic_has_a_path_and_the_queue_of_its_parent(void **state)
{
	static struct fx f;
	char path[64];

	(void)state;
	fx_open(&f);
	assert_true(sg_id_is_none(&(struct sg_id){{0}}));
	struct sg_id a = fx_queue(&f, "A"), b = fx_queue(&f, "B");
	struct sg_id up = topic(&f, NULL, "Heat pump", NULL, &b, 1);
	struct sg_id down = topic(&f, NULL, "It does not heat", &up, NULL, 1);
	struct sg_id other = topic(&f, NULL, "Other", NULL, NULL, 2);
	struct sg_id got = catalog_queue_for(f.app->catalog, &down);

	assert_true(sg_id_eq(&got, &b));
	got = catalog_queue_for(f.app->catalog, &other);
	assert_true(sg_id_eq(&got, &a));
	catalog_topic_path(f.app->catalog, &down, path, sizeof(path));
	assert_string_equal(path, "Heat pump › It does not heat");
	catalog_topic_path(f.app->catalog, &SG_ID_NONE, path, sizeof(path));
	assert_string_equal(path, "");
	catalog_topic_path(f.app->catalog, &down, path, 12);
	assert_true(str_is_utf8(str_from(path)));
	fx_close(&f);
}

static void an_agent_is_found_by_email_and_presence_follows(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	struct sg_id queue = fx_queue(&f, "A"), ada = fx_agent(&f, &queue, "Ada@Example.com", 1);
	const struct catalog_entry *e =
		catalog_agent_by_email(f.app->catalog, STR("aDA@example.COM"));

	assert_non_null(e);
	assert_true(sg_id_eq(&e->id, &ada));
	assert_int_equal(e->row.v[AGENT_COL_PRESENCE].i, PRESENCE_AVAILABLE);
	assert_null(catalog_agent_by_email(f.app->catalog, STR("ada@example.co")));
	assert_null(catalog_agent_by_email(f.app->catalog, STR("")));
	assert_null(catalog_find(f.app->catalog, TABLE_QUEUE, &ada));
	fx_close(&f);
}

static void an_articles_body_stays_in_the_store(void **state)
{
	static struct fx f;
	struct event ev = {.kind = EVENT_ARTICLE_PUT};

	(void)state;
	fx_open(&f);
	ev.f.title = STR("How to");
	ev.f.body = STR("a long text");
	ev.f.audience = AUDIENCE_PUBLIC;
	struct sg_id id = put(&f, ev);

	for (unsigned i = 0; i < 2; i++) {
		const struct catalog_entry *e = catalog_find(f.app->catalog, TABLE_ARTICLE, &id);

		assert_non_null(e);
		assert_true(str_eq(e->row.v[ARTICLE_COL_TITLE].s, STR("How to")));
		assert_null(e->row.v[ARTICLE_COL_BODY].s.p);
		fx_restart(&f);
	}
	fx_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_fresh_and_in_order_before_and_after_a_restart),
		cmocka_unit_test(a_topic_has_a_path_and_the_queue_of_its_parent),
		cmocka_unit_test(an_agent_is_found_by_email_and_presence_follows),
		cmocka_unit_test(an_articles_body_stays_in_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
