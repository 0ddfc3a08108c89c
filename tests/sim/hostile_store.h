/* hostile_store.h - a store that stands before another one and does to its users what the world may
 * do.
 *
 * It keeps the contract of store/store.h: writes are done in the order they were given and answered
 * in that order, each answered once; but answers are late, get lost (SG_E_IO, whether the write
 * happened or not), and writes are refused (SG_E_LIMIT) now and then. It can be killed as a process
 * is: what it had not handed on is lost, what it had is done and nobody learns of it.
 */
#ifndef SG_TESTS_SIM_HOSTILE_STORE_H
#define SG_TESTS_SIM_HOSTILE_STORE_H

#include "base/tape.h"
#include "store/request.h"
#include "store/store.h"

enum hostile_fate {
	FATE_DONE,
	FATE_LOST,    /* done, answered SG_E_IO */
	FATE_REFUSED, /* not done, answered SG_E_IO */
	FATE_LIMIT,   /* not done, answered SG_E_LIMIT */
	FATE_LATE,    /* done and answered after a long time */
	FATE_N
};

struct hostile_hooks {
	/* A write has come (also each repeat of it). */
	void (*given)(const struct store_write *w, void *arg);
	/* The inner store has done it (not told of repeats). */
	void (*durable)(const struct store_write *w, void *arg);
	/* What becomes of the write with this number (from 1), or NULL: by chance. */
	enum hostile_fate (*fate)(unsigned no, void *arg);
	void *arg;
};

struct hostile {
	struct store base; /* give &h->base to the code under test */
	struct store *inner;
	struct sched *sched;
	struct tape *tape; /* for chance; may be NULL when nothing is left to it */
	uint32_t delay_ms; /* each way, at most */
	uint32_t fault_in; /* one write or read in so many goes wrong; 0: none */
	bool outage;       /* every write is SG_E_IO */
	bool dead;
	unsigned writes;     /* given so far */
	unsigned inner_busy; /* handed to the inner store and not answered */
	struct hostile_hooks hooks;
	struct hostile_write *first, *last; /* all not answered */
	struct hostile_read *reads;
	int64_t answer_at_ms;
};

void hostile_init(struct hostile *h, struct sched *sched, struct store *inner);
/* All that is unanswered is answered (as by a store that is closing) by later calls of `then`'s
 * scheduler; what comes after this is answered so, too. */
void hostile_kill(struct hostile *h, struct sched *then);
/* Nothing may be with the inner store. */
void hostile_fini(struct hostile *h);

#endif
