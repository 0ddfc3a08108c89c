/* schema.h - is this JSON (or this text of a URL) what the operation takes?
 *
 * The descriptors are generated from schema/api/types.json (api/api.gen.h). Nothing reaches an
 * operation that has not passed here: unknown fields, wrong types, lengths, control characters and
 * bounds are refused with a problem that names the field ("articles[2].helped"). Nothing is changed
 * on the way. A field that may be left out may also be null, which means the same.
 */
#ifndef SG_API_SCHEMA_H
#define SG_API_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "api/problem.h"
#include "base/status.h"
#include "base/str.h"

typedef struct json_t json_t; /* jansson's */

enum schema_kind {
	SCHEMA_ID, /* canonical, and not the id of nothing */
	SCHEMA_TIME,
	SCHEMA_BOOL,
	SCHEMA_JSON, /* any object */
	SCHEMA_TEXT, /* several lines: of the control characters LF, CR and TAB */
	SCHEMA_LINE, /* no control characters */
	SCHEMA_INT,
	SCHEMA_ENUM,
	SCHEMA_OBJECT,
};

struct schema_field {
	const char *name;
	enum schema_kind kind;
	bool optional;
	bool list;
	bool may_be_none; /* an enum in a resource: "" is one of its names */
	int64_t min, max; /* characters (code points) of a text, value of a number */
	unsigned items_min, items_max;
	const char *const *names; /* of an enum; names[0] is "none" */
	unsigned n_names;
	const struct schema *nested;
};

struct schema {
	const char *name;
	const struct schema_field *fields;
	unsigned n;
};

enum {
	SCHEMA_DEPTH_MAX = 64,
	SCHEMA_BODY_MAX = 256 << 10, /* bytes of a body or frame */
	SCHEMA_JSON_MAX = 64 << 10,  /* bytes of one SCHEMA_JSON value, written compactly */
};

/* A JSON object from its text. SG_E_LIMIT (413): too long. SG_E_INPUT (400): malformed, too deep,
 * not an object, a key twice, \u0000. The caller owns the value (params_free). */
SG_CHECKED enum sg_status schema_parse(struct str text, json_t **value_out,
				       struct problem *problem_out);

/* Is value what s says? NULL for s: no fields at all. NULL for value: nothing was sent, as {}.
 * SG_E_INPUT (422) else. */
SG_CHECKED enum sg_status schema_check(const struct schema *s, const json_t *value,
				       struct problem *problem_out);

/* The same for a query string (raw, without "?"; "" and absent are no parameters) and for the
 * parameters of a path (as many as s has fields, already decoded). Adds them to `into`, an object,
 * as JSON values of their types. SG_E_INPUT: 422, or 400 where an escape is malformed; what was
 * added before it stays. */
SG_CHECKED enum sg_status schema_query(const struct schema *s, struct str raw, json_t *into,
				       struct problem *problem_out);
SG_CHECKED enum sg_status schema_path(const struct schema *s, const struct str *values,
				      json_t *into, struct problem *problem_out);

#endif
