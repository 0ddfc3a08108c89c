/* worker.h - the seam for work that blocks (password hashing): run() off the loop, then done() on
 * it.
 *
 * Production: net/loop.h. Simulation and tests: runs at once, done through the scheduler.
 */
#ifndef SG_BASE_WORKER_H
#define SG_BASE_WORKER_H

#include "base/status.h"

struct worker {
	/* SG_E_LIMIT: too much under way; neither is called. */
	enum sg_status (*submit)(void *self, void (*run)(void *arg), void (*done)(void *arg),
				 void *arg);
	void *self;
};

#endif
