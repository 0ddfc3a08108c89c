#include "core/person.h"

#include "core/item.h"

static const enum personal by_ring[RING_N] = {
	[RING_NONE] = PERSONAL_NOTHING,    [RING_CUSTOMER] = PERSONAL_FULL,
	[RING_PROSPECT] = PERSONAL_STUFF,  [RING_PARTNER] = PERSONAL_STUFF,
	[RING_INFLUENCER] = PERSONAL_NAME, [RING_PUBLIC] = PERSONAL_NOTHING,
};

static const enum personal by_item[ITEM_KIND_N] = {
	[ITEM_KIND_NONE] = PERSONAL_N, /* an unknown kind is shown to nobody */
	[ITEM_KIND_PURCHASE] = PERSONAL_FULL, [ITEM_KIND_QUOTE] = PERSONAL_STUFF,
	[ITEM_KIND_ENQUIRY] = PERSONAL_STUFF, [ITEM_KIND_MARKETING] = PERSONAL_NAME,
	[ITEM_KIND_CONTRACT] = PERSONAL_FULL,
};

enum personal person_personal(enum ring ring)
{
	SG_ASSERT((unsigned)ring < RING_N);
	return by_ring[ring];
}

/* The enum lists the rings from the inside out; not known is outside all. */
bool person_is_closer(enum ring a, enum ring b)
{
	SG_ASSERT((unsigned)a < RING_N && (unsigned)b < RING_N);
	unsigned from_inside_a = a == RING_NONE ? RING_N : a;
	unsigned from_inside_b = b == RING_NONE ? RING_N : b;

	return from_inside_a < from_inside_b;
}

bool person_may_be_shown(enum ring ring, struct str item_kind)
{
	return person_personal(ring) >= by_item[item_kind_parse(item_kind)];
}

size_t person_email_key(char *out, size_t cap, struct str email)
{
	size_t n = str_copy(out, cap, email);

	for (size_t i = 0; i < n; i++) {
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	}
	return n;
}
