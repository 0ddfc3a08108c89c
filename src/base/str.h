/* str.h - text lent for the length of a call: a pointer and a length, never owned.
 *
 * p need not end in NUL. {NULL, 0} is "absent"; an empty text that is present has p != NULL.
 */
#ifndef SG_BASE_STR_H
#define SG_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){.p = "" lit, .n = sizeof(lit) - 1})

/* NULL gives the absent str. */
struct str str_from(const char *s);

/* Absent equals only absent. */
bool str_eq(struct str a, struct str b);

/* The whole is well-formed UTF-8 (RFC 3629: no surrogates or overlong forms, at most U+10FFFF). */
bool str_is_utf8(struct str s);

/* Contains no control characters (C0, DEL, C1 as UTF-8); with allow_lines LF and TAB are fine. */
bool str_is_clean(struct str s, bool allow_lines);

/* Code points in well-formed UTF-8. */
size_t str_chars(struct str s);

/* Copies at most cap - 1 bytes, cut at a character, and always ends in NUL. Returns how many. */
size_t str_copy(char *out, size_t cap, struct str s);

#endif
