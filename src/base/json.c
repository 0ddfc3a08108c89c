#include "base/json.h"

#include <string.h>

#include "base/base_priv.h"
#include "base/status.h"

enum { JSON_DEPTH = 32, INT_TEXT = 20 };

void json_init(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out, .st = SG_OK};
}

/* The path of every byte: in room that is already there it is a memcpy. */
static inline void put(struct json *j, const char *bytes, size_t n)
{
	struct buf *b = j->out;

	if (j->st != SG_OK)
		return;
	if (n < b->cap - b->len && n <= b->limit - b->len) {
		memcpy(b->data + b->len, bytes, n);
		b->len += n;
		b->data[b->len] = '\0';
	} else {
		j->st = buf_add(b, bytes, n);
	}
}

/* Bytes at p that stand in a JSON string as they are and are ASCII (RFC 8259 section 7), eight at a
 * time. Each term sets the top bit of a byte it objects to; a borrow can only come out of such a
 * byte, so no top bit means none was there. */
static size_t clean_run(const char *p, size_t n)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t i = 0;
	uint64_t v;

	for (; i + sizeof(v) <= n; i += sizeof(v)) {
		memcpy(&v, p + i, sizeof(v));
		uint64_t quote = (v ^ ones * '"') - ones;
		uint64_t slash = (v ^ ones * '\\') - ones;
		if (((v - ones * 0x20) | quote | slash | v) & ones * 0x80)
			break;
	}
	for (; i < n; i++) {
		uint8_t c = (uint8_t)p[i];
		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return i;
}

static void put_escape(struct json *j, char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char letter[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at) {
		put(j, (char[]){'\\', letter[at - plain]}, 2);
	} else {
		uint8_t u = (uint8_t)c;
		put(j, (char[]){'\\', 'u', '0', '0', digits[u >> 4], digits[u & 0x0f]}, 6);
	}
}

static void put_string(struct json *j, const char *p, size_t n)
{
	size_t from = 0, i = 0, len;

	put(j, "\"", 1);
	while ((i += clean_run(p + i, n - i)) < n) {
		bool is_ascii = (uint8_t)p[i] < 0x80;

		if (str_char_at(p + i, n - i, &len) && !is_ascii) {
			i += len; /* the run goes on through it */
			continue;
		}
		put(j, p + from, i - from);
		if (is_ascii)
			put_escape(j, p[i]);
		else
			put(j, "\xef\xbf\xbd", 3); /* U+FFFD */
		i += len;
		from = i;
	}
	if (n > from)
		put(j, p + from, n - from);
	put(j, "\"", 1);
}

/* What stands before a value: the comma if one is due, and the key in an object. */
static void lead_in(struct json *j, const char *key)
{
	if (j->depth == 0) {
		SG_ASSERT(key == NULL);
		return;
	}
	uint32_t bit = UINT32_C(1) << (j->depth - 1);

	SG_ASSERT((key == NULL) == ((j->is_array & bit) != 0));
	if (j->has_items & bit)
		put(j, ",", 1);
	j->has_items |= bit;
	if (key) {
		put_string(j, key, strlen(key));
		put(j, ":", 1);
	}
}

/* Depth and kind are kept up after a failure, too, so that the calls still pair. */
static void json_open(struct json *j, const char *key, bool is_array)
{
	SG_ASSERT(j->depth < JSON_DEPTH);
	lead_in(j, key);
	uint32_t bit = UINT32_C(1) << j->depth++;

	j->has_items &= ~bit;
	j->is_array = is_array ? j->is_array | bit : j->is_array & ~bit;
	put(j, is_array ? "[" : "{", 1);
}

void json_begin_object(struct json *j, const char *key)
{
	json_open(j, key, false);
}

void json_begin_array(struct json *j, const char *key)
{
	json_open(j, key, true);
}

void json_close(struct json *j)
{
	SG_ASSERT(j->depth > 0);
	j->depth--;
	put(j, j->is_array >> j->depth & 1 ? "]" : "}", 1);
}

void json_add_null(struct json *j, const char *key)
{
	lead_in(j, key);
	put(j, "null", 4);
}

void json_str(struct json *j, const char *key, struct str v)
{
	if (!v.p) {
		json_add_null(j, key);
		return;
	}
	lead_in(j, key);
	put_string(j, v.p, v.n);
}

void json_cstr(struct json *j, const char *key, const char *v)
{
	json_str(j, key, str_from(v));
}

void json_int(struct json *j, const char *key, int64_t v)
{
	char text[INT_TEXT];
	size_t at = sizeof(text);
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (v < 0)
		text[--at] = '-';
	lead_in(j, key);
	put(j, text + at, sizeof(text) - at);
}

void json_bool(struct json *j, const char *key, bool v)
{
	lead_in(j, key);
	if (v)
		put(j, "true", 4);
	else
		put(j, "false", 5);
}

void json_id(struct json *j, const char *key, const struct sg_id *v)
{
	char text[SG_ID_TEXT + 3];

	if (sg_id_is_none(v)) {
		json_add_null(j, key);
		return;
	}
	sg_id_text(v, text + 1);
	text[0] = text[SG_ID_TEXT + 1] = '"';
	lead_in(j, key);
	put(j, text, SG_ID_TEXT + 2);
}

void json_time(struct json *j, const char *key, int64_t unix_ms)
{
	char text[32];

	if (unix_ms == 0) {
		json_add_null(j, key);
		return;
	}
	json_format_time(unix_ms, text);
	lead_in(j, key);
	put(j, "\"", 1);
	put(j, text, strlen(text));
	put(j, "\"", 1);
}

