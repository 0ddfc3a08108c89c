#include "net/net_priv.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void check_target(const char *given, const char *path, const char *query)
{
	char target[256];
	struct str p, q;

	str_copy(target, sizeof(target), str_from(given));
	assert_status(http_parse_target(target, &p, &q), SG_OK);
	assert_true(str_eq(p, str_from(path)));
	assert_true(str_eq(q, str_from(query)));
}

static void a_target_becomes_path_and_query(void **unused)
{
	(void)unused;
	check_target("/", "/", "");
	check_target("/a/b?x=1&y=%41", "/a/b", "x=1&y=%41");
	check_target("/a%20b%2Fc", "/a b/c", "");
	check_target("/%c3%a9", "/\xc3\xa9", "");
	check_target("/a?", "/a", "");
	check_target("/a?b?c", "/a", "b?c");
	check_target("/..a/b../...", "/..a/b../...", "");
	check_target("/a+b", "/a+b", "");
}

static void odd_targets_are_refused(void **unused)
{
	static const char *const odd[] = {
		"",      "a",      "*",     "http://h/",   "//%",     "/%",
		"/%4",   "/%4g",   "/%g4",  "/%00",        "/%0a",    "/%7f",
		"/a b",  "/a\tb",  "/\x80", "/%80",        "/%c0%af", "/%ed%a0%80",
		"/..",   "/../a",  "/a/..", "/a/%2e%2e/b", "/a/.%2e", "/a%2f..%2fb",
		"/a\\b", "/a%5cb", "/a#b",  "?a"};
	char target[64];
	struct str p, q;

	(void)unused;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		str_copy(target, sizeof(target), str_from(odd[i]));
		if (!*odd[i] || strlen(target) == strlen(odd[i])) {
			assert_status(http_parse_target(target, &p, &q), SG_E_INPUT);
			continue;
		}
		/* str_copy may cut malformed text: take it as it is. */
		memcpy(target, odd[i], strlen(odd[i]) + 1);
		assert_status(http_parse_target(target, &p, &q), SG_E_INPUT);
	}
}

static void a_query_value_is_decoded(void **unused)
{
	char out[16];

	(void)unused;
	assert_status(http_parse_query(STR("a=1&b=x%20y+z&c"), "b", out, sizeof(out)), SG_OK);
	assert_string_equal(out, "x y z");
	assert_status(http_parse_query(STR("a=1&b=2"), "a", out, sizeof(out)), SG_OK);
	assert_string_equal(out, "1");
	assert_status(http_parse_query(STR("a=1&c"), "c", out, sizeof(out)), SG_OK);
	assert_string_equal(out, "");
	assert_status(http_parse_query(STR("%61=1"), "a", out, sizeof(out)), SG_OK);
	assert_status(http_parse_query(STR("a=b=c"), "a", out, sizeof(out)), SG_OK);
	assert_string_equal(out, "b=c");
}

static void a_query_that_is_wrong_says_how(void **unused)
{
	char out[4];

	(void)unused;
	assert_status(http_parse_query(STR(""), "a", out, sizeof(out)), SG_E_NOT_FOUND);
	assert_status(http_parse_query(STR("aa=1&b=2"), "a", out, sizeof(out)), SG_E_NOT_FOUND);
	assert_status(http_parse_query(STR("a=1&a=1"), "a", out, sizeof(out)), SG_E_INPUT);
	assert_status(http_parse_query(STR("a=%"), "a", out, sizeof(out)), SG_E_INPUT);
	assert_status(http_parse_query(STR("a=%ff"), "a", out, sizeof(out)), SG_E_INPUT);
	assert_status(http_parse_query(STR("a=%00"), "a", out, sizeof(out)), SG_E_INPUT);
	assert_status(http_parse_query(STR("a=abc"), "a", out, sizeof(out)), SG_OK);
	assert_status(http_parse_query(STR("a=abcd"), "a", out, sizeof(out)), SG_E_LIMIT);
}

static void check_cookie(const char *header, const char *name, const char *value)
{
	struct str got = http_parse_cookie(str_from(header), name);

	if (!value)
		assert_null(got.p);
	else
		assert_true(str_eq(got, str_from(value)));
}

