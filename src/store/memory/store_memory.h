/* store_memory.h - the store for tests and the simulation: everything in memory, answers through
 * the scheduler so that the timing contract of store.h holds as for a real database. Writes given
 * before one is done are a group; reads are each an entry of their own in the scheduler, so its
 * jitter reorders them.
 */
#ifndef SG_STORE_MEMORY_STORE_MEMORY_H
#define SG_STORE_MEMORY_STORE_MEMORY_H

#include "store/store.h"

enum { STORE_MEMORY_QUEUE_MAX = 20000 }; /* writes, and reads, waiting */

struct store *store_memory_new(struct sched *sched);

#endif
