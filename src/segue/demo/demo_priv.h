/* demo_priv.h - the generator's whole state, shared by its files.
 *
 * The log grows in the order of time. First the catalogue is written, then two lists are walked
 * side by side: entries (each person and item at its time, sorted) and tasks (a heap: what the
 * history has still to do). Executing a task decides, applies and writes, and may plan further
 * tasks. So whatever happens to a case in between is known when its next event is decided, and only
 * what is under way is in memory.
 */
#ifndef SG_SEGUE_DEMO_DEMO_PRIV_H
#define SG_SEGUE_DEMO_DEMO_PRIV_H

#include "segue/demo/demo.h"
#include "segue/demo/demo_content.h"
#include "segue/demo/demo_random.h"
#include "segue/demo/demo_write.h"

#define DEMO_SECOND_MS INT64_C(1000)
#define DEMO_MINUTE_MS (60 * DEMO_SECOND_MS)
#define DEMO_HOUR_MS (60 * DEMO_MINUTE_MS)
#define DEMO_DAY_MS (24 * DEMO_HOUR_MS)
/* The company's clock: US Central Standard Time the whole year, so that it needs no zone tables. */
#define DEMO_ZONE_MS (-6 * DEMO_HOUR_MS)

enum {
	DEMO_HISTORY_DAYS = 365,
	DEMO_ITEM_DAYS = 730,
	DEMO_CASE_FIRST = 1001,
	DEMO_STEPS_MAX = 64,
	DEMO_HERO_ITEMS = 6, /* the first items; of the first person, the customer of the summary */
};

struct demo_person {
	struct sg_id id;
	struct str name, email, phone, zip;
	enum ring ring;
	unsigned value;
	unsigned account; /* shown as H-123456 */
	int64_t since_ms, put_ms;
};

struct demo_item {
	struct sg_id id;
	unsigned person, product;
	const char *state;
	int64_t occurred_ms, due_ms, put_ms;
	int64_t delivered_ms; /* 0: not (yet) */
	int64_t amount_cents;
};

struct demo_entry {
	int64_t at_ms;
	unsigned index;
	bool is_item;
};

/* The items known so far that a dialogue may be about. */
struct demo_bucket {
	unsigned *items;
	unsigned n, cap;
};

struct demo_case {
	struct case_ st;
	unsigned item, dialogue; /* of the last contact */
	unsigned agent;          /* who wrapped it up last */
	bool is_busy;            /* a contact is under way */
	bool is_hero;
};

enum demo_step_kind {
	DEMO_STEP_OFFER,
	DEMO_STEP_ACCEPT,
	DEMO_STEP_REJECT,
	DEMO_STEP_EXPIRE,
	DEMO_STEP_SAY,
	DEMO_STEP_ANSWER,
	DEMO_STEP_NOTE,
	DEMO_STEP_READ,
	DEMO_STEP_PERSON_READ,
	DEMO_STEP_TO_QUEUE,
	DEMO_STEP_TO_AGENT,
	DEMO_STEP_ABANDON,
	DEMO_STEP_LEAVE,
	DEMO_STEP_END,
	DEMO_STEP_WRAP_UP,
	DEMO_STEP_N
};

struct demo_step {
	int64_t at_ms;
	enum demo_step_kind kind;
	unsigned agent; /* who does it, or to whom it is offered */
	unsigned what;  /* turn, queue or agent it goes to */
};

/* A contact under way: its plan was made when it began. */
struct demo_contact {
	struct interaction it;
	unsigned case_index;
	const struct demo_dialogue *dialogue;
	bool is_hero;
	unsigned hero_agent;
	struct demo_step steps[DEMO_STEPS_MAX];
	unsigned n_steps, next;
};

enum demo_task_kind {
	DEMO_TASK_DAY,      /* plans the arrivals of a local day */
	DEMO_TASK_ARRIVAL,  /* somebody makes contact about something new */
	DEMO_TASK_AGAIN,    /* one more contact in the case `a` */
	DEMO_TASK_HERO,     /* the a-th contact of the summary's customer */
	DEMO_TASK_STEP,     /* the next step of a contact */
	DEMO_TASK_SETTLE,   /* what was promised in case `a` is done */
	DEMO_TASK_FEEDBACK, /* case `a` */
	DEMO_TASK_N
};

struct demo_task {
	int64_t at_ms;
	uint64_t no; /* order of planning decides among equals */
	enum demo_task_kind kind;
	unsigned a;
	struct demo_contact *contact;
};

struct demo {
	struct sched *sched;
	struct demo_options opt;
	void (*done)(enum sg_status st, const struct demo_summary *sum, void *arg);
	void *arg;
	struct demo_summary sum;

	struct demo_content content;
	struct demo_write write;
	struct demo_random ids, catalog, people, things, arrivals, talk;
	struct arena texts; /* of persons */
	int64_t start_ms;   /* where the log begins */
	char password_hash[128];

	unsigned catalog_next;
	struct demo_person *persons;
	struct demo_item *items;
	unsigned n_persons, n_items;
	struct demo_entry *entries;
	unsigned n_entries, next_entry;
	struct demo_bucket buckets[ITEM_KIND_N][DEMO_CATEGORIES_MAX];

	struct demo_task *tasks; /* a heap, earliest first */
	unsigned n_tasks, cap_tasks;
	uint64_t task_no;
	struct demo_case *cases;
	unsigned n_cases, cap_cases;

	unsigned in_flight; /* writes */
	bool is_made;       /* nothing is left to generate */
	enum sg_status st;
};

/* calloc that must succeed. */
void *demo_take(size_t n, size_t size);

/* demo_catalog.c: queues, agents, topics, articles, canned answers. */
void demo_catalog_prepare(struct demo *d);
bool demo_catalog_next(struct demo *d); /* writes one entry; false: there was none left */

/* demo_people.c */
void demo_people_make(struct demo *d);
void demo_people_put(struct demo *d, unsigned i);

/* demo_items.c */
void demo_items_make(struct demo *d); /* after the people */
void demo_items_put(struct demo *d, unsigned i);

/* demo_contact.c */

/* Makes the plan of a contact that begins at at_ms in this queue. False: it would not have ended by
 * now_ms, or nobody serves the queue. */
bool demo_contact_plan(struct demo *d, struct demo_contact *c, unsigned queue, int64_t at_ms);
void demo_contact_step(struct demo *d, struct demo_contact *c); /* the next one */

/* demo_history.c */
void demo_history_prepare(struct demo *d);
bool demo_history_next(struct demo *d); /* writes one entry or task; false: there was none left */
void demo_history_free(struct demo *d);
/* What follows when a contact has been wrapped up or was given up: due_out is what was promised, or
 * 0. */
int64_t demo_history_promise(struct demo *d, const struct demo_contact *c, int64_t at_ms);
void demo_history_ended(struct demo *d, const struct demo_contact *c, bool is_abandoned,
			int64_t at_ms);

#endif
