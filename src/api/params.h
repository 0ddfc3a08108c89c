/* params.h - the parameters of an operation in one object, and typed access to it.
 *
 * Path, query and body go into the same object: schema_parse gives the body's (or params_new an
 * empty one), schema_path and schema_query add to it. A live command brings them so. jansson stays
 * behind this module.
 *
 * A value left out (or null) is none, absent, 0, false or the default; params_has tells the
 * difference. A value of another type than asked for is a bug, because the schema has been checked:
 * SG_ASSERT. What is lent lives as long as the object.
 */
#ifndef SG_API_PARAMS_H
#define SG_API_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"

typedef struct json_t json_t; /* jansson's */

json_t *params_new(void);         /* an empty object */
void params_free(json_t *params); /* NULL is fine */

bool params_has(const json_t *params, const char *name);
struct sg_id params_id(const json_t *params, const char *name);
struct str params_str(const json_t *params, const char *name);
int64_t params_int(const json_t *params, const char *name, int64_t otherwise);
bool params_bool(const json_t *params, const char *name);
int64_t params_time(const json_t *params, const char *name); /* ms since 1970, 0: absent */
/* Index in names, 0 ("none") when absent. */
unsigned params_enum(const json_t *params, const char *name, const char *const *names, unsigned n);

/* An object or a list as it is, or NULL. */
const json_t *params_json(const json_t *params, const char *name);
/* Items of a list: how many (0 when absent), and the i-th. A list of texts is read with
 * params_item_str. */
size_t params_count(const json_t *params, const char *name);
const json_t *params_item(const json_t *params, const char *name, size_t i);
struct str params_item_str(const json_t *params, const char *name, size_t i);
/* Adds the value as compact JSON text. SG_E_NOT_FOUND: absent. SG_E_LIMIT: out is full. */
SG_CHECKED enum sg_status params_dump(const json_t *params, const char *name, struct buf *out);

#endif
