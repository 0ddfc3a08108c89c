/* demo.h - fills an empty store with a company that has been at work for years: people, their
 * things, a year of contacts. For trying Segue out, for screenshots and for measuring on something
 * that looks real.
 *
 * Everything follows from the content folder, the seed and now_ms: no clock, no other dice. Only
 * password hashes differ (their salt is random). Contacts follow the shapes of real load (weekday
 * and hour curve, Gamma days, Poisson within the day, lognormal service, patience) and the rules of
 * core/: each event was decided and applied as the server does. No contact is left open; some cases
 * are.
 */
#ifndef SG_SEGUE_DEMO_DEMO_H
#define SG_SEGUE_DEMO_DEMO_H

#include "store/store.h"

struct demo_options {
	const char *content_dir; /* the folder with company.json and its neighbours */
	uint64_t seed;
	int64_t now_ms; /* the present: contacts end before it, due dates lie beyond */
	unsigned persons, items,
		contacts; /* 0: 2,000, 10,000, 12,000; contacts is what is aimed at */
};

struct demo_login {
	struct sg_id id;
	struct str name, email;
};

/* Lent until the callback returns. */
struct demo_summary {
	struct str company_domain;
	const char *password; /* of every agent */
	/* Has a delivered heat pump, an open quote that expires in a few days, an earlier case with
	 * feedback and a case still open. */
	struct demo_login customer;
	int64_t told_case,
		open_case; /* numbers of these two; 0: the content has no dialogue for it */
	struct demo_login maya, omar, ruth;
	unsigned persons, items, contacts, abandoned, transfers;
	unsigned cases, open_cases, cases_with_more_contacts, feedback;
	uint64_t events;
	const char *fault; /* what is wrong with the content, when the status says so; else "" */
};

/* Calls done once, never inside this call. SG_E_INPUT, SG_E_IO: the content (logged, and see
 * fault), or now_ms is before 1974; else the store's answer to a write, which ends it: what was
 * written before stays. The store must be empty. Options and the texts they name must live until
 * then. */
void demo_fill(struct sched *sched, struct store *store, const struct demo_options *opt,
	       void (*done)(enum sg_status st, const struct demo_summary *sum, void *arg),
	       void *arg);

#endif
