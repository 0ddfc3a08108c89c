#include "core/event.h"

#include <string.h>

static const size_t fact_sizes[] = {
	[FACT_TYPE_ID] = sizeof(struct sg_id), [FACT_TYPE_TEXT] = sizeof(struct str),
	[FACT_TYPE_JSON] = sizeof(struct str), [FACT_TYPE_INT] = sizeof(int64_t),
	[FACT_TYPE_TIME] = sizeof(int64_t),    [FACT_TYPE_BOOL] = sizeof(bool),
	[FACT_TYPE_ENUM] = sizeof(enum ring),
};

/* The codec writes enums through their offset as ints; a packed enum would break it silently. */
_Static_assert(sizeof(enum ring) == sizeof(int) && sizeof(enum reason) == sizeof(int), "enum size");

unsigned enum_parse(const char *const *names, unsigned n, struct str name)
{
	for (unsigned i = 1; i < n; i++) {
		if (str_eq(str_from(names[i]), name))
			return i;
	}
	return 0;
}

void event_take(struct event *ev, const struct facts *from)
{
	SG_ASSERT((unsigned)ev->kind < EVENT_KIND_N);
	const struct event_desc *desc = &event_desc[ev->kind];

	for (unsigned i = 0; i < desc->n; i++) {
		const struct fact_desc *fact = &fact_desc[desc->facts[i]];

		memcpy((char *)&ev->f + fact->offset, (const char *)from + fact->offset,
		       fact_sizes[fact->type]);
	}
}
