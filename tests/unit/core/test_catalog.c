/* The small rules: items, topics, rings, and the lists they are written in. */
#include <string.h>

#include "check.h"
#include "core/item.h"
#include "core/person.h"
#include "core/textlist.h"
#include "core/topic.h"

static unsigned words_of(const char *json, enum sg_status want_end)
{
	struct textlist l;
	struct str word;
	unsigned n = 0;
	enum sg_status st;

	textlist_init(&l, str_from(json));
	while ((st = textlist_next(&l, &word)) == SG_OK)
		n++;
	assert_status(st, want_end);
	return n;
}

static void a_list_of_words_is_read_where_it_lies(void **unused)
{
	(void)unused;
	struct textlist l;
	struct str word;

	textlist_init(&l, STR(" [ \"quote\" ,\n\"purchase\" ] "));
	assert_status(textlist_next(&l, &word), SG_OK);
	assert_true(str_eq(word, STR("quote")));
	assert_status(textlist_next(&l, &word), SG_OK);
	assert_true(str_eq(word, STR("purchase")));
	assert_status(textlist_next(&l, &word), SG_E_NOT_FOUND);
	assert_int_equal(words_of(NULL, SG_E_NOT_FOUND), 0);
	assert_int_equal(words_of("[]", SG_E_NOT_FOUND), 0);
	assert_int_equal(words_of("[\"\"]", SG_E_NOT_FOUND), 1);
}

static void what_is_no_list_of_plain_words_is_refused(void **unused)
{
	(void)unused;
	static const char *const bad[] = {
		"",           "x",        "[",        "[\"a\"", "[\"a",      "[\"a\" \"b\"]",
		"[,]",        "[\"a\",]", "[1]",      "[null]", "[[\"a\"]]", "[\"a\\n\"]",
		"[\"a\nb\"]", "[]]",      "[\"a\"],", "\"a\""};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		words_of(bad[i], SG_E_INPUT);
}

