/* channel.h - the port of outgoing deliveries: how something leaves Segue for a person.
 *
 * Contract (tests/contract/channel_contract.c): done is called exactly once, never inside deliver; SG_OK means the far
 * side has it; SG_E_IO and SG_E_AGAIN are tried again later; SG_E_INPUT never. A delivery may come twice with the same
 * id (after a crash between the two commits); the far side is given the id to tell.
 */
#ifndef SG_CHANNEL_CHANNEL_H
#define SG_CHANNEL_CHANNEL_H

#include "base/id.h"
#include "base/str.h"

typedef void channel_done_cb(enum sg_status st, void *arg);

struct delivery {
	struct sg_id id;
	struct str body; /* JSON; e-mail: {"to","subject","text"} */
};

struct channel_port {
	const char *name; /* what outbox rows name: "email" */
	void (*deliver)(void *self, const struct delivery *d, channel_done_cb *done, void *arg);
	void *self;
};

#endif
