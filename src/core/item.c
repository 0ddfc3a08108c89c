#include "core/item.h"

const char *const item_kind_names[ITEM_KIND_N] = {"",        "purchase",  "quote",
						  "enquiry", "marketing", "contract"};

enum { STATES_MAX = 12 };

static const char *const states[ITEM_KIND_N][STATES_MAX] = {
	[ITEM_KIND_PURCHASE] = {"ordered", "paid", "preparing", "shipped", "delivered", "active",
				"returning", "returned", "refunded", "cancelled", "ended"},
	[ITEM_KIND_QUOTE] = {"draft", "open", "accepted", "declined", "expired", "withdrawn"},
	[ITEM_KIND_ENQUIRY] = {"open", "waiting", "answered", "resolved", "closed"},
	[ITEM_KIND_MARKETING] = {"sent", "delivered", "opened", "clicked", "answered",
				 "unsubscribed", "bounced"},
	/* ending: notice was given, it runs until its due date */
	[ITEM_KIND_CONTRACT] = {"requested", "starting", "active", "ending", "ended", "cancelled"},
};

enum item_kind item_kind_parse(struct str name)
{
	return (enum item_kind)enum_parse(item_kind_names, ITEM_KIND_N, name);
}

bool item_state_ok(enum item_kind kind, struct str state)
{
	SG_ASSERT((unsigned)kind < ITEM_KIND_N);
	if (kind == ITEM_KIND_NONE)
		return false;
	if (state.n == 0)
		return true;
	for (unsigned i = 0; i < STATES_MAX && states[kind][i]; i++) {
		if (str_eq(str_from(states[kind][i]), state))
			return true;
	}
	return false;
}

/* ISO 4217 in form; which codes exist is not for us to say. */
static bool is_currency(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	}
	return s.n == 3;
}

const char *item_fault(const struct facts *f)
{
	enum item_kind kind = item_kind_parse(f->kind);

	if (sg_id_is_none(&f->person))
		return "person";
	if (kind == ITEM_KIND_NONE)
		return "kind";
	if (f->title.n == 0)
		return "title";
	if (!item_state_ok(kind, f->state))
		return "state";
	if ((f->amount != 0 || f->currency.n > 0) && !is_currency(f->currency))
		return "currency";
	return NULL;
}
