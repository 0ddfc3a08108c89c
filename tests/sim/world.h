/* world.h - what the files of the simulation share: the store that survives, the lives of the
 * process before it, the people, and a model that is told what became durable and what was
 * published and knows what must be true of it. */
#ifndef SG_TESTS_SIM_WORLD_H
#define SG_TESTS_SIM_WORLD_H

#include "app/app.h"
#include "app/contact.h"
#include "base/idmap.h"
#include "sim/hostile_store.h"
#include "sim/life_sched.h"
#include "sim/sched_sim.h"

enum { QUEUES = 2, AGENTS = 4, PERSONS = 6, TEXT_MAX_BYTES = 80 };

/* Longer than any work or read of the application goes on by itself, shorter than its timers that
 * come again. */
enum { DRAIN_GAP_MS = 2000 };

/* One life of the process. */
struct life {
	struct world *w;
	unsigned no;
	struct life_sched app_time, store_time;
	struct hostile store;
	struct channel_port mail;
	const struct channel_port *channels[2];
	struct app *app;
	bool loaded, failed_to_load, ended;
};

/* What the model knows of one stream. */
struct mstream {
	struct mstream *next;
	struct sg_id id;
	enum stream_kind kind;
	uint64_t seq;       /* durable */
	uint64_t published; /* in this life */
	uint64_t line_seq;  /* of the event by which it waits */
	int64_t waits_since_ms;
	uint64_t offer_given; /* seq of the last offer that was given to the store */
	bool was_refused;     /* an offer ended without being taken */
	bool passed; /* through more than one queue or agent: its place is not a plain one */
	struct interaction interaction;
	struct case_ case_;
	struct agent agent;
	struct sg_id asked_topic;
};

struct mail {
	struct mail *next;
	struct sg_id id;
	unsigned delivered, crashes;
};

struct sim_agent {
	struct sg_id id;
	struct actor actor;
	bool queues[QUEUES];
	unsigned capacity;
	bool connected;
	enum presence published;
	int64_t ok_until_ms; /* last moment they could be offered something */
	unsigned outstanding;
};

struct sim_person {
	struct sg_id id;
	struct actor actor;
	char email[32];
	unsigned outstanding;
	bool starting, one_by_one;
	struct sg_id last_interaction;
	uint64_t last_seq; /* of the last acknowledged message there */
};

/* What makes one of them act again and again. */
struct ticker {
	struct world *w;
	unsigned who;
	bool agent;
};

struct world {
	uint64_t seed;
	uint8_t *bytes;
	struct tape tape;
	struct sched_sim sim;
	uint64_t entropy_no;
	struct store *inner;
	struct life *life;
	unsigned lives;
	bool faults, crashes; /* of this seed */
	bool quiet;           /* set up, or settling: nothing goes wrong any more */
	bool set_up;          /* people may act */
	int64_t trouble_ms;   /* when something last went wrong */
	struct idmap streams, keys, texts;
	struct mstream *all;
	struct mail *mails;
	struct sg_id queues[QUEUES];
	struct sim_agent agents[AGENTS];
	struct sim_person persons[PERSONS];
	struct ticker tickers[AGENTS + PERSONS];
	unsigned next_key, commands;
	uint64_t durable, published, acks, offers, repeats;
	uint64_t trace;
	bool failed;
};

/* ---- world.c ---- */

uint32_t draw(struct world *w, uint32_t bound);
/* Says so once; the seed has failed. */
void fail(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct entropy world_entropy(struct world *w);
void life_begin(struct world *w);
void life_kill(struct world *w);
bool life_is_up(const struct world *w);

/* ---- model.c ---- */

void model_init(struct world *w);
void model_fini(struct world *w);
void model_given(const struct store_write *sw, void *arg);
void model_durable(const struct store_write *sw, void *arg);
void model_published(const struct event *ev, const struct log_event *log, void *arg);
/* All that is durable now counts as published: a new life has read it. */
void model_new_life(struct world *w);
struct mstream *model_find(const struct world *w, const struct sg_id *id);
/* How often a command with this key has been done. */
uint64_t model_done(const struct world *w, const struct actor *actor, const char *key);
unsigned model_held(const struct world *w, const struct sg_id *agent);
void model_delivered(struct world *w, const struct sg_id *mail);
void model_crashed(struct world *w);
void model_agent_changed(struct world *w, struct sim_agent *a);
/* After all has settled. */
void model_check_end(struct world *w);

/* ---- people.c ---- */

void people_init(struct world *w);
/* Writes queues, persons and agents through the application. */
void people_set_up(struct world *w);
void people_begin(struct world *w);
/* A new life: screens connect again. */
void people_new_life(struct world *w);

#endif
