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
static struct metric postponed =
	METRIC_COUNTER("segue_deliveries_postponed_total", "Deliveries to be tried again");
static struct metric dead = METRIC_COUNTER("segue_deliveries_dead_total", "Deliveries given up");

struct outbox {
	struct sched *sched;
	struct store *store;
	const struct channel_port *const *channels;
	uint64_t timer;
	unsigned in_hand; /* deliveries and marks under way */
	bool reading, again;
	struct owed *unmarked; /* delivered, the mark to be written again */
};

/* One delivery under way. */
struct owed {
	struct outbox *o;
	struct sg_id id;
	int64_t attempts;
	struct outbox_mark mark;
	uint64_t timer;
	struct owed *next;
};

struct outbox *outbox_new(struct sched *sched, struct store *store,
			  const struct channel_port *const *channels)
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
	while (o->unmarked) {
		struct owed *w = o->unmarked;

		o->unmarked = w->next;
		sched_cancel(o->sched, w->timer);
		o->in_hand--;
		free(w);
	}
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
	if (o->in_hand == 0)
		look(o);
}

static void on_marked(enum sg_status st, const struct store_done *done, void *arg);

static void mark(struct owed *w)
{
	struct store_write sw = {.marks = &w->mark, .n_marks = 1};

	store_write(w->o->store, &sw, on_marked, w);
}

static void on_mark_timer(void *arg)
{
	struct owed *w = arg;
	struct owed **at = &w->o->unmarked;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	mark(w);
}

/* What has been delivered must not be delivered again for want of a mark. */
static void on_marked(enum sg_status st, const struct store_done *done, void *arg)
{
	struct owed *w = arg;

	(void)done;
	if (st == SG_OK || st == SG_E_STATE) {
		struct outbox *o = w->o;

		free(w);
		settle(o);
		return;
	}
	log_event(LOG_WARN, "outbox_mark_failed", LF_STR("status", sg_status_name(st)));
	w->next = w->o->unmarked;
	w->o->unmarked = w;
	w->timer = sched_after(w->o->sched, BACKOFF_FIRST_MS, on_mark_timer, w);
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
	int64_t attempts = w->attempts + 1;
	bool gone = st == SG_E_INPUT || attempts >= ATTEMPTS_MAX;

	w->mark = (struct outbox_mark){
		.id = w->id,
		.attempts = attempts,
		.done = st == SG_OK || gone,
		.due_ms = sched_wall_ms(w->o->sched) + backoff_ms(attempts),
	};
	metric_add(st == SG_OK ? &delivered : gone ? &dead : &postponed, 1);
	mark(w);
}

static const struct channel_port *channel_of(const struct outbox *o, struct str name)
{
	for (unsigned i = 0; o->channels[i]; i++) {
		if (str_eq(name, str_from(o->channels[i]->name)))
			return o->channels[i];
	}
	return NULL;
}

static void deliver(struct outbox *o, const struct outbox_row *row)
{
	const struct channel_port *ch = channel_of(o, row->channel);
	struct owed *w = calloc(1, sizeof(*w));
	struct delivery d = {.id = row->id, .body = row->body};

	SG_ASSERT(w != NULL);
	*w = (struct owed){.o = o, .id = row->id, .attempts = row->attempts};
	o->in_hand++;
	if (ch)
		ch->deliver(ch->self, &d, on_delivered, w);
	else
		on_delivered(SG_E_IO, w); /* the channel is not set up now */
}

/* A retry further off than the longest back-off was stamped by a clock that has been set back
 * since. */
static bool is_due(const struct outbox_row *row, int64_t now)
{
	return row->due_ms <= now || (row->attempts > 0 && row->due_ms > now + BACKOFF_MAX_MS);
}

static void on_rows(enum sg_status st, const struct outbox_row *rows, unsigned n, void *arg)
{
	struct outbox *o = arg;
	int64_t now = sched_wall_ms(o->sched), next_ms = 0;

	o->reading = false;
	if (st != SG_OK) {
		look_later(o, BACKOFF_FIRST_MS);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		if (is_due(&rows[i], now))
			deliver(o, &rows[i]);
		else if (!next_ms)
			next_ms = rows[i].due_ms - now < BACKOFF_MAX_MS ? rows[i].due_ms - now
									: BACKOFF_MAX_MS;
	}
	if (o->in_hand)
		return; /* looks again when all of these are settled */
	if (o->again)
		look(o);
	else if (next_ms)
		look_later(o, next_ms);
}

/* What is owed in the order it is due, also what is due later: that says when to look again. */
static void look(struct outbox *o)
{
	if (outbox_busy(o)) {
		o->again = true;
		return;
	}
	o->again = false;
	o->reading = true;
	o->store->ops->outbox(o->store, INT64_MAX, OUTBOX_BATCH, on_rows, o);
}

void outbox_kick(struct outbox *o)
{
	look_later(o, 0);
}
