#include "api/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "api/text.h"

/* Where we are: the field's name in full ("articles[2].helped"), and how deep. */
struct walk {
	char where[sizeof(((struct problem *)0)->field)];
	size_t n;
	unsigned depth;
	struct problem *problem_out;
};

static const struct schema no_fields = {.name = "", .fields = NULL, .n = 0};

static enum sg_status check_object(struct walk *w, const struct schema *s, const json_t *value);

/* Goes one name deeper; *n_out is where to come back to. What does not fit is cut. */
static void enter(struct walk *w, size_t *n_out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void enter(struct walk *w, size_t *n_out, const char *fmt, ...)
{
	va_list args;
	*n_out = w->n;
	va_start(args, fmt);
	int n = vsnprintf(w->where + w->n, sizeof(w->where) - w->n, fmt, args);
	va_end(args);
	SG_ASSERT(n >= 0);
	w->n = w->n + (size_t)n < sizeof(w->where) ? w->n + (size_t)n : sizeof(w->where) - 1;
}

static void enter_field(struct walk *w, size_t *n_out, const char *name)
{
	enter(w, n_out, "%s%s", w->n ? "." : "", name);
}

static void leave(struct walk *w, size_t n)
{
	w->n = n;
	w->where[n] = 0;
}

static enum sg_status refuse(struct walk *w, const char *detail)
{
	*w->problem_out = problem_field(w->where, "%s", detail);
	return SG_E_INPUT;
}

static const struct schema_field *field_of(const struct schema *s, struct str name)
{
	for (unsigned i = 0; i < s->n; i++)
		if (str_eq(str_from(s->fields[i].name), name))
			return &s->fields[i];
	return NULL;
}

static struct str string_of(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

/* jansson's iterators take what they do not change without const. */
static json_t *lent(const json_t *v)
{
	union {
		const json_t *given;
		json_t *lent;
	} u = {.given = v};
	return u.lent;
}

static enum sg_status check_free(struct walk *w, const json_t *v);

static enum sg_status check_free_members(struct walk *w, const json_t *v)
{
	for (void *it = json_object_iter(lent(v)); it; it = json_object_iter_next(lent(v), it)) {
		if (!text_is_clean(str_from(json_object_iter_key(it)), false))
			return refuse(w, "must have no control characters in its names");
		SG_TRY(check_free(w, json_object_iter_value(it)));
	}
	return SG_OK;
}

/* Free JSON: nothing is known of it but depth and characters. */
static enum sg_status check_free(struct walk *w, const json_t *v)
{
	if (json_is_string(v))
		return text_is_clean(string_of(v), true)
			       ? SG_OK
			       : refuse(w, "must have no control characters");
	if (!json_is_object(v) && !json_is_array(v))
		return SG_OK;
	if (++w->depth > SCHEMA_DEPTH_MAX)
		return refuse(w, "is nested too deep");
	for (size_t i = 0; i < json_array_size(v); i++)
		SG_TRY(check_free(w, json_array_get(v, i)));
	SG_TRY(check_free_members(w, v));
	w->depth--;
	return SG_OK;
}

static enum sg_status check_json(struct walk *w, const json_t *v)
{
	if (!json_is_object(v))
		return refuse(w, "must be an object");
	SG_TRY(check_free(w, v));
	if (json_dumpb(v, NULL, 0, JSON_COMPACT) > SCHEMA_JSON_MAX)
		return refuse(w, "is too large");
	return SG_OK;
}

static enum sg_status check_value(struct walk *w, const struct schema_field *f, const json_t *v)
{
	switch (f->kind) {
	case SCHEMA_BOOL:
		return json_is_boolean(v) ? SG_OK : refuse(w, "must be true or false");
	case SCHEMA_JSON:
		return check_json(w, v);
	case SCHEMA_INT:
		if (!json_is_integer(v))
			return refuse(w, "must be a whole number");
		return text_check_int(f, json_integer_value(v), w->where, w->problem_out);
	case SCHEMA_OBJECT:
		return check_object(w, f->nested, v);
	case SCHEMA_ID:
	case SCHEMA_TIME:
	case SCHEMA_TEXT:
	case SCHEMA_LINE:
	case SCHEMA_ENUM:
		break;
	}
	if (!json_is_string(v))
		return refuse(w, "must be text");
	return text_check(f, string_of(v), w->where, w->problem_out);
}

static enum sg_status check_field(struct walk *w, const struct schema_field *f, const json_t *v)
{
	if (!f->list)
		return check_value(w, f, v);
	if (!json_is_array(v))
		return refuse(w, "must be a list");
	size_t n = json_array_size(v), back;
	if (n < f->items_min || n > f->items_max) {
		*w->problem_out = problem_field(w->where, "must have %u to %u items; it has %zu",
						f->items_min, f->items_max, n);
		return SG_E_INPUT;
	}
	for (size_t i = 0; i < n; i++) {
		enter(w, &back, "[%zu]", i);
		SG_TRY(check_value(w, f, json_array_get(v, i)));
		leave(w, back);
	}
	return SG_OK;
}

static enum sg_status check_object(struct walk *w, const struct schema *s, const json_t *value)
{
	size_t back;
	if (value && !json_is_object(value))
		return refuse(w, "must be an object");
	if (++w->depth > SCHEMA_DEPTH_MAX)
		return refuse(w, "is nested too deep");
	for (void *it = json_object_iter(lent(value)); it;
	     it = json_object_iter_next(lent(value), it)) {
		const char *key = json_object_iter_key(it);
		if (field_of(s, str_from(key)))
			continue;
		enter_field(w, &back, key);
		return refuse(w, "is not known here");
	}
	for (unsigned i = 0; i < s->n; i++) {
		const struct schema_field *f = &s->fields[i];
		const json_t *v = json_object_get(value, f->name);
		enter_field(w, &back, f->name);
		if (v && !json_is_null(v))
			SG_TRY(check_field(w, f, v));
		else if (!f->optional)
			return refuse(w, "is missing");
		leave(w, back);
	}
	w->depth--;
	return SG_OK;
}

enum sg_status schema_check(const struct schema *s, const json_t *value,
			    struct problem *problem_out)
{
	struct walk w = {.problem_out = problem_out};
	return check_object(&w, s ? s : &no_fields, value);
}

/* Before the parser sees it: the parser is recursive. Brackets inside strings do not count. */
static bool is_too_deep(struct str text)
{
	unsigned depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > SCHEMA_DEPTH_MAX)
				return true;
		} else if ((c == ']' || c == '}') && depth) {
			depth--;
		}
	}
	return false;
}