static void each_kind_of_item_has_its_states(void **unused)
{
	(void)unused;
	static const struct {
		const char *kind, *state;
		bool ok;
	} rows[] = {
		{"purchase", "delivered", true},  {"purchase", "", true},
		{"purchase", NULL, true},         {"purchase", "accepted", false},
		{"quote", "accepted", true},      {"quote", "delivered", false},
		{"enquiry", "answered", true},    {"enquiry", "shipped", false},
		{"marketing", "clicked", true},   {"marketing", "refunded", false},
		{"contract", "active", true},     {"contract", "delivered", false},
		{"purchase", "Delivered", false}, {"cheese", "", false},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(item_state_ok(item_kind_parse(str_from(rows[i].kind)),
					       str_from(rows[i].state)),
				 rows[i].ok);
	for (unsigned k = 1; k < ITEM_KIND_N; k++)
		assert_int_equal(item_kind_parse(str_from(item_kind_names[k])), k);
	assert_int_equal(item_kind_parse((struct str){0}), ITEM_KIND_NONE);
}

static void an_item_names_its_person_kind_and_title(void **unused)
{
	(void)unused;
	struct facts f = {0};

	assert_string_equal(item_fault(&f), "person");
	f.person.b[0] = 1;
	assert_string_equal(item_fault(&f), "kind");
	f.kind = STR("purchase");
	assert_string_equal(item_fault(&f), "title");
	f.title = STR("Two lamps");
	assert_null(item_fault(&f));
	f.state = STR("clicked");
	assert_string_equal(item_fault(&f), "state");
	f.state = STR("paid");
	f.amount = 4200;
	assert_string_equal(item_fault(&f), "currency");
	f.currency = STR("eur");
	assert_string_equal(item_fault(&f), "currency");
	f.currency = STR("EURO");
	assert_string_equal(item_fault(&f), "currency");
	f.currency = STR("EUR");
	assert_null(item_fault(&f));
}

static void topics_have_two_levels_and_no_third(void **unused)
{
	(void)unused;
	const struct sg_id a = {{1}}, b = {{2}}, c = {{3}};
	struct topic_place p = {.id = a, .has_children = true};

	assert_null(topic_place_fault(&p));
	p.parent = a;
	assert_string_equal(topic_place_fault(&p), "own_parent");
	p.parent = b;
	assert_string_equal(topic_place_fault(&p), "has_children");
	p.has_children = false;
	assert_null(topic_place_fault(&p));
	p.parents_parent = c;
	assert_string_equal(topic_place_fault(&p), "parent_is_second_level");
}

static void a_topic_fits_the_kinds_it_is_attached_to(void **unused)
{
	(void)unused;
	static const struct {
		const char *kinds, *kind;
		bool fits;
	} rows[] = {
		{NULL, "purchase", true},
		{"[]", "purchase", true},
		{"[]", "", true},
		{"[\"quote\",\"purchase\"]", "purchase", true},
		{"[\"quote\",\"purchase\"]", "enquiry", false},
		{"[\"quote\"]", "", false},
		{"[\"quote\"", "quote", false},
		{"nonsense", "quote", false},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(topic_fits(str_from(rows[i].kinds), str_from(rows[i].kind)),
				 rows[i].fits);
	assert_true(topic_kinds_ok(STR("[\"quote\",\"marketing\"]")));
	assert_true(topic_kinds_ok((struct str){0}));
	assert_false(topic_kinds_ok(STR("[\"cheese\"]")));
	assert_false(topic_kinds_ok(STR("[\"quote\"")));
}

static void an_email_address_is_looked_up_without_case(void **unused)
{
	char key[16];

	(void)unused;
	assert_int_equal(person_email_key(key, sizeof(key), STR("Ada@X.Example")), 13);
	assert_string_equal(key, "ada@x.example");
	person_email_key(key, sizeof(key), STR("\xc3\x84Z[@`{"));
	assert_string_equal(key, "\xc3\x84z[@`{"); /* ASCII only */
	assert_int_equal(person_email_key(key, sizeof(key), (struct str){0}), 0);
	assert_string_equal(key, "");
	assert_int_equal(person_email_key(key, 4, STR("ABCDEF")), 3);
	assert_string_equal(key, "abc");
}

static void a_closer_ring_is_never_treated_less_personally(void **unused)
{
	(void)unused;
	for (unsigned a = 0; a < RING_N; a++) {
		for (unsigned b = 0; b < RING_N; b++) {
			enum ring ra = (enum ring)a, rb = (enum ring)b;

			assert_false(person_is_closer(ra, rb) && person_is_closer(rb, ra));
			assert_int_equal(!person_is_closer(ra, rb) && !person_is_closer(rb, ra),
					 a == b);
			if (person_is_closer(ra, rb))
				assert_true(person_personal(ra) >= person_personal(rb));
		}
	}
	assert_true(person_is_closer(RING_CUSTOMER, RING_PROSPECT));
	assert_true(person_is_closer(RING_PUBLIC, RING_NONE));
	assert_int_equal(person_personal(RING_CUSTOMER), PERSONAL_FULL);
	assert_int_equal(person_personal(RING_PUBLIC), PERSONAL_NOTHING);
	assert_int_equal(person_personal(RING_NONE), PERSONAL_NOTHING);
}

static void purchases_are_shown_to_customers_only_and_nothing_to_the_public(void **unused)
{
	(void)unused;
	assert_true(person_may_be_shown(RING_CUSTOMER, STR("purchase")));
	assert_false(person_may_be_shown(RING_PROSPECT, STR("purchase")));
	assert_true(person_may_be_shown(RING_CUSTOMER, STR("contract")));
	assert_false(person_may_be_shown(RING_PROSPECT, STR("contract")));
	assert_true(person_may_be_shown(RING_PROSPECT, STR("quote")));
	assert_false(person_may_be_shown(RING_INFLUENCER, STR("quote")));
	assert_true(person_may_be_shown(RING_INFLUENCER, STR("marketing")));
	for (unsigned k = 1; k < ITEM_KIND_N; k++)
		assert_false(person_may_be_shown(RING_PUBLIC, str_from(item_kind_names[k])));
	assert_false(person_may_be_shown(RING_CUSTOMER, STR("cheese")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_words_is_read_where_it_lies),
		cmocka_unit_test(what_is_no_list_of_plain_words_is_refused),
		cmocka_unit_test(each_kind_of_item_has_its_states),
		cmocka_unit_test(an_item_names_its_person_kind_and_title),
		cmocka_unit_test(topics_have_two_levels_and_no_third),
		cmocka_unit_test(a_topic_fits_the_kinds_it_is_attached_to),
		cmocka_unit_test(an_email_address_is_looked_up_without_case),
		cmocka_unit_test(a_closer_ring_is_never_treated_less_personally),
		cmocka_unit_test(purchases_are_shown_to_customers_only_and_nothing_to_the_public),
	};
	return cmocka_run_group_tests_name("core/catalog", tests, NULL, NULL);
}
