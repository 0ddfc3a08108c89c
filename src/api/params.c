#include "api/params.h"

#include <jansson.h>

#include "base/json.h"

json_t *params_new(void)
{
	json_t *params = json_object(); /* jansson's, not the macro of base/json.h */
	SG_ASSERT(params);
	return params;
}

void params_free(json_t *params)
{
	json_decref(params);
}

/* The value, or NULL when it is left out or null. */
static const json_t *value_of(const json_t *params, const char *name)
{
	const json_t *v = json_object_get(params, name);
	return json_is_null(v) ? NULL : v;
}

static struct str text_of(const json_t *v)
{
	SG_ASSERT(json_is_string(v));
	return (struct str){json_string_value(v), json_string_length(v)};
}

bool params_has(const json_t *params, const char *name)
{
	return value_of(params, name) != NULL;
}

struct sg_id params_id(const json_t *params, const char *name)
{
	const json_t *v = value_of(params, name);
	struct sg_id id = SG_ID_NONE;
	if (v) {
		enum sg_status st = sg_id_parse(text_of(v), &id);
		SG_ASSERT(st == SG_OK);
	}
	return id;
}

struct str params_str(const json_t *params, const char *name)
{
	const json_t *v = value_of(params, name);
	return v ? text_of(v) : (struct str){NULL, 0};
}

int64_t params_int(const json_t *params, const char *name, int64_t otherwise)
{
	const json_t *v = value_of(params, name);
	if (!v)
		return otherwise;
	SG_ASSERT(json_is_integer(v));
	return json_integer_value(v);
}

bool params_bool(const json_t *params, const char *name)
{
	const json_t *v = value_of(params, name);
	SG_ASSERT(!v || json_is_boolean(v));
	return json_is_true(v);
}

int64_t params_time(const json_t *params, const char *name)
{
	const json_t *v = value_of(params, name);
	int64_t ms = 0;
	if (v) {
		enum sg_status st = json_parse_time(text_of(v), &ms);
		SG_ASSERT(st == SG_OK);
	}
	return ms;
}

unsigned params_enum(const json_t *params, const char *name, const char *const *names, unsigned n)
{
	const json_t *v = value_of(params, name);
	if (!v)
		return 0;
	struct str text = text_of(v);
	for (unsigned i = 0; i < n; i++)
		if (str_eq(text, str_from(names[i])))
			return i;
	sg_panic("a name that the schema refuses", __FILE__, __LINE__, __func__);
}

const json_t *params_json(const json_t *params, const char *name)
{
	const json_t *v = value_of(params, name);
	SG_ASSERT(!v || json_is_object(v) || json_is_array(v));
	return v;
}

size_t params_count(const json_t *params, const char *name)
{
	return json_array_size(params_json(params, name));
}

const json_t *params_item(const json_t *params, const char *name, size_t i)
{
	const json_t *item = json_array_get(params_json(params, name), i);
	SG_ASSERT(item);
	return item;
}

struct str params_item_str(const json_t *params, const char *name, size_t i)
{
	return text_of(params_item(params, name, i));
}

static int add_text(const char *bytes, size_t n, void *arg)
{
	return buf_add(arg, bytes, n) == SG_OK ? 0 : -1;
}

enum sg_status params_dump(const json_t *params, const char *name, struct buf *out)
{
	const json_t *v = value_of(params, name);
	if (!v)
		return SG_E_NOT_FOUND;
	size_t before = out->len;
	if (json_dump_callback(v, add_text, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
		return SG_OK;
	out->len = before;
	if (out->data)
		out->data[before] = 0;
	return SG_E_LIMIT;
}
