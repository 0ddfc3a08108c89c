/* console.h - e-mail for demos and development: each mail is printed where the operator sees it. */
#ifndef SG_CHANNEL_CONSOLE_CONSOLE_H
#define SG_CHANNEL_CONSOLE_CONSOLE_H

#include <stdio.h>

#include "base/sched.h"
#include "channel/channel.h"

struct console {
	struct channel_port port; /* give &console->port to the outbox */
	struct sched *sched;
	FILE *out;
};

void console_init(struct console *c, struct sched *sched, FILE *out);

#endif
