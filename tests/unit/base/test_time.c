#include <string.h>

#include "base/json.h"
#include "base/tape.h"
#include "check.h"
#include "helpers.h"

#define DAY_MS INT64_C(86400000)

static int64_t parsed(const char *text)
{
	int64_t ms = -77;

	assert_status(json_parse_time(str_from(text), &ms), SG_OK);
	return ms;
}

static void refused(const char *text)
{
	int64_t ms = -77;

	if (json_parse_time(str_from(text), &ms) != SG_E_INPUT)
		fail_msg("taken: %s", text);
	assert_int_equal(ms, -77);
}

static void known_times_are_right(void **unused)
{
	(void)unused;
	static const struct {
		int64_t ms;
		const char *text;
	} known[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
		{INT64_C(1795341600123), "2026-11-22T10:00:00.123Z"},
		{INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
		{INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
	};
	char text[32];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		json_format_time(known[i].ms, text);
		assert_string_equal(text, known[i].text);
		assert_int_equal(parsed(known[i].text), known[i].ms);
	}
}

static void day_makes_the_round_trip(int year, int month, int day, int64_t day_no)
{
	char want[64], got[32];
	int of_day = (int)((day_no * 7919 * 1009) % DAY_MS);

	(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
		       of_day / 3600000, of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
	json_format_time(day_no * DAY_MS + of_day, got);
	assert_string_equal(got, want);
	if (parsed(want) != day_no * DAY_MS + of_day)
		fail_msg("%s parsed wrongly", want);
}

/* The oracle counts days the slow way, one at a time with a table of months. */
static void every_month_end_and_each_seventh_day_makes_the_round_trip(void **unused)
{
	(void)unused;
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day_no = 0;

	for (int month_no = 0; month_no < (9999 - 1970 + 1) * 12; month_no++) {
		int year = 1970 + month_no / 12, month = month_no % 12 + 1;
		bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		int last = month_days[month - 1] + (is_leap && month == 2);
		for (int day = 1; day <= last; day++, day_no++)
			if (day == 1 || day == last || day_no % 7 == 0)
				day_makes_the_round_trip(year, month, day, day_no);
	}
	assert_int_equal(day_no * DAY_MS - 1, INT64_C(253402300799999));
}

static void days_that_no_calendar_has_are_refused(void **unused)
{
	(void)unused;
	refused("2023-02-29T00:00:00Z");
	refused("2100-02-29T00:00:00Z");
	refused("2200-02-29T00:00:00Z");
	refused("2300-02-29T00:00:00Z");
	refused("2024-02-30T00:00:00Z");
	refused("2024-04-31T00:00:00Z");
	refused("2024-00-10T00:00:00Z");
	refused("2024-13-10T00:00:00Z");
	refused("2024-01-00T00:00:00Z");
	refused("2024-01-32T00:00:00Z");
	assert_int_equal(parsed("2024-02-29T00:00:00Z"), INT64_C(1709164800000));
}

static void offsets_are_taken_off(void **unused)
{
	(void)unused;
	/* The examples of RFC 3339 section 5.8. */
	assert_int_equal(parsed("1996-12-19T16:39:57-08:00"), parsed("1996-12-20T00:39:57Z"));
	assert_int_equal(parsed("1985-04-12T23:20:50.52Z"), INT64_C(482196050520));
	assert_int_equal(parsed("1990-12-31T23:59:60Z"), parsed("1991-01-01T00:00:00Z"));
	assert_int_equal(parsed("1990-12-31T15:59:60-08:00"), parsed("1991-01-01T00:00:00Z"));
	assert_int_equal(parsed("2024-01-01T00:00:00+05:45"), parsed("2023-12-31T18:15:00Z"));
	assert_int_equal(parsed("2024-01-01t00:00:00z"), parsed("2024-01-01T00:00:00-00:00"));
}

static void fractions_are_cut_at_the_millisecond(void **unused)
{
	(void)unused;
	assert_int_equal(parsed("1970-01-01T00:00:00.1Z"), 100);
	assert_int_equal(parsed("1970-01-01T00:00:00.12Z"), 120);
	assert_int_equal(parsed("1970-01-01T00:00:00.1239999999999999999999Z"), 123);
	assert_int_equal(parsed("1970-01-01T00:00:00.0009Z"), 0);
	refused("1970-01-01T00:00:00.Z");
	refused("1970-01-01T00:00:00,5Z");
}

static void times_outside_the_years_are_refused(void **unused)
{
	(void)unused;
	refused("1969-12-31T23:59:59Z");
	refused("1970-01-01T00:00:00+00:01");
	refused("9999-12-31T23:59:59-00:01");
	refused("9999-12-31T23:59:60Z");
	assert_int_equal(parsed("1970-01-01T00:00:00-00:01"), 60000);
}

static void malformed_texts_are_refused(void **unused)
{
	(void)unused;
	static const char *const bad[] = {
		"",
		"2024-01-01",
		"2024-01-01T00:00:00",
		"2024-01-01 00:00:00Z",
		"2024-01-01T00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z",
		"2024-01-01T12:00:60Z",
		"2024-01-01T00:00:00Zx",
		"2024-01-01T00:00:00+0100",
		"2024-01-01T00:00:00+01:00x",
		"2024\r01-01T00:00:00Z",   /* a hyphen with a bit lost */
		"2024-01-01T00\03200:00Z", /* and a colon */
		"2024-01-01T00:00:00+01:60",
		"2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00 01:00",
		"+2024-01-01T00:00:00Z",
		"2024-1-01T00:00:00Z",
		"2024/01/01T00:00:00Z",
		" 2024-01-01T00:00:00Z",
		"10000-01-01T00:00:00Z",
		"2024-01-01\02400:00:00Z", /* T with a bit lost */
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(bad[i]);
	assert_status(json_parse_time((struct str){0}, &ms), SG_E_INPUT);
}

/* Cut anywhere, a time is no time: nothing past its end is read (ASan watches). */
static void every_cut_is_refused(void **unused)
{
	(void)unused;
	const char whole[] = "2024-02-29T23:59:59.123+05:30";

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char *copy = malloc(n ? n : 1);
		int64_t ms = 0;

		assert_non_null(copy);
		memcpy(copy, whole, n);
		assert_status(json_parse_time((struct str){copy, n}, &ms), SG_E_INPUT);
		free(copy);
	}
	assert_int_equal(parsed(whole), INT64_C(1709231399123));
}

static void a_changed_character_never_gives_a_time_that_prints_differently(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		char text[] = "2024-02-29T23:59:59.123Z", back[32];
		uint8_t bytes[16];
		struct tape t = {bytes, sizeof(bytes), 0};
		int64_t ms;

		tape_fill(seed, bytes, sizeof(bytes));
		for (uint32_t n = 1 + tape_below(&t, 3); n > 0; n--)
			text[tape_below(&t, sizeof(text) - 2)] = (char)('0' + tape_below(&t, 10));
		if (json_parse_time(str_from(text), &ms) != SG_OK)
			continue;
		if (strstr(text, ":60."))
			continue; /* a leap second prints as the next */
		json_format_time(ms, back);
		assert_string_equal(back, text);
	}
}

static void what_four_digits_cannot_say_becomes_the_nearest(void **unused)
{
	(void)unused;
	char text[32];

	json_format_time(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	json_format_time(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	json_format_time(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	json_format_time(INT64_C(-62162121600000), text); /* a leap day of year 0 */
	assert_string_equal(text, "0000-02-29T00:00:00.000Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times_are_right),
		cmocka_unit_test(every_month_end_and_each_seventh_day_makes_the_round_trip),
		cmocka_unit_test(days_that_no_calendar_has_are_refused),
		cmocka_unit_test(offsets_are_taken_off),
		cmocka_unit_test(fractions_are_cut_at_the_millisecond),
		cmocka_unit_test(times_outside_the_years_are_refused),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(a_changed_character_never_gives_a_time_that_prints_differently),
		cmocka_unit_test(what_four_digits_cannot_say_becomes_the_nearest),
	};
	return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
