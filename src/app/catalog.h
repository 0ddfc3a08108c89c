/* catalog.h - what is small and asked for all the time, in memory: topics, queues, agents, article titles,
 * canned answers. Loaded at start, kept fresh by watching the log; the tables stay the truth.
 */
#ifndef SG_APP_CATALOG_H
#define SG_APP_CATALOG_H

#include "app/flow.h"
#include "store/store.h"

struct catalog;

/* Lent until the next event; copy what must live longer. */
struct catalog_entry {
	struct sg_id id;
	enum table table; /* TABLE_TOPIC, _QUEUE, _AGENT, _CANNED, _ARTICLE */
	struct row row;   /* whole, except an article's body (left in the store) */
};

struct catalog *catalog_new(struct flow *flow, struct store *store);
void catalog_free(struct catalog *c);

/* Reads everything; done(SG_OK) when usable. */
void catalog_load(struct catalog *c, void (*done)(enum sg_status st, void *arg), void *arg);

/* NULL when there is none of that table. */
const struct catalog_entry *catalog_find(const struct catalog *c, enum table table, const struct sg_id *id);
/* By position in the table's own order (name, title or position; then id): 0 .. count - 1. */
unsigned catalog_count(const struct catalog *c, enum table table);
const struct catalog_entry *catalog_at(const struct catalog *c, enum table table, unsigned i);
/* The agent with this e-mail (compared without ASCII case), or NULL. */
const struct catalog_entry *catalog_agent_by_email(const struct catalog *c, struct str email);

/* "Heat pump › It does not heat"; empty for none. Cut at cap. */
void catalog_topic_path(const struct catalog *c, const struct sg_id *topic, char *out, size_t cap);
/* A topic's queue, or its parent's, or the first queue there is; none when there are no queues. */
struct sg_id catalog_queue_for(const struct catalog *c, const struct sg_id *topic);
/* A second-level topic speaks for itself, whatever its parent says. */
bool catalog_is_urgent(const struct catalog *c, const struct sg_id *topic);

#endif
