#include "api/text.h"

#include <inttypes.h>

#include "base/id.h"
#include "base/json.h"

bool text_is_clean(struct str text, bool allow_lines)
{
	if (!str_is_utf8(text))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool is_line = c == '\n' || c == '\r' || c == '\t';
		if ((c < 0x20 && !(allow_lines && is_line)) || c == 0x7f)
			return false;
		/* U+0080..U+009F; that the text is UTF-8 says there is a next byte */
		if (c == 0xc2 && (unsigned char)text.p[i + 1] < 0xa0)
			return false;
	}
	return true;
}

enum sg_status text_int(struct str text, int64_t *v_out)
{
	bool is_negative = text.n && text.p[0] == '-';
	size_t i = is_negative ? 1 : 0;
	int64_t v = 0;
	if (i == text.n || (text.p[i] == '0' && text.n > 1))
		return SG_E_INPUT;
	for (; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return SG_E_INPUT;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, text.p[i] - '0', &v))
			return SG_E_INPUT;
	}
	/* gathered below zero, where there is one value more */
	if (!is_negative && v == INT64_MIN)
		return SG_E_INPUT;
	*v_out = is_negative ? v : -v;
	return SG_OK;
}

enum sg_status text_check_int(const struct schema_field *f, int64_t v, const char *where,
			      struct problem *problem_out)
{
	if (v >= f->min && v <= f->max)
		return SG_OK;
	*problem_out = problem_field(where, "must be a number from %" PRId64 " to %" PRId64, f->min,
				     f->max);
	return SG_E_INPUT;
}

static enum sg_status check_chars(const struct schema_field *f, struct str text, const char *where,
				  struct problem *problem_out)
{
	bool allow_lines = f->kind == SCHEMA_TEXT;
	if (!text_is_clean(text, allow_lines)) {
		*problem_out = problem_field(
			where, allow_lines ? "must be text without control characters"
					   : "must be one line without control characters");
		return SG_E_INPUT;
	}
	int64_t n = (int64_t)str_chars(text);
	if (n >= f->min && n <= f->max)
		return SG_OK;
	*problem_out = problem_field(
		where, "must have %" PRId64 " to %" PRId64 " characters; it has %" PRId64, f->min,
		f->max, n);
	return SG_E_INPUT;
}

static enum sg_status check_enum(const struct schema_field *f, struct str text, const char *where,
				 struct problem *problem_out)
{
	for (unsigned i = f->may_be_none ? 0 : 1; i < f->n_names; i++)
		if (str_eq(text, str_from(f->names[i])))
			return SG_OK;
	*problem_out =
		problem_field(where, "must be one of the names known, as \"%s\"", f->names[1]);
	return SG_E_INPUT;
}

enum sg_status text_check(const struct schema_field *f, struct str text, const char *where,
			  struct problem *problem_out)
{
	struct sg_id id;
	int64_t ms;
	switch (f->kind) {
	case SCHEMA_ID:
		if (sg_id_parse(text, &id) == SG_OK && !sg_id_is_none(&id))
			return SG_OK;
		*problem_out = problem_field(where, "must be an id");
		return SG_E_INPUT;
	case SCHEMA_TIME:
		if (json_parse_time(text, &ms) == SG_OK)
			return SG_OK;
		*problem_out = problem_field(where, "must be a time, as \"2026-11-22T10:00:00Z\"");
		return SG_E_INPUT;
	case SCHEMA_ENUM:
		return check_enum(f, text, where, problem_out);
	case SCHEMA_TEXT:
	case SCHEMA_LINE:
		return check_chars(f, text, where, problem_out);
	case SCHEMA_BOOL:
	case SCHEMA_JSON:
	case SCHEMA_INT:
	case SCHEMA_OBJECT:
		break;
	}
	sg_panic("not a kind that is written as text", __FILE__, __LINE__, __func__);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum sg_status text_unescape(struct str raw, char *out, size_t cap, struct str *text_out)
{
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];
		if (n == cap)
			return SG_E_LIMIT;
		if (c == '%') {
			if (raw.n - i < 3 || hex_value(raw.p[i + 1]) < 0 ||
			    hex_value(raw.p[i + 2]) < 0)
				return SG_E_INPUT;
			c = (char)(hex_value(raw.p[i + 1]) << 4 | hex_value(raw.p[i + 2]));
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		out[n++] = c;
	}
	*text_out = (struct str){out, n};
	return SG_OK;
}
