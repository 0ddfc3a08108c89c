/* textlist.h - reads a JSON list of plain words, e.g. ["purchase","quote"], where it lies.
 *
 * The facts kinds, queues and topics are such lists. The core needs their words and no more of
 * JSON: words have no escapes (ids and kinds never do), so nothing is copied.
 */
#ifndef SG_CORE_TEXTLIST_H
#define SG_CORE_TEXTLIST_H

#include "base/status.h"
#include "base/str.h"

struct textlist {
	struct str rest;
	unsigned read;
};

/* The absent text is the empty list. */
void textlist_init(struct textlist *l, struct str json);

/* SG_OK: word_out is the next word, lent from the text. SG_E_NOT_FOUND: the list has ended, and
 * nothing but blanks follows it. SG_E_INPUT: it is not such a list. */
SG_CHECKED enum sg_status textlist_next(struct textlist *l, struct str *word_out);

#endif
