/* app.h - what the use cases share: one struct of the parts, made once and handed to whoever needs it. */
#ifndef SG_APP_APP_H
#define SG_APP_APP_H

#include "app/auth.h"
#include "app/catalog.h"
#include "app/dispatch.h"
#include "app/flow.h"
#include "app/outbox.h"
#include "base/worker.h"
#include "store/store.h"

struct app {
	struct sched *sched;
	struct store *store;
	struct entropy entropy;
	struct worker worker;
	struct flow *flow;
	struct catalog *catalog;
	struct dispatch *dispatch;
	struct outbox *outbox;
	struct auth *auth;
	int64_t next_case_number;
};

struct app_options {
	struct dispatch_options dispatch;
	struct auth_options auth;
	const struct channel_port *const *channels; /* NULL-ended; where the outbox delivers */
};

/* The store stays the caller's. */
struct app *app_new(struct sched *sched, struct store *store, const struct entropy *entropy,
		    const struct worker *worker, const struct app_options *opt);
/* Loads what lives in memory; done(SG_OK) when commands may come. */
void app_load(struct app *a, void (*done)(enum sg_status st, void *arg), void *arg);
/* Nothing may be under way (flow_busy is 0). */
void app_free(struct app *a);

#endif
