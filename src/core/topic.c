#include "core/topic.h"

#include "core/item.h"
#include "core/textlist.h"

const char *topic_place_fault(const struct topic_place *p)
{
	if (sg_id_is_none(&p->parent))
		return NULL;
	if (sg_id_eq(&p->parent, &p->id))
		return "own_parent";
	if (!sg_id_is_none(&p->parents_parent))
		return "parent_is_second_level";
	return p->has_children ? "has_children" : NULL;
}

bool topic_fits(struct str kinds, struct str item_kind)
{
	struct textlist l;
	struct str word;
	enum sg_status st;
	bool found = false;

	textlist_init(&l, kinds);
	while ((st = textlist_next(&l, &word)) == SG_OK)
		found = found || str_eq(word, item_kind);
	return st == SG_E_NOT_FOUND && (found || l.read == 0);
}

bool topic_kinds_ok(struct str kinds)
{
	struct textlist l;
	struct str word;
	enum sg_status st;

	textlist_init(&l, kinds);
	while ((st = textlist_next(&l, &word)) == SG_OK) {
		if (item_kind_parse(word) == ITEM_KIND_NONE)
			return false;
	}
	return st == SG_E_NOT_FOUND;
}
