/* id.h - ids: UUID version 7 (RFC 9562 section 5.7), 128 bits, ordered by time of making. */
#ifndef SG_BASE_ID_H
#define SG_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { SG_ID_TEXT = 36 };

struct sg_id {
	uint8_t b[16];
};

/* Where ids and tokens get their randomness: libsodium in production, a tape in the simulation. */
struct entropy {
	void (*fill)(void *self, void *out, unsigned n);
	void *self;
};

/* All zero: "no id". */
static const struct sg_id SG_ID_NONE = {{0}};

struct sg_id sg_id_make(int64_t unix_ms, const struct entropy *e);
bool sg_id_is_none(const struct sg_id *id);
bool sg_id_eq(const struct sg_id *a, const struct sg_id *b);
int sg_id_cmp(const struct sg_id *a, const struct sg_id *b);

/* Takes the canonical form only: 36 characters, lower-case hex, any version. Else SG_E_INPUT. */
SG_CHECKED enum sg_status sg_id_parse(struct str text, struct sg_id *id_out);

/* Writes 36 characters and a NUL. */
void sg_id_text(const struct sg_id *id, char text_out[SG_ID_TEXT + 1]);

#endif