/* What is worth telling apart of jansson's reasons. */
static const struct {
	enum json_error_code code;
	const char *what;
} reasons[] = {
	{json_error_invalid_utf8, "it is not UTF-8"},
	{json_error_duplicate_key, "a name is given twice in one object"},
	{json_error_null_character, "a text holds a NUL"},
	{json_error_null_byte_in_key, "a name holds a NUL"},
	{json_error_numeric_overflow, "a number is too large"},
};

static struct problem malformed(const json_error_t *e)
{
	const char *what = "it is malformed";
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == json_error_code(e))
			what = reasons[i].what;
	/* Where, not what: the text around it may be a password. */
	return problem_format(400, "malformed_json",
			      "The JSON cannot be read: %s (line %d, column %d).", what, e->line,
			      e->column);
}

enum sg_status schema_parse(struct str text, json_t **value_out, struct problem *problem_out)
{
	json_error_t error;
	if (text.n > SCHEMA_BODY_MAX) {
		*problem_out = problem_format(413, "body_too_large",
					      "JSON may have %d bytes; this has %zu.",
					      SCHEMA_BODY_MAX, text.n);
		return SG_E_LIMIT;
	}
	if (is_too_deep(text)) {
		*problem_out =
			problem_format(400, "malformed_json", "The JSON is nested deeper than %d.",
				       SCHEMA_DEPTH_MAX);
		return SG_E_INPUT;
	}
	json_t *value = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
	if (!value) {
		*problem_out = malformed(&error);
		return SG_E_INPUT;
	}
	if (!json_is_object(value)) {
		json_decref(value);
		*problem_out = problem_make(400, "malformed_json", "The JSON must be one object.");
		return SG_E_INPUT;
	}
	*value_out = value;
	return SG_OK;
}

static enum sg_status number_of(struct walk *w, const struct schema_field *f, struct str text,
				json_t **v_out)
{
	int64_t number;
	if (text_int(text, &number) != SG_OK)
		return refuse(w, "must be a whole number");
	SG_TRY(text_check_int(f, number, w->where, w->problem_out));
	*v_out = json_integer(number);
	return SG_OK;
}

