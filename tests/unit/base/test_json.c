#include <jansson.h>
#include <string.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/tape.h"
#include "check.h"
#include "helpers.h"

static void wrote(struct json *j, const char *want)
{
	assert_status(json_end(j), SG_OK);
	assert_int_equal(j->out->len, strlen(want));
	assert_string_equal(j->out->data, want);
}

static void commas_stand_between_items_and_nowhere_else(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_begin_object(&j, NULL);
	json_begin_array(&j, "empty");
	json_close(&j);
	json_begin_object(&j, "none");
	json_close(&j);
	json_begin_array(&j, "list");
	json_int(&j, NULL, 1);
	json_begin_object(&j, NULL);
	json_bool(&j, "yes", true);
	json_bool(&j, "no", false);
	json_close(&j);
	json_begin_array(&j, NULL);
	json_add_null(&j, NULL);
	json_add_null(&j, NULL);
	json_close(&j);
	json_close(&j);
	json_cstr(&j, "last", "x");
	json_close(&j);
	wrote(&j, "{\"empty\":[],\"none\":{},\"list\":[1,{\"yes\":true,\"no\":false},[null,null]],"
		  "\"last\":\"x\"}");
}

static void what_is_absent_is_null(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_begin_object(&j, NULL);
	json_str(&j, "s", (struct str){0});
	json_str(&j, "e", STR(""));
	json_cstr(&j, "c", NULL);
	json_id(&j, "i", &SG_ID_NONE);
	json_time(&j, "t", 0);
	json_raw(&j, "r", (struct str){0});
	json_close(&j);
	wrote(&j, "{\"s\":null,\"e\":\"\",\"c\":null,\"i\":null,\"t\":null,\"r\":null}");
}

