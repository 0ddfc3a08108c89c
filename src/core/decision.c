#include "core/decision.h"

#include <string.h>

struct event *decision_add(struct decision *d, enum event_kind kind, const struct sg_id *stream,
			   struct actor actor, int64_t at_ms)
{
	SG_ASSERT(d->n < DECISION_MAX);
	struct event *ev = &d->ev[d->n++];

	memset(ev, 0, sizeof(*ev));
	ev->kind = kind;
	ev->stream = *stream;
	ev->actor = actor;
	ev->at_ms = at_ms;
	return ev;
}

enum sg_status decision_refuse(struct decision *d, enum sg_status st, const char *why)
{
	SG_ASSERT(st != SG_OK && why);
	d->n = 0;
	d->why = why;
	return st;
}

static bool text_fits(const struct fact_desc *desc, const struct facts *f)
{
	struct str s;

	memcpy(&s, (const char *)f + desc->offset, sizeof(s));
	return s.n == 0 || (str_is_utf8(s) && str_chars(s) <= desc->max);
}

enum sg_status decision_finish(struct decision *d, uint64_t seq)
{
	for (unsigned i = 0; i < d->n; i++) {
		const struct event_desc *desc = &event_desc[d->ev[i].kind];

		d->ev[i].seq = seq + 1 + i;
		for (unsigned k = 0; k < desc->n; k++) {
			const struct fact_desc *fact = &fact_desc[desc->facts[k]];

			if (fact->type == FACT_TYPE_TEXT && !text_fits(fact, &d->ev[i].f))
				return decision_refuse(d, SG_E_INPUT, fact->name);
		}
	}
	return SG_OK;
}
