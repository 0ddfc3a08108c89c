/* codec.h - an event's facts as JSON and back, by the tables of core/event.h: one codec for all kinds.
 *
 * Ids, times (RFC 3339) and enums are written as the API shows them, so a stored body is pushed to
 * screens as it is.
 */
#ifndef SG_APP_CODEC_H
#define SG_APP_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/event.h"

/* Adds one JSON object with the facts that are present and belong to the kind. SG_E_LIMIT: out is full. */
SG_CHECKED enum sg_status codec_encode(const struct event *ev, struct buf *out);

/* Texts live in `a`. Facts this build does not know are left out; a value of the wrong type is SG_E_INPUT. */
SG_CHECKED enum sg_status codec_decode(enum event_kind kind, struct str body, struct arena *a,
				       struct facts *facts_out);

#endif