static void values_have_their_forms(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	struct json j;
	struct sg_id id;

	buf_init(&b, 4096);
	assert_status(sg_id_parse(STR("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), &id), SG_OK);
	json_init(&j, &b);
	json_begin_array(&j, NULL);
	json_int(&j, NULL, INT64_MIN);
	json_int(&j, NULL, INT64_MAX);
	json_int(&j, NULL, -10);
	json_int(&j, NULL, 0);
	json_id(&j, NULL, &id);
	json_time(&j, NULL, INT64_C(1795341600123));
	json_raw(&j, NULL, STR("{\"a\":[1]}"));
	json_close(&j);
	wrote(&j,
	      "[-9223372036854775808,9223372036854775807,-10,0,"
	      "\"017f22e2-79b0-7cc3-98c4-dc0c0c07398f\",\"2026-11-22T10:00:00.123Z\",{\"a\":[1]}]");
}

/* Every byte at every place of a word, so that both ways to scan meet it. */
static void every_byte_is_escaped_as_it_must_be(void **unused)
{
	(void)unused;
	for (int c = 0; c <= 0xff; c++) {
		char form[8];
		const char *short_forms = "\"\"\\\\\bb\ff\nn\rr\tt";
		if (c < 0x20)
			(void)snprintf(form, sizeof(form), "\\u%04x", (unsigned)c);
		else
			(void)snprintf(form, sizeof(form), c < 0x80 ? "%c" : "\xef\xbf\xbd", c);
		for (const char *p = short_forms; *p; p += 2)
			if (*p == (char)c)
				(void)snprintf(form, sizeof(form), "\\%c", p[1]);
		for (int at = 0; at < 20; at++) {
			SG_AUTO(buf) b;
			struct json j;
			char text[20], want[64];

			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			(void)snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", at,
				       "aaaaaaaaaaaaaaaaaaaa", form, 19 - at,
				       "aaaaaaaaaaaaaaaaaaaa");
			buf_init(&b, 4096);
			json_init(&j, &b);
			json_str(&j, NULL, (struct str){text, sizeof(text)});
			wrote(&j, want);
		}
	}
}

static void keys_are_escaped_like_values(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_begin_object(&j, NULL);
	json_int(&j, "a\"\n\xff", 1);
	json_close(&j);
	wrote(&j, "{\"a\\\"\\n\xef\xbf\xbd\":1}");
}

#define R "\xef\xbf\xbd"

static void malformed_utf8_becomes_one_replacement_a_part(void **unused)
{
	(void)unused;
	/* Tables 3-8 to 3-11 of The Unicode Standard 15.0, section 3.9. */
	const struct {
		struct str in;
		const char *want;
	} cases[] = {
		{STR("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), "\"" R R R R R R R R "A\""},
		{STR("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"), "\"" R R R R R R R R "A\""},
		{STR("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"), "\"" R R R R R "A" R R "B\""},
		{STR("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), "\"" R R R R "A\""},
		{STR("\xe2\x82"), "\"" R "\""},
		{STR("\xe2\x82\""), "\"" R "\\\"\""},
		{STR("abcdefgh\x80ijklmnop"), "\"abcdefgh" R "ijklmnop\""},
		{STR("\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9"),
		 "\"\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SG_AUTO(buf) b;
		struct json j;

		buf_init(&b, 4096);
		json_init(&j, &b);
		json_str(&j, NULL, cases[i].in);
		wrote(&j, cases[i].want);
	}
}

static void any_bytes_give_json_that_a_reader_takes(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 5000; seed++) {
		SG_AUTO(buf) b;
		struct json j;
		uint8_t bytes[128];
		char text[64];
		struct tape t = {bytes, sizeof(bytes), 0};

		tape_fill(seed, bytes, sizeof(bytes));
		size_t n = tape_below(&t, sizeof(text));
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(uint8_t)(tape_below(&t, 3) ? 'z' : tape_below(&t, 256));
		buf_init(&b, 4096);
		json_init(&j, &b);
		json_str(&j, NULL, (struct str){text, n});
		assert_status(json_end(&j), SG_OK);
		assert_true(utf8_oracle_all((const uint8_t *)b.data, b.len));
		json_t *read = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(read);
		if (utf8_oracle_all((const uint8_t *)text, n)) {
			assert_int_equal(json_string_length(read), n);
			assert_memory_equal(json_string_value(read), text, n);
		}
		json_decref(read);
	}
}

/* Writes a random value both here and as jansson's tree. */
static json_t *random_value(struct json *j, const char *key, struct tape *t, int depth)
{
	static const char *const texts[] = {"",
					    "plain",
					    "q\"b\\",
					    "\n\t\x01",
					    "\xe2\x82\xac euro",
					    "longer than eight bytes, clean"};
	static const char *const keys[] = {"a", "b\"", "c", "longer key than eight"};
	uint32_t kind = tape_below(t, depth < 6 ? 7 : 5), n = tape_below(t, 5);
	json_t *v;

	switch (kind) {
	case 0:
		json_add_null(j, key);
		return json_null();
	case 1:
		json_bool(j, key, n & 1);
		return json_boolean(n & 1);
	case 2:
		json_int(j, key, (int64_t)n * 1234567 - 2000000);
		return json_integer((json_int_t)n * 1234567 - 2000000);
	case 3:
	case 4:
		n = tape_below(t, sizeof(texts) / sizeof(*texts));
		json_cstr(j, key, texts[n]);
		return json_string(texts[n]);
	case 5:
		json_begin_array(j, key);
		v = json_array();
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(
				json_array_append_new(v, random_value(j, NULL, t, depth + 1)), 0);
		json_close(j);
		return v;
	default:
		json_begin_object(j, key);
		v = json_object();
		for (uint32_t i = 0; i < n && i < 4; i++)
			assert_int_equal(
				json_object_set_new(v, keys[i],
						    random_value(j, keys[i], t, depth + 1)),
				0);
		json_close(j);
		return v;
	}
}

static void random_trees_read_back_equal(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		SG_AUTO(buf) b;
		struct json j;
		uint8_t bytes[200];
		struct tape t = {bytes, sizeof(bytes), 0};

		tape_fill(seed, bytes, sizeof(bytes));
		buf_init(&b, 1 << 20);
		json_init(&j, &b);
		json_t *want = random_value(&j, NULL, &t, 0);
		assert_status(json_end(&j), SG_OK);
		json_t *read = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
		if (!read || !json_equal(read, want))
			fail_msg("seed %u: %s", (unsigned)seed, b.data);
		json_decref(read);
		json_decref(want);
	}
}

static void naughty_strings_read_back_equal(void **unused)
{
	(void)unused;
	SG_AUTO(buf) file;
	size_t i;
	json_t *item;

	buf_init(&file, 1 << 20);
	if (!shared_file("data/strings/blns.json", &file))
		return; /* said so above; cmocka's skip() is "not ok" to TAP */
	json_t *list = json_loadb(file.data, file.len, JSON_ALLOW_NUL, NULL);
	assert_non_null(list);
	assert_true(json_array_size(list) > 500);
	json_array_foreach(list, i, item)
	{
		SG_AUTO(buf) b;
		struct json j;

		buf_init(&b, 1 << 20);
		json_init(&j, &b);
		json_str(&j, NULL, (struct str){json_string_value(item), json_string_length(item)});
		assert_status(json_end(&j), SG_OK);
		json_t *read = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(read);
		assert_true(json_equal(read, item));
		json_decref(read);
	}
	json_decref(list);
}

static void kuhns_stress_test_is_replaced_part_by_part(void **unused)
{
	(void)unused;
	SG_AUTO(buf) file;
	SG_AUTO(buf) b;
	struct json j;
	size_t replaced = 0;

	buf_init(&file, 1 << 20);
	buf_init(&b, 1 << 20);
	if (!shared_file("data/strings/UTF-8-test.txt", &file))
		return; /* said so above; cmocka's skip() is "not ok" to TAP */
	json_init(&j, &b);
	json_str(&j, NULL, (struct str){file.data, file.len});
	assert_status(json_end(&j), SG_OK);
	json_t *read = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_non_null(read);
	json_decref(read);
	for (const char *p = b.data; (p = strstr(p, R)) != NULL; p += 3)
		replaced++;
	assert_int_equal(replaced, 375); /* counted with another decoder (CPython's) */
}

static void write_sample(struct json *j)
{
	json_begin_object(j, NULL);
	json_str(j, "text", STR("a \"quoted\" and \xff malformed text"));
	json_begin_array(j, "list");
	json_time(j, NULL, 1);
	json_int(j, NULL, -5);
	json_close(j);
	json_close(j);
}

static void a_full_buffer_is_told_at_the_end(void **unused)
{
	(void)unused;
	SG_AUTO(buf) whole;
	struct json j;

	buf_init(&whole, 4096);
	json_init(&j, &whole);
	write_sample(&j);
	assert_status(json_end(&j), SG_OK);
	for (size_t limit = 1; limit <= whole.len; limit++) {
		SG_AUTO(buf) b;

		buf_init(&b, limit);
		json_init(&j, &b);
		write_sample(&j);
		assert_status(json_end(&j), limit < whole.len ? SG_E_LIMIT : SG_OK);
		assert_true(b.len <= limit);
		assert_memory_equal(b.data ? b.data : "", whole.data, b.len);
	}
}

static void writing_goes_on_behind_what_the_buffer_holds(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	struct json j;

	buf_init(&b, 100);
	assert_status(buf_add(&b, "data: ", 6), SG_OK);
	json_init(&j, &b);
	json_int(&j, NULL, 7);
	assert_status(json_end(&j), SG_OK);
	assert_string_equal(b.data, "data: 7");
}

static void nest(int depth)
{
	SG_AUTO(buf) b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	for (int i = 0; i < depth; i++)
		json_begin_array(&j, NULL);
	for (int i = 0; i < depth; i++)
		json_close(&j);
	if (json_end(&j) != SG_OK)
		abort();
	char want[128];
	memset(want, '[', (size_t)depth);
	memset(want + depth, ']', (size_t)depth);
	assert_int_equal(b.len, 2 * depth);
	assert_memory_equal(b.data, want, (size_t)depth * 2);
}

static void nest_33(void)
{
	nest(33);
}

static void key_in_array(void)
{
	struct buf b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_begin_array(&j, NULL);
	json_int(&j, "key", 1);
}

static void no_key_in_object(void)
{
	struct buf b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_begin_object(&j, NULL);
	json_int(&j, NULL, 1);
}

static void left_open(void)
{
	struct buf b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_begin_object(&j, NULL);
	(void)!json_end(&j);
}

static void closed_too_often(void)
{
	struct buf b;
	struct json j;

	buf_init(&b, 4096);
	json_init(&j, &b);
	json_close(&j);
}

static void a_wrong_call_panics(void **unused)
{
	(void)unused;
	nest(32);
	assert_true(panics(nest_33));
	assert_true(panics(key_in_array));
	assert_true(panics(no_key_in_object));
	assert_true(panics(left_open));
	assert_true(panics(closed_too_often));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_items_and_nowhere_else),
		cmocka_unit_test(what_is_absent_is_null),
		cmocka_unit_test(values_have_their_forms),
		cmocka_unit_test(every_byte_is_escaped_as_it_must_be),
		cmocka_unit_test(keys_are_escaped_like_values),
		cmocka_unit_test(malformed_utf8_becomes_one_replacement_a_part),
		cmocka_unit_test(any_bytes_give_json_that_a_reader_takes),
		cmocka_unit_test(random_trees_read_back_equal),
		cmocka_unit_test(naughty_strings_read_back_equal),
		cmocka_unit_test(kuhns_stress_test_is_replaced_part_by_part),
		cmocka_unit_test(a_full_buffer_is_told_at_the_end),
		cmocka_unit_test(writing_goes_on_behind_what_the_buffer_holds),
		cmocka_unit_test(a_wrong_call_panics),
	};
	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