static enum sg_status truth_of(struct walk *w, struct str text, json_t **v_out)
{
	bool yes = str_eq(text, STR("true"));
	if (!yes && !str_eq(text, STR("false")))
		return refuse(w, "must be true or false");
	*v_out = json_boolean(yes);
	return SG_OK;
}

static enum sg_status plain_of(struct walk *w, const struct schema_field *f, struct str text,
			       json_t **v_out)
{
	SG_TRY(text_check(f, text, w->where, w->problem_out));
	*v_out = json_stringn(text.p ? text.p : "", text.n);
	return SG_OK;
}

/* One field given as text; w stands at it. */
static enum sg_status add_text(struct walk *w, const struct schema_field *f, struct str text,
			       json_t *into)
{
	json_t *v = NULL;
	SG_ASSERT(!f->list);
	if (f->kind == SCHEMA_INT)
		SG_TRY(number_of(w, f, text, &v));
	else if (f->kind == SCHEMA_BOOL)
		SG_TRY(truth_of(w, text, &v));
	else
		SG_TRY(plain_of(w, f, text, &v));
	int failed = json_object_set_new(into, f->name, v);
	SG_ASSERT(!failed);
	return SG_OK;
}

enum sg_status schema_path(const struct schema *s, const struct str *values, json_t *into,
			   struct problem *problem_out)
{
	struct walk w = {.problem_out = problem_out};
	size_t back;
	for (unsigned i = 0; s && i < s->n; i++) {
		enter_field(&w, &back, s->fields[i].name);
		SG_TRY(add_text(&w, &s->fields[i], values[i], into));
		leave(&w, back);
	}
	return SG_OK;
}

static struct str cut_at(struct str text, char c, struct str *rest_out)
{
	const char *at = text.n ? memchr(text.p, c, text.n) : NULL;
	size_t n = at ? (size_t)(at - text.p) : text.n;
	*rest_out = at ? (struct str){at + 1, text.n - n - 1} : (struct str){NULL, 0};
	return (struct str){text.p, n};
}

static enum sg_status bad_query(struct problem *problem_out, const char *detail)
{
	*problem_out = problem_make(400, "malformed_query", detail);
	return SG_E_INPUT;
}

/* One "name=value". */
static enum sg_status add_pair(struct walk *w, const struct schema *s, struct str pair,
			       json_t *into)
{
	char name_bytes[sizeof(w->where)], value_bytes[4096];
	struct str raw_value, name, value, raw_name = cut_at(pair, '=', &raw_value);
	size_t back;
	enum sg_status st = text_unescape(raw_name, name_bytes, sizeof(name_bytes) - 1, &name);
	if (st != SG_OK)
		return bad_query(w->problem_out, st == SG_E_LIMIT
							 ? "The name of a parameter is too long."
							 : "A name has a malformed escape.");
	name_bytes[name.n] = 0;
	enter_field(w, &back, name_bytes);
	const struct schema_field *f = field_of(s, name);
	if (!f)
		return refuse(w, "is not known here");
	if (json_object_get(into, f->name))
		return refuse(w, "is given twice");
	st = text_unescape(raw_value, value_bytes, sizeof(value_bytes), &value);
	if (st == SG_E_LIMIT)
		return refuse(w, "is too long");
	if (st != SG_OK)
		return bad_query(w->problem_out, "A value has a malformed escape.");
	SG_TRY(add_text(w, f, value, into));
	leave(w, back);
	return SG_OK;
}

enum sg_status schema_query(const struct schema *s, struct str raw, json_t *into,
			    struct problem *problem_out)
{
	struct walk w = {.problem_out = problem_out};
	size_t back;
	if (!s)
		s = &no_fields;
	while (raw.n) {
		struct str pair = cut_at(raw, '&', &raw);
		if (pair.n)
			SG_TRY(add_pair(&w, s, pair, into));
	}
	for (unsigned i = 0; i < s->n; i++) {
		enter_field(&w, &back, s->fields[i].name);
		if (!s->fields[i].optional && !json_object_get(into, s->fields[i].name))
			return refuse(&w, "is missing");
		leave(&w, back);
	}
	return SG_OK;
}
