/* item.h - the things in My Stuff: their kinds and the states each kind can be in. */
#ifndef SG_CORE_ITEM_H
#define SG_CORE_ITEM_H

#include "core/event.h"

enum item_kind {
	ITEM_KIND_NONE,
	ITEM_KIND_PURCHASE,
	ITEM_KIND_QUOTE,
	ITEM_KIND_ENQUIRY,
	ITEM_KIND_MARKETING,
	ITEM_KIND_CONTRACT,
	ITEM_KIND_N
};

extern const char *const item_kind_names[ITEM_KIND_N];

/* ITEM_KIND_NONE when it is not one of ours. */
enum item_kind item_kind_parse(struct str name);

/* May an item of this kind be in a state of this name? A state may be left out (absent or empty).
 */
bool item_state_ok(enum item_kind kind, struct str state);

/* The facts of an item_put: NULL when fine, else the name of the fact at fault. Needs person, kind
 * and title; an amount needs a currency of three capitals. */
const char *item_fault(const struct facts *f);

#endif
