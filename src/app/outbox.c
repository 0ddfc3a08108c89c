#include "app/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"

enum {
	OUTBOX_BATCH = 32,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MAX_MS = 600000,
	ATTEMPTS_MAX = 160, /* about 24 hours at the longest back-off */
};

static struct metric delivered = METRIC_COUNTER("segue_deliveries_total", "Deliveries made");
static struct metric postponed = METRIC_COUNTER("segue_deliveries_postponed_total", "Deliveries to be tried again");
static struct metric dead = METRIC_COUNTER("segue_deliveries_dead_total", "Deliveries given up");

struct outbox {
	struct sched *sched;
	struct store *store;
	const struct channel_port *const *channels;
	uint64_t timer;
	unsigned in_hand; /* deliveries and marks under way */
	bool reading, again;
};

/* One delivery under way. */
struct owed {
	struct outbox *o;
	struct sg_id id;
	int64_t attempts;
};

struct outbox *outbox_new(struct sched *sched, struct store *store, const struct channel_port *const *channels)
{
	struct outbox *o = calloc(1, sizeof(*o));

	SG_ASSERT(o != NULL);
	*o = (struct outbox){.sched = sched, .store = store, .channels = channels};
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	SG_ASSERT(!outbox_busy(o));
	sched_cancel(o->sched, o->timer);
	free(o);
}

bool outbox_busy(const struct outbox *o)
{
	return o->in_hand > 0 || o->reading;
}

static void look(struct outbox *o);

static void on_timer(void *arg)
{
	struct outbox *o = arg;

	o->timer = 0;
	look(o);
}

static void look_later(struct outbox *o, int64_t ms)
{
	sched_cancel(o->sched, o->timer);
	o->timer = sched_after(o->sched, ms, on_timer, o);
}

static void settle(struct outbox *o)
{
	o->in_hand--;
	if (o->in_hand == 0 && o->again)
		look(o);
}

static void on_marked(enum sg_status st, const struct store_done *done, void *arg)
{
	struct owed *w = arg;

	(void)done;
	if (st != SG_OK) { /* it stays owed: the far side will know the id */
		log_event(LOG_WARN, "outbox_mark_failed", LF_STR("status", sg_status_name(st)));
		look_later(w->o, BACKOFF_FIRST_MS);
	}
	settle(w->o);
	free(w);
}

static int64_t backoff_ms(int64_t attempts)
{
	int64_t ms = BACKOFF_FIRST_MS;

	for (int64_t i = 1; i < attempts && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static void on_delivered(enum sg_status st, void *arg)
{
	struct owed *w = arg;
	struct outbox_mark mark = {.id = w->id, .attempts = w->attempts + 1};
	bool gone = st == SG_E_INPUT || mark.attempts >= ATTEMPTS_MAX;

	mark.done = st == SG_OK || gone;
	mark.due_ms = sched_wall_ms(w->o->sched) + backoff_ms(mark.attempts);
	metric_add(st == SG_OK ? &delivered : gone ? &dead : &postponed, 1);
	if (!mark.done)
		look_later(w->o, backoff_ms(mark.attempts));
	struct store_write sw = {.marks = &mark, .n_marks = 1};

	store_write(w->o->store, &sw, on_marked, w);
}

static const struct channel_port *channel_of(const struct outbox *o, struct str name)
{
	for (unsigned i = 0; o->channels[i]; i++) {
		if (str_eq(name, str_from(o->channels[i]->name)))
			return o->channels[i];
	}
	return NULL;
}

static void on_rows(enum sg_status st, const struct outbox_row *rows, unsigned n, void *arg)
{
	struct outbox *o = arg;

	o->reading = false;
	if (st != SG_OK) {
		look_later(o, BACKOFF_FIRST_MS);
		return;
	}
	o->again = o->again || n == OUTBOX_BATCH;
	for (unsigned i = 0; i < n; i++) {
		const struct channel_port *ch = channel_of(o, rows[i].channel);
		struct owed *w = malloc(sizeof(*w));
		struct delivery d = {.id = rows[i].id, .body = rows[i].body};

		SG_ASSERT(w != NULL);
		*w = (struct owed){.o = o, .id = rows[i].id, .attempts = rows[i].attempts};
		o->in_hand++;
		if (ch)
			ch->deliver(ch->self, &d, on_delivered, w);
		else
			on_delivered(SG_E_IO, w); /* the channel is not set up now */
	}
	if (n == 0 && o->again)
		look(o);
}

static void look(struct outbox *o)
{
	if (outbox_busy(o)) {
		o->again = true;
		return;
	}
	o->again = false;
	o->reading = true;
	o->store->ops->outbox(o->store, sched_wall_ms(o->sched), OUTBOX_BATCH, on_rows, o);
}

void outbox_kick(struct outbox *o)
{
	look_later(o, 0);
}