static void cookies_are_found_by_their_whole_name(void **unused)
{
	(void)unused;
	check_cookie("sid=1", "sid", "1");
	check_cookie("a=b; sid=1; c=d", "sid", "1");
	check_cookie("a=b;sid=1;c=d", "sid", "1");
	check_cookie("xsid=2; sidx=3", "sid", NULL);
	check_cookie("Sid=2", "sid", NULL);
	check_cookie("sid=", "sid", "");
	check_cookie("sid", "sid", NULL);
	check_cookie("sid=a=b", "sid", "a=b");
	check_cookie("sid=1; sid=2", "sid", "1");
	check_cookie("", "sid", NULL);
	check_cookie(NULL, "sid", NULL);
	check_cookie(";;; sid=1 ;", "sid", "1");
}

static void tokens_in_lists_are_compared_without_case(void **unused)
{
	(void)unused;
	assert_true(http_parse_has_token(STR("keep-alive, Upgrade"), "upgrade"));
	assert_true(http_parse_has_token(STR("upgrade"), "upgrade"));
	assert_false(http_parse_has_token(STR("upgraded, no-upgrade"), "upgrade"));
	assert_false(http_parse_has_token((struct str){NULL, 0}, "upgrade"));
}

static void codings_have_weights(void **unused)
{
	(void)unused;
	assert_int_equal(http_parse_coding(STR("gzip, br"), "br"), 1000);
	assert_int_equal(http_parse_coding(STR("gzip;q=0.5"), "gzip"), 500);
	assert_int_equal(http_parse_coding(STR("gzip; q=0.123"), "gzip"), 123);
	assert_int_equal(http_parse_coding(STR("gzip;q=0"), "gzip"), 0);
	assert_int_equal(http_parse_coding(STR("gzip;q=0.000, *"), "gzip"), 0);
	assert_int_equal(http_parse_coding(STR("*;q=0.3, gzip"), "br"), 300);
	assert_int_equal(http_parse_coding(STR("gzip"), "br"), -1);
	assert_int_equal(http_parse_coding(STR("GZIP;Q=1"), "gzip"), 1000);
	assert_int_equal(http_parse_coding(STR("gzip;q=2"), "gzip"), 0);
	assert_int_equal(http_parse_coding(STR("gzip;q=1.001"), "gzip"), 0);
	assert_int_equal(http_parse_coding(STR("gzip;q=x"), "gzip"), 0);
	assert_int_equal(http_parse_coding(STR("gzip;q=0.1234"), "gzip"), 0);
	assert_int_equal(http_parse_coding(STR(""), "gzip"), -1);
}

static void tags_are_compared_weakly(void **unused)
{
	(void)unused;
	assert_true(http_parse_etag(STR("\"a\""), "\"a\""));
	assert_true(http_parse_etag(STR("W/\"a\""), "\"a\""));
	assert_true(http_parse_etag(STR("\"b\", \"a\""), "\"a\""));
	assert_true(http_parse_etag(STR("*"), "\"a\""));
	assert_false(http_parse_etag(STR("\"ab\""), "\"a\""));
	assert_false(http_parse_etag(STR("a"), "\"a\""));
	assert_false(http_parse_etag(STR(""), "\"a\""));
}

static void check_range(const char *v, enum http_range want, uint64_t from, uint64_t to)
{
	uint64_t a = 0, b = 0;

	assert_int_equal(http_parse_range(str_from(v), 10, &a, &b), want);
	assert_int_equal(a, from);
	assert_int_equal(b, to);
}

static void ranges_are_cut_to_the_file(void **unused)
{
	(void)unused;
	check_range("bytes=0-0", HTTP_RANGE_PART, 0, 1);
	check_range("bytes=2-5", HTTP_RANGE_PART, 2, 6);
	check_range("bytes=5-", HTTP_RANGE_PART, 5, 10);
	check_range("bytes=5-99", HTTP_RANGE_PART, 5, 10);
	check_range("bytes=-3", HTTP_RANGE_PART, 7, 10);
	check_range("bytes=-99", HTTP_RANGE_PART, 0, 10);
	check_range("Bytes=0-", HTTP_RANGE_PART, 0, 10);
	check_range("bytes=10-", HTTP_RANGE_BAD, 0, 0);
	check_range("bytes=-0", HTTP_RANGE_BAD, 0, 0);
	check_range("bytes=5-2", HTTP_RANGE_NONE, 0, 0);
	check_range("bytes=0-1,3-4", HTTP_RANGE_NONE, 0, 0);
	check_range("bytes=-", HTTP_RANGE_NONE, 0, 0);
	check_range("bytes=", HTTP_RANGE_NONE, 0, 0);
	check_range("bytes=5", HTTP_RANGE_NONE, 0, 0);
	check_range("lines=0-1", HTTP_RANGE_NONE, 0, 0);
	check_range("bytes=0-99999999999999999999", HTTP_RANGE_NONE, 0, 0);
}

static struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse(str_from(text), &a));
	return a;
}

static void addresses_are_counted_each_for_itself(void **unused)
{
	struct addresses t;
	char text[32];
	struct address a;

	(void)unused;
	addresses_init(&t);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			snprintf(text, sizeof(text), "10.%d.%d.1", i / 256, i % 256);
			a = address_of(text);
			for (int k = 0; k <= i % 3; k++)
				addresses_add(&t, &a);
		}
		for (int i = 0; i < 1000; i++) {
			snprintf(text, sizeof(text), "10.%d.%d.1", i / 256, i % 256);
			a = address_of(text);
			assert_int_equal(addresses_count(&t, &a), i % 3 + 1);
			for (int k = 0; k <= i % 3; k++)
				addresses_drop(&t, &a);
			assert_int_equal(addresses_count(&t, &a), 0);
		}
		assert_int_equal(t.n, 0);
	}
	addresses_fini(&t);
}

static void an_ipv6_network_counts_as_one(void **unused)
{
	struct addresses t;
	struct address a = address_of("2001:db8::1"), b = address_of("2001:db8::ffff:2"),
		       c = address_of("2001:db8:0:1::1");

	(void)unused;
	addresses_init(&t);
	addresses_add(&t, &a);
	assert_int_equal(addresses_count(&t, &b), 1);
	assert_int_equal(addresses_count(&t, &c), 0);
	addresses_drop(&t, &b);
	assert_int_equal(addresses_count(&t, &a), 0);
	addresses_fini(&t);
}

static void addresses_are_read_and_written(void **unused)
{
	char text[INET6_ADDRSTRLEN];
	struct address a = address_of("192.0.2.7");

	(void)unused;
	address_text(&a, text);
	assert_string_equal(text, "192.0.2.7");
	a = address_of("::ffff:192.0.2.7");
	address_text(&a, text);
	assert_string_equal(text, "192.0.2.7");
	a = address_of("127.3.2.1");
	assert_true(address_is_loopback(&a));
	a = address_of("::1");
	assert_true(address_is_loopback(&a));
	a = address_of("128.0.0.1");
	assert_false(address_is_loopback(&a));
	assert_false(address_parse(STR("1.2.3"), &a));
	assert_false(address_parse(STR("1.2.3.4:80"), &a));
	assert_false(address_parse(STR(""), &a));
	assert_false(address_parse(STR("localhost"), &a));
}

static void a_number_is_never_given_twice(void **unused)
{
	struct slots t;
	int x[200];
	uint64_t id[200], old;

	(void)unused;
	slots_init(&t);
	assert_null(slots_find(&t, 0));
	for (int i = 0; i < 200; i++) {
		id[i] = slots_add(&t, &x[i]);
		assert_int_not_equal(id[i], 0);
	}
	for (int i = 0; i < 200; i++)
		assert_ptr_equal(slots_find(&t, id[i]), &x[i]);
	old = id[7];
	slots_remove(&t, old);
	slots_remove(&t, old);
	assert_null(slots_find(&t, old));
	assert_int_equal(t.n, 199);
	id[7] = slots_add(&t, &x[7]);
	assert_int_not_equal(id[7], old);
	assert_null(slots_find(&t, old));
	assert_ptr_equal(slots_find(&t, id[7]), &x[7]);
	assert_null(slots_find(&t, id[7] + (1u << 20)));
	slots_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_becomes_path_and_query),
		cmocka_unit_test(odd_targets_are_refused),
		cmocka_unit_test(a_query_value_is_decoded),
		cmocka_unit_test(a_query_that_is_wrong_says_how),
		cmocka_unit_test(cookies_are_found_by_their_whole_name),
		cmocka_unit_test(tokens_in_lists_are_compared_without_case),
		cmocka_unit_test(codings_have_weights),
		cmocka_unit_test(tags_are_compared_weakly),
		cmocka_unit_test(ranges_are_cut_to_the_file),
		cmocka_unit_test(addresses_are_counted_each_for_itself),
		cmocka_unit_test(an_ipv6_network_counts_as_one),
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(a_number_is_never_given_twice),
	};

	return cmocka_run_group_tests_name("http_parse", tests, NULL, NULL);
}
