/* text.h - is this text an id, a time, a name of the enum, a line of that length? The part of
 * schema.c that looks at single values, whether they came as JSON strings or in a URL. */
#ifndef SG_API_TEXT_H
#define SG_API_TEXT_H

#include <stdint.h>

#include "api/schema.h"

/* For the kinds that JSON writes as strings. `where` is the field's name in full. */
SG_CHECKED enum sg_status text_check(const struct schema_field *f, struct str text,
				     const char *where, struct problem *problem_out);

/* Value of an int against its bounds. */
SG_CHECKED enum sg_status text_check_int(const struct schema_field *f, int64_t v, const char *where,
					 struct problem *problem_out);

/* Only what JSON would take: "0", "-12"; no "+1", "01", " 1", "1e3". */
SG_CHECKED enum sg_status text_int(struct str text, int64_t *v_out);

/* Well-formed UTF-8 without control characters; allow_lines: but for LF, CR and TAB. */
bool text_is_clean(struct str text, bool allow_lines);

/* Percent-decodes one name or value of a query ("+" is a space). SG_E_INPUT: bad escape.
 * SG_E_LIMIT. */
SG_CHECKED enum sg_status text_unescape(struct str raw, char *out, size_t cap,
					struct str *text_out);

#endif
