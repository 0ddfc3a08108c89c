/* store_memory.h - the store for tests and the simulation: everything in memory, answers through the
 * scheduler so that the timing contract of store.h holds as for a real database. */
#ifndef SG_STORE_MEMORY_STORE_MEMORY_H
#define SG_STORE_MEMORY_STORE_MEMORY_H

#include "store/store.h"

struct store *store_memory_new(struct sched *sched);

#endif
