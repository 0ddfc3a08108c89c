#include "decode.h"

#include "api/match.h"
#include "api/params.h"
#include "base/json.h"

/* A refusal says why, and can be written as JSON that is read again. */
static void check_problem(const struct problem *p)
{
	struct buf out;
	struct json j;
	json_t *again = NULL;
	struct problem unused;
	buf_init(&out, 8192);
	SG_ASSERT(p->status >= 400 && p->code[0] && p->detail[0]);
	json_init(&j, &out);
	json_begin_object(&j, NULL);
	problem_write(&j, p);
	json_close(&j);
	SG_ASSERT(json_end(&j) == SG_OK);
	SG_ASSERT(schema_parse((struct str){out.data, out.len}, &again, &unused) == SG_OK);
	params_free(again);
	buf_fini(&out);
}

static void read_all(const struct schema *s, const json_t *params);

static void read_list(const struct schema_field *f, const json_t *params)
{
	size_t n = params_count(params, f->name);
	for (size_t i = 0; i < n; i++) {
		if (f->kind == SCHEMA_OBJECT)
			read_all(f->nested, params_item(params, f->name, i));
		else if (f->kind == SCHEMA_LINE || f->kind == SCHEMA_ID)
			SG_ASSERT(str_is_utf8(params_item_str(params, f->name, i)));
	}
}

static void read_text(const struct schema_field *f, const json_t *params)
{
	struct str text = params_str(params, f->name);
	int64_t n = (int64_t)str_chars(text);
	SG_ASSERT(str_is_utf8(text) && n >= f->min && n <= f->max);
}

static void read_object(const struct schema_field *f, const json_t *params)
{
	struct buf text;
	buf_init(&text, SCHEMA_JSON_MAX);
	if (f->kind == SCHEMA_JSON)
		SG_ASSERT(params_dump(params, f->name, &text) == SG_OK);
	else
		read_all(f->nested, params_json(params, f->name));
	buf_fini(&text);
}

static void read_field(const struct schema_field *f, const json_t *params)
{
	struct sg_id id;
	int64_t v;
	switch (f->kind) {
	case SCHEMA_ID:
		id = params_id(params, f->name);
		SG_ASSERT(!sg_id_is_none(&id));
		return;
	case SCHEMA_TIME:
		SG_ASSERT(params_time(params, f->name) >= 0);
		return;
	case SCHEMA_BOOL:
		(void)params_bool(params, f->name);
		return;
	case SCHEMA_TEXT:
	case SCHEMA_LINE:
		read_text(f, params);
		return;
	case SCHEMA_INT:
		v = params_int(params, f->name, INT64_MIN);
		SG_ASSERT(v >= f->min && v <= f->max);
		return;
	case SCHEMA_ENUM:
		SG_ASSERT(params_enum(params, f->name, f->names, f->n_names) || f->may_be_none);
		return;
	case SCHEMA_JSON:
	case SCHEMA_OBJECT:
		read_object(f, params);
		return;
	}
	sg_panic("no such kind", __FILE__, __LINE__, __func__);
}

static void read_all(const struct schema *s, const json_t *params)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct schema_field *f = &s->fields[i];
		if (!params_has(params, f->name))
			SG_ASSERT(f->optional);
		else if (f->list)
			read_list(f, params);
		else
			read_field(f, params);
	}
}

bool decode_body(const struct schema *s, struct str text)
{
	struct problem problem = {0};
	json_t *value = NULL;
	if (schema_parse(text, &value, &problem) != SG_OK) {
		check_problem(&problem);
		return false;
	}
	bool accepted = schema_check(s, value, &problem) == SG_OK;
	if (accepted)
		read_all(s, value);
	else
		check_problem(&problem);
	params_free(value);
	return accepted;
}

bool decode_query(const struct schema *s, struct str raw)
{
	struct problem problem = {0};
	json_t *params = params_new();
	bool accepted = schema_query(s, raw, params, &problem) == SG_OK;
	if (accepted && s)
		read_all(s, params);
	if (!accepted)
		check_problem(&problem);
	params_free(params);
	return accepted;
}

bool decode_path(struct str path)
{
	struct problem problem = {0};
	struct str values[API_PARAMS_MAX] = {{NULL, 0}};
	enum api_op op;
	bool accepted = false;
	for (unsigned m = 0; m < HTTP_METHOD_N; m++) {
		if (api_match((enum http_method)m, path, &op, values) != SG_OK)
			continue;
		json_t *params = params_new();
		const struct schema *s = api_operations[op].params;
		bool is_fine = schema_path(s, values, params, &problem) == SG_OK;
		if (!is_fine)
			check_problem(&problem);
		else if (s)
			read_all(s, params);
		accepted |= is_fine;
		params_free(params);
	}
	return accepted;
}
