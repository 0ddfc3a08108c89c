/* decode.h - everything that happens to bytes of a peer before an operation sees them, for the
 * property test and the fuzzer: decode, and when it is accepted read every field by its type.
 * Panics where something was accepted that cannot be read, or refused without saying why. */
#ifndef SG_TESTS_UNIT_API_DECODE_H
#define SG_TESTS_UNIT_API_DECODE_H

#include "api/schema.h"

/* Each answers whether it was accepted. */
bool decode_body(const struct schema *s, struct str text);
bool decode_query(const struct schema *s, struct str raw);
bool decode_path(struct str path);

#endif
