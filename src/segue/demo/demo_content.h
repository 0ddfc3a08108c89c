/* demo_content.h - the demo company as it is written down in demo/ (JSON), read and checked.
 *
 * References by key become indexes into the lists here. All texts live in one arena. The ids are
 * given by the generator (demo_catalog.c).
 */
#ifndef SG_SEGUE_DEMO_DEMO_CONTENT_H
#define SG_SEGUE_DEMO_DEMO_CONTENT_H

#include "base/arena.h"
#include "core/event.h"
#include "core/item.h"

enum {
	DEMO_CATEGORIES_MAX = 48,
	DEMO_LINKS_MAX =
		12, /* queues of an agent, topics of an article, categories of a dialogue */
	DEMO_TURNS_MAX = 16,
	DEMO_SLOTS_MAX = 8, /* contacts an agent may hold */
	DEMO_HOURS = 24,
	DEMO_WEEKDAYS = 7,
};

struct demo_links {
	unsigned at[DEMO_LINKS_MAX];
	unsigned n;
};

struct demo_zip {
	struct str zip;
	double weight;
};

struct demo_queue {
	struct str key, name;
	int64_t offer_ms;
	struct sg_id id;
};

struct demo_agent {
	struct str key, name, email;
	enum role role;
	struct demo_links queues;
	unsigned capacity;
	struct sg_id id;
	int64_t free_ms[DEMO_SLOTS_MAX]; /* when each place is free again */
};

struct demo_topic {
	struct str key, title;
	struct str kinds, synonyms; /* JSON lists */
	bool has_parent, urgent;
	unsigned parent, queue;
	int64_t position;
	struct sg_id id;
};

/* What an item is made from. */
struct demo_product {
	enum item_kind kind;
	struct str key, title;
	unsigned category;
	int64_t price_cents, price_max_cents; /* equal unless it is a quote */
	int64_t days;                         /* a quote's validity */
	int64_t term_months;                  /* a contract's; 0: none */
	struct str attrs; /* members of a JSON object without its braces; may be empty */
};

struct demo_article {
	struct str key, title, summary, body, lang;
	enum audience audience;
	struct demo_links topics;
	struct sg_id id;
};

struct demo_canned {
	struct str name, title, text;
	struct sg_id id;
};

struct demo_turn {
	bool by_agent;
	struct str text;
};

struct demo_dialogue {
	unsigned topic;
	enum item_kind kind;
	struct demo_links categories;
	struct demo_turn turns[DEMO_TURNS_MAX];
	unsigned n_turns;
	struct str note, summary, next_step; /* note and next_step may be empty */
	enum outcome outcome;
};

struct demo_opinion {
	int64_t outcome_score, feeling_score;
	struct str text;
};

struct demo_content {
	struct arena arena;
	struct str currency, lang, domain;
	double curve[DEMO_WEEKDAYS][DEMO_HOURS]; /* from Monday */
	struct str *given, *surnames, *domains;
	struct demo_zip *zips;
	struct demo_queue *queues;
	struct demo_agent *agents;
	struct demo_topic *topics; /* a parent stands before its children */
	struct demo_product *products;
	struct demo_article *articles;
	struct demo_canned *canned;
	struct demo_dialogue *dialogues;
	struct demo_opinion *opinions;
	unsigned n_given, n_surnames, n_domains, n_zips, n_queues, n_agents, n_topics, n_products;
	unsigned n_articles, n_canned, n_dialogues, n_opinions;
	struct str categories[DEMO_CATEGORIES_MAX];
	unsigned n_categories;
	/* "topics.json, no-heat: queue is not known"; "" when nothing was wrong. */
	char fault[256];
};

/* SG_E_IO: a file cannot be read; SG_E_INPUT: it does not say what is needed; see fault. Ends with
 * demo_content_fini in every case. */
SG_CHECKED enum sg_status demo_content_load(struct demo_content *c, const char *folder);
void demo_content_fini(struct demo_content *c);

#endif
