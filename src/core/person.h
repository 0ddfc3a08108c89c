/* person.h - how personal we may be, by ring: the closer, the more. */
#ifndef SG_CORE_PERSON_H
#define SG_CORE_PERSON_H

#include "core/event.h"

/* Each level includes those before it. */
enum personal {
	PERSONAL_NOTHING, /* answers everybody may read */
	PERSONAL_NAME,    /* greeted by name, own contacts with us */
	PERSONAL_STUFF,   /* own quotes, enquiries and cases in My Stuff */
	PERSONAL_FULL,    /* purchases, amounts, history and offers made for them */
	PERSONAL_N
};

/* RING_NONE, not yet known, is treated as the public. */
enum personal person_personal(enum ring ring);

/* Strictly nearer to us? */
bool person_is_closer(enum ring a, enum ring b);

/* An e-mail address as it is compared and looked up: without case (ASCII). Cut to cap; returns how
 * many bytes. */
size_t person_email_key(char *out, size_t cap, struct str email);

/* The level a kind of item (core/item.h) needs to be shown to its own person. */
bool person_may_be_shown(enum ring ring, struct str item_kind);

#endif