void json_raw(struct json *j, const char *key, struct str json_text)
{
	if (!json_text.p) {
		json_add_null(j, key);
		return;
	}
	lead_in(j, key);
	put(j, json_text.p, json_text.n);
}

enum sg_status json_end(struct json *j)
{
	SG_ASSERT(j->depth == 0);
	return j->st;
}

/* Times. The calendar is Gregorian without end in both directions; days are counted in eras of 400
 * years that begin on 1 March of year 0, so that the leap day is the last of its year. Method:
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021), days_from_civil,
 * civil_from_days. */
enum {
	MS_PER_SECOND = 1000,
	MS_PER_DAY = 86400000,
	MINUTES_PER_DAY = 1440,
	DAYS_PER_ERA = 146097,
	DAYS_TO_1970 = 719468 /* from 0000-03-01 */
};

/* 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what four digits can say. */
#define TIME_MIN_MS INT64_C(-62167219200000)
#define TIME_MAX_MS INT64_C(253402300799999)

static int64_t days_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400; /* y >= 0 here */
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (int64_t)era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void civil_from_days(int64_t days, int *year_out, int *month_out, int *day_out)
{
	int64_t z = days + DAYS_TO_1970;
	int era = (int)((z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA);
	int day_of_era = (int)(z - (int64_t)era * DAYS_PER_ERA);
	int year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int mp = (5 * day_of_year + 2) / 153; /* months since March */

	*day_out = day_of_year - (153 * mp + 2) / 5 + 1;
	*month_out = mp < 10 ? mp + 3 : mp - 9;
	*year_out = year_of_era + era * 400 + (*month_out <= 2);
}

static char *put_digits(char *at, int value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + width;
}

void json_format_time(int64_t unix_ms, char out[32])
{
	int64_t ms = unix_ms < TIME_MIN_MS ? TIME_MIN_MS : unix_ms;
	int year, month, day;

	if (ms > TIME_MAX_MS)
		ms = TIME_MAX_MS;
	int64_t days = (ms - TIME_MIN_MS) / MS_PER_DAY;
	int of_day = (int)((ms - TIME_MIN_MS) % MS_PER_DAY);

	days += TIME_MIN_MS / MS_PER_DAY;
	civil_from_days(days, &year, &month, &day);
	char *p = put_digits(out, year, 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	p = put_digits(p, day, 2);
	*p++ = 'T';
	p = put_digits(p, of_day / 3600000, 2);
	*p++ = ':';
	p = put_digits(p, of_day / 60000 % 60, 2);
	*p++ = ':';
	p = put_digits(p, of_day / MS_PER_SECOND % 60, 2);
	*p++ = '.';
	p = put_digits(p, of_day % MS_PER_SECOND, 3);
	*p++ = 'Z';
	*p = '\0';
}

/* Takes exactly width digits, then the character `then` unless that is 0; -1 when they are not
 * there. */
static int take(struct str *s, size_t width, char then)
{
	int value = 0;

	if (s->n < width + (then != 0))
		return -1;
	for (size_t i = 0; i < width; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return -1;
		value = value * 10 + (s->p[i] - '0');
	}
	if (then && (s->p[width] | (then == 't' ? 0x20 : 0)) != then)
		return -1;
	s->p += width + (then != 0);
	s->n -= width + (then != 0);
	return value;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

/* full-date "T" */
static enum sg_status take_date(struct str *s, int64_t *days_out)
{
	int year = take(s, 4, '-');
	int month = take(s, 2, '-');
	int day = take(s, 2, 't');

	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return SG_E_INPUT;
	*days_out = days_from_civil(year, month, day);
	return SG_OK;
}

/* [time-secfrac]; digits past the third are cut off. */
static enum sg_status take_fraction(struct str *s, int *ms_out)
{
	int ms = 0, weight = 100;

	if (s->n > 0 && s->p[0] == '.') {
		s->p++;
		s->n--;
		if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
			return SG_E_INPUT;
		for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; s->p++, s->n--) {
			ms += (s->p[0] - '0') * weight;
			weight /= 10;
		}
	}
	*ms_out = ms;
	return SG_OK;
}

/* "Z" or numeric offset, and nothing after it. */
static enum sg_status take_offset(struct str *s, int *minutes_out)
{
	if (s->n == 1 && (s->p[0] | 0x20) == 'z') {
		*minutes_out = 0;
		return SG_OK;
	}
	if (s->n != 6 || (s->p[0] != '+' && s->p[0] != '-'))
		return SG_E_INPUT;
	int sign = s->p[0] == '-' ? -1 : 1;
	s->p++;
	s->n--;
	int hours = take(s, 2, ':');
	int minutes = take(s, 2, 0);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return SG_E_INPUT;
	*minutes_out = sign * (hours * 60 + minutes);
	return SG_OK;
}

enum sg_status json_parse_time(struct str s, int64_t *unix_ms_out)
{
	int64_t days;
	int ms, offset;

	SG_TRY(take_date(&s, &days));
	int hour = take(&s, 2, ':');
	int minute = take(&s, 2, ':');
	int second = take(&s, 2, 0);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return SG_E_INPUT;
	SG_TRY(take_fraction(&s, &ms));
	SG_TRY(take_offset(&s, &offset));
	int64_t minutes = days * MINUTES_PER_DAY + (hour * 60 + minute - offset);
	/* A leap second ends a day of UTC; like POSIX we count it as the first of the next. */
	if (second == 60 && (minutes + 1) % MINUTES_PER_DAY != 0)
		return SG_E_INPUT;
	int64_t total_ms = (minutes * 60 + second) * MS_PER_SECOND + ms;
	if (total_ms < 0 || total_ms > TIME_MAX_MS)
		return SG_E_INPUT;
	*unix_ms_out = total_ms;
	return SG_OK;
}
