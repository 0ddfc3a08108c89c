/* outbox.h - deliveries still owed: read from the store, given to their channel, marked when done.
 * At least once; the row's id is the far side's idempotency key. Retries back off from 1 s to 10
 * min, for 24 hours. */
#ifndef SG_APP_OUTBOX_H
#define SG_APP_OUTBOX_H

#include "channel/channel.h"
#include "store/store.h"

struct outbox;

struct outbox *outbox_new(struct sched *sched, struct store *store,
			  const struct channel_port *const *channels);
void outbox_free(struct outbox *o);
/* Something was added, or it is the start: look. */
void outbox_kick(struct outbox *o);
bool outbox_busy(const struct outbox *o);

#endif
