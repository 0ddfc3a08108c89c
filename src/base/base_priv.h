/* base_priv.h - what the files of base share among themselves and offer to nobody else. */
#ifndef SG_BASE_PRIV_H
#define SG_BASE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

/* Looks at the character that begins at p (n >= 1 bytes are there). True: well formed (RFC 3629),
 * len_out is its length. False: len_out is the length of the malformed part that one U+FFFD stands
 * for (Unicode 15 section 3.9, "maximal subpart"), at least 1. */
bool str_char_at(const char *p, size_t n, size_t *len_out);

#endif
