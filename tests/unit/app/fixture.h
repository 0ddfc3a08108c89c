/* fixture.h - the application on a memory store behind a hostile one, in virtual time, with a
 * mailbox that remembers: what the tests of this folder stand on. */
#ifndef SG_TESTS_UNIT_APP_FIXTURE_H
#define SG_TESTS_UNIT_APP_FIXTURE_H

#include "check.h"

#include "app/app.h"
#include "app/contact.h"
#include "sim/hostile_store.h"
#include "sim/sched_sim.h"

enum { FX_MAILS_MAX = 64, FX_EVENTS_MAX = 4096 };

struct fx_mail {
	struct sg_id id;
	char body[2048];
	int64_t at_ms;
};

struct fx {
	struct sched_sim sim;
	struct store *inner;
	struct hostile store;
	struct worker worker;
	struct channel_port mail;
	const struct channel_port *channels[2];
	struct app *app;
	uint32_t agents_max, open_max; /* of the next start */
	uint64_t entropy_no;
	bool loaded;
	/* The mailbox: what came, and how the next ones are answered. */
	struct fx_mail mails[FX_MAILS_MAX];
	unsigned n_mails;
	enum sg_status mail_answer;
	/* What was published. */
	struct {
		enum event_kind kind;
		struct sg_id stream, agent;
		uint64_t seq;
	} events[FX_EVENTS_MAX];
	unsigned n_events;
	/* The n-th write from now (1: the next) meets this. */
	unsigned fate_at;
	enum hostile_fate fate;
	unsigned fate_times;
	unsigned writes_before;
	const enum hostile_fate *fates; /* or a list of them */
	unsigned n_fates;
};

void fx_open(struct fx *f);
/* Over another store, which becomes the fixture's. */
void fx_close(struct fx *f);
/* The process ends in peace and starts again. */
void fx_restart(struct fx *f);
void fx_run(struct fx *f, int64_t ms);
/* Writes number n, n+1, … (times of them) from now on meet this. */
void fx_fate(struct fx *f, unsigned n, enum hostile_fate fate, unsigned times);
/* The next n writes meet these. */
void fx_fates(struct fx *f, const enum hostile_fate *fates, unsigned n);
struct sg_id fx_id(struct fx *f);
struct entropy fx_entropy(struct fx *f);

struct sg_id fx_queue(struct fx *f, const char *name);
struct sg_id fx_person(struct fx *f, const char *email, const char *external_id);
/* An agent of one queue, connected and available unless capacity is 0 (then 1, and not there). */
struct sg_id fx_agent(struct fx *f, const struct sg_id *queue, const char *email,
		      unsigned capacity);

/* A call and its answer. */
struct fx_answer {
	unsigned n; /* how often it was called back */
	enum sg_status st;
	bool repeated;
	char why[64];
	char result[FLOW_RESULT_MAX + 1];
	uint64_t order; /* among all answers */
};
void fx_answered(const struct work_answer *answer, void *arg);
struct contact_call fx_call(enum role role, const struct sg_id *who, const char *key,
			    struct fx_answer *a);
/* Starts one and runs until answered. */
struct sg_id fx_start(struct fx *f, const struct sg_id *person, const struct sg_id *queue);
void fx_say(struct fx *f, const struct sg_id *person, const struct sg_id *it, const char *key,
	    struct fx_answer *a);
void fx_do(struct fx *f, enum role role, const struct sg_id *who, const struct sg_id *it,
	   enum interaction_cmd_kind kind, struct fx_answer *a);
/* The stored state. */
struct interaction fx_interaction(struct fx *f, const struct sg_id *id);
struct row fx_row(struct fx *f, enum table table, const struct value *key, bool *found);
unsigned fx_count(const struct fx *f, enum event_kind kind, const struct sg_id *stream);

#endif
