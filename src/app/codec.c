#include "app/codec.h"

#include <jansson.h>
#include <string.h>

#include "base/json.h"

static const void *fact_at(const struct facts *f, const struct fact_desc *d)
{
	return (const char *)f + d->offset;
}

static void *fact_to(struct facts *f, const struct fact_desc *d)
{
	return (char *)f + d->offset;
}

static unsigned enum_at(const void *at)
{
	unsigned v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static void encode_text(struct json *j, const struct fact_desc *d, const struct str *s)
{
	if (!s->p)
		return;
	if (d->type == FACT_TYPE_JSON)
		json_raw(j, d->name, *s);
	else
		json_str(j, d->name, *s);
}

static void encode_fact(struct json *j, const struct fact_desc *d, const void *at)
{
	switch (d->type) {
	case FACT_TYPE_ID:
		if (!sg_id_is_none(at))
			json_id(j, d->name, at);
		break;
	case FACT_TYPE_TEXT:
	case FACT_TYPE_JSON:
		encode_text(j, d, at);
		break;
	case FACT_TYPE_INT:
		if (*(const int64_t *)at)
			json_int(j, d->name, *(const int64_t *)at);
		break;
	case FACT_TYPE_TIME:
		if (*(const int64_t *)at)
			json_time(j, d->name, *(const int64_t *)at);
		break;
	case FACT_TYPE_BOOL:
		if (*(const bool *)at)
			json_bool(j, d->name, true);
		break;
	case FACT_TYPE_ENUM:
		if (enum_at(at))
			json_cstr(j, d->name, d->names[enum_at(at)]);
		break;
	}
}

enum sg_status codec_encode(const struct event *ev, struct buf *out)
{
	SG_ASSERT(ev->kind > EVENT_NONE && ev->kind < EVENT_KIND_N);
	const struct event_desc *kind = &event_desc[ev->kind];
	struct json j;

	json_init(&j, out);
	json_begin_object(&j, NULL);
	for (unsigned i = 0; i < kind->n; i++) {
		const struct fact_desc *d = &fact_desc[kind->facts[i]];

		encode_fact(&j, d, fact_at(&ev->f, d));
	}
	json_close(&j);
	return json_end(&j);
}

static enum sg_status decode_json(const json_t *v, struct arena *a, struct str *out)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	SG_ASSERT(text != NULL);
	*out = arena_str(a, str_from(text));
	free(text);
	return SG_OK;
}

static struct str text_of(const json_t *v)
{
	return (struct str){.p = json_string_value(v), .n = json_string_length(v)};
}

static enum sg_status decode_string(const struct fact_desc *d, struct str s, struct arena *a, void *to)
{
	unsigned e;

	switch (d->type) {
	case FACT_TYPE_ID:
		return sg_id_parse(s, to);
	case FACT_TYPE_TIME:
		return json_parse_time(s, to);
	case FACT_TYPE_ENUM:
		e = enum_parse(d->names, d->n_names, s);
		memcpy(to, &e, sizeof(e));
		return e ? SG_OK : SG_E_INPUT;
	case FACT_TYPE_TEXT:
		*(struct str *)to = arena_str(a, s);
		return SG_OK;
	case FACT_TYPE_JSON:
	case FACT_TYPE_INT:
	case FACT_TYPE_BOOL:
		break;
	}
	return SG_E_INPUT;
}

static enum sg_status decode_fact(const struct fact_desc *d, const json_t *v, struct arena *a, void *to)
{
	if (d->type == FACT_TYPE_JSON)
		return decode_json(v, a, to);
	if (d->type == FACT_TYPE_INT && json_is_integer(v)) {
		*(int64_t *)to = json_integer_value(v);
		return SG_OK;
	}
	if (d->type == FACT_TYPE_BOOL && json_is_boolean(v)) {
		*(bool *)to = json_is_true(v);
		return SG_OK;
	}
	return json_is_string(v) ? decode_string(d, text_of(v), a, to) : SG_E_INPUT;
}

enum sg_status codec_decode(enum event_kind kind, struct str body, struct arena *a, struct facts *facts_out)
{
	SG_ASSERT(kind > EVENT_NONE && kind < EVENT_KIND_N);
	struct facts f = {0};
	json_t *root = json_loadb(body.p, body.n, JSON_ALLOW_NUL, NULL);
	enum sg_status st = json_is_object(root) ? SG_OK : SG_E_INPUT;

	for (unsigned i = 0; st == SG_OK && i < event_desc[kind].n; i++) {
		const struct fact_desc *d = &fact_desc[event_desc[kind].facts[i]];
		const json_t *v = json_object_get(root, d->name);

		if (v)
			st = decode_fact(d, v, a, fact_to(&f, d));
	}
	json_decref(root);
	if (st == SG_OK)
		*facts_out = f;
	return st;
}
