/* topic.h - the catalogue of reasons for contact: two levels, attached to kinds of item. */
#ifndef SG_CORE_TOPIC_H
#define SG_CORE_TOPIC_H

#include "core/event.h"

/* What the rule needs to know of a topic and its neighbours. */
struct topic_place {
	struct sg_id id;
	struct sg_id parent;         /* none: first level */
	struct sg_id parents_parent; /* of the parent, as it is now */
	bool has_children;
};

/* NULL when it may stand there, else why not: "own_parent", "parent_is_second_level",
 * "has_children" (it would push them to a third level). */
const char *topic_place_fault(const struct topic_place *p);

/* Is a topic attached to these kinds (JSON list; empty or absent: any) offered for an item of this
 * kind? An empty kind, contact about nothing in particular, fits only topics for any. A malformed
 * list fits none. */
bool topic_fits(struct str kinds, struct str item_kind);

/* Is it a JSON list of known kinds of item? */
bool topic_kinds_ok(struct str kinds);

#endif
