/* json.h - writing JSON into a buf, byte by byte in order; reading is jansson's.
 *
 * Commas are placed by the writer; depth at most 32. Any failure (limit of the buf, invalid UTF-8 which becomes
 * U+FFFD and is no failure) is remembered and told by json_end.
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
	enum sg_status st;
};

void json_init(struct json *j, struct buf *out);
void json_object(struct json *j, const char *key); /* key NULL inside arrays and at the top */
void json_array(struct json *j, const char *key);
void json_close(struct json *j); /* the innermost object or array */
void json_str(struct json *j, const char *key, struct str v); /* absent: null */
void json_cstr(struct json *j, const char *key, const char *v);
void json_int(struct json *j, const char *key, int64_t v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
void json_id(struct json *j, const char *key, const struct sg_id *v);  /* none: null */
void json_time(struct json *j, const char *key, int64_t unix_ms);      /* RFC 3339 UTC with ms; 0: null */
void json_raw(struct json *j, const char *key, struct str json_text); /* trusted JSON; absent: null */
SG_CHECKED enum sg_status json_end(struct json *j);

/* RFC 3339 (date-time with offset) to ms since 1970, years 1970..9999. SG_E_INPUT. */
SG_CHECKED enum sg_status json_parse_time(struct str s, int64_t *unix_ms_out);
/* "2026-11-22T10:00:00.000Z" */
void json_format_time(int64_t unix_ms, char out[32]);

#endif
