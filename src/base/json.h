/* json.h - writing JSON into a buf, byte by byte in order; reading is jansson's.
 *
 * Commas are placed by the writer; depth at most 32. Any failure (limit of the buf, invalid UTF-8
 * which becomes U+FFFD and is no failure) is remembered and told by json_end.
 */
#ifndef SG_BASE_JSON_H
#define SG_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"

struct json {
	struct buf *out;
	uint32_t depth;
	uint32_t has_items; /* bit per depth: a comma is due */
	uint32_t is_array;  /* bit per depth: closes with ] and takes no keys */
	enum sg_status st;
};

void json_init(struct json *j, struct buf *out);

/* key is NULL inside arrays and at the top, and only there. */
/* Named so because jansson owns json_object, json_array and json_null. */
void json_begin_object(struct json *j, const char *key);
void json_begin_array(struct json *j, const char *key);
void json_add_null(struct json *j, const char *key);

void json_close(struct json *j);                              /* the innermost object or array */
void json_str(struct json *j, const char *key, struct str v); /* absent: null */
void json_cstr(struct json *j, const char *key, const char *v);
void json_int(struct json *j, const char *key, int64_t v);
void json_bool(struct json *j, const char *key, bool v);
void json_id(struct json *j, const char *key, const struct sg_id *v); /* none: null */
/* RFC 3339 in UTC with ms; 0: null. */
void json_time(struct json *j, const char *key, int64_t unix_ms);
/* Trusted JSON; absent: null. */
void json_raw(struct json *j, const char *key, struct str json_text);
SG_CHECKED enum sg_status json_end(struct json *j);

/* RFC 3339 (date-time with offset) to ms since 1970, years 1970..9999. SG_E_INPUT. */
SG_CHECKED enum sg_status json_parse_time(struct str s, int64_t *unix_ms_out);
/* "2026-11-22T10:00:00.000Z"; a time outside the years 0..9999 becomes the nearest inside. */
void json_format_time(int64_t unix_ms, char out[32]);

#endif
