/* event.h - what happened: one entry of the log, as the core speaks of it.
 *
 * A command that is taken becomes one or more events; an event is never refused. The facts an event
 * may carry and the kinds of event are generated from schema/api/events.json, and one codec
 * (app/codec.h) writes and reads them all by these tables.
 */
#ifndef SG_CORE_EVENT_H
#define SG_CORE_EVENT_H

#include <stddef.h>

#include "base/id.h"
#include "base/status.h"
#include "base/str.h"
#include "core/event.gen.h"

/* Who did it. ROLE_NONE: Segue itself (routing, timers). For ROLE_CUSTOMER id is the person. */
struct actor {
	enum role role;
	struct sg_id id;
};

/* An event before it has its place (stream, seq) and id: what the core decides. */
struct event {
	enum event_kind kind;
	struct sg_id stream; /* id of the aggregate */
	uint64_t seq;        /* place in the stream, from 1, without gaps */
	struct sg_id id;
	struct actor actor;
	int64_t at_ms; /* wall clock, since 1970 */
	struct facts f;
};

enum fact_type {
	FACT_TYPE_ID,
	FACT_TYPE_TEXT,
	FACT_TYPE_JSON, /* JSON text, checked where it came in */
	FACT_TYPE_INT,
	FACT_TYPE_TIME, /* ms since 1970; 0 is absent */
	FACT_TYPE_BOOL,
	FACT_TYPE_ENUM, /* stored as its name */
};

struct fact_desc {
	const char *name;
	enum fact_type type;
	size_t offset; /* in struct facts */
	size_t max;    /* characters of a text */
	const char *const *names;
	unsigned n_names;
};

struct event_desc {
	const char *name;
	enum stream_kind stream;
	enum audience audience; /* AUDIENCE_PUBLIC: the person it is about may see it */
	const enum fact *facts;
	unsigned n;
};

extern const struct fact_desc fact_desc[FACT_N];
extern const struct event_desc event_desc[EVENT_KIND_N];
extern const char *const stream_names[STREAM_KIND_N];

/* The value whose name it is, or 0 (…_NONE). */
unsigned enum_parse(const char *const *names, unsigned n, struct str name);

/* Copies from `from` the facts that an event of this kind carries, and no others. */
void event_take(struct event *ev, const struct facts *from);

#endif
