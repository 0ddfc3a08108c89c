/* feedback.h - the two questions after a contact: was it solved (outcome), how was it (feeling). */
#ifndef SG_CORE_FEEDBACK_H
#define SG_CORE_FEEDBACK_H

#include "core/event.h"

enum { FEEDBACK_WORST = 1, FEEDBACK_BEST = 5 };

/* Both questions answered on the scale? Else the name of the fact that is not, NULL when fine. */
const char *feedback_fault(const struct facts *f);

/* Somebody should look at it: a follow-up was asked for, or one of the answers is one of the two
 * worst. */
bool feedback_needs_attention(const struct facts *f);

#endif
