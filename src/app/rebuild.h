/* rebuild.h - the views made anew from the log: empties them, then projects every event again. The
 * same function serves the live write (app/project.h), so rebuilt and live are equal; a test proves
 * it. */
#ifndef SG_APP_REBUILD_H
#define SG_APP_REBUILD_H

#include "store/store.h"

/* This setting (a record) is there while the views are not to be read: written by a migration that
 * changes them, and by rebuild_views from before it empties them until all is there again. Who
 * opens the store to serve looks for it first. */
#define REBUILD_SETTING "views_stale"

/* Nobody else may write meanwhile. done is called exactly once, never inside the call; events: how
 * many were read. SG_E_INPUT: an event's body is damaged (logged with its place). */
void rebuild_views(struct store *s, void (*done)(enum sg_status st, uint64_t events, void *arg),
		   void *arg);

#endif
