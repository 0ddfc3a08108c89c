#include "app/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "app/dispatch_priv.h"
#include "app/rows.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
	OFFER_MS_DEFAULT = 20000,
	RETRY_MS = 500,       /* after an offer that could not be written */
	NO_ROOM_MS = 5000,    /* after the index had no room for one who waits */
	FORGIVE_MS = 15000,   /* then an agent who rejected it may be offered it again */
	HANDLE_FIRST_S = 300, /* expected handling time before any was seen */
	HANDLE_WEIGHT = 16,   /* one in so many counts for the moving mean */
	AGENTS_SLACK = 256,   /* hired, or waited for, beyond those known at the start */
};

static struct metric offers =
	METRIC_COUNTER("segue_offers_total", "Interactions offered to an agent");
static struct metric wait_ms = METRIC_HISTOGRAM("segue_wait_ms", "Wait from queued to accepted");
static struct metric open_now =
	METRIC_GAUGE("segue_open_interactions", "Interactions that are not closed");

static void pump_soon(struct dispatch *d);

/* Not to be matched while a work about it is under way. */
void dispatch_leave_line(struct contact *c)
{
	if (route_position(c->d->route, &c->id))
		route_dequeue(c->d->route, &c->id);
}

/* ---- offering ---- */

static int64_t offer_length_ms(const struct dispatch *d, const struct sg_id *queue)
{
	const struct catalog_entry *q = catalog_find(d->catalog, TABLE_QUEUE, queue);
	int64_t ms = q ? q->row.v[QUEUE_COL_OFFER_MS].i : 0;

	return ms > 0 ? ms : OFFER_MS_DEFAULT;
}

static void offer(struct dispatch *d, const struct route_match *m)
{
	struct contact *c = idmap_find(&d->contacts, &m->interaction);

	SG_ASSERT(c != NULL);
	metric_add(&offers, 1);
	dispatch_order_offer(c, &m->agent, sched_wall_ms(d->sched) + offer_length_ms(d, &c->queue));
}

static void pump(void *arg)
{
	struct dispatch *d = arg;
	struct route_match m;

	d->pump_due = false;
	while (route_next(d->route, &m))
		offer(d, &m);
}

/* Once for all that happens in this turn of the loop. */
static void pump_soon(struct dispatch *d)
{
	if (d->pump_due || d->loading)
		return;
	d->pump_due = true;
	sched_after(d->sched, 0, pump, d);
}

static void tell_change(struct dispatch *d, const struct sg_id *queue)
{
	if (d->changed && !d->loading)
		d->changed(queue, d->changed_arg);
}

/* ---- the open interactions ---- */

static bool staff_is_there(const struct dispatch *d, const struct sg_id *agent);
static void contact_timer(struct contact *c, int64_t ms);

void dispatch_wait(struct contact *c)
{
	struct route_contact rc = {
		.id = c->id,
		.queue = c->queue,
		.wanted_agent = c->wanted_agent,
		.queued_at_ms = c->queued_at_ms,
		.priority = c->priority,
	};

	if (c->in_hand) { /* again when that is done */
		dispatch_leave_line(c);
		return;
	}
	if (route_enqueue(c->d->route, &rc) != SG_OK) {
		log_event(LOG_ERROR, "queue_full", LF_INT("open", c->d->contacts.n));
		contact_timer(c, NO_ROOM_MS);
	}
	pump_soon(c->d);
}

static int64_t wanted_ms(const struct dispatch *d)
{
	return d->opt.requeue_ms > RETRY_MS ? d->opt.requeue_ms : RETRY_MS;
}

/* When to look again at one in line. */
static void queued_timer(struct contact *c)
{
	contact_timer(c, sg_id_is_none(&c->wanted_agent) ? FORGIVE_MS : wanted_ms(c->d));
}

/* The one it waits for is there and will have a place some time; else anybody of the queue may take
 * it. */
static void wanted_timer(struct contact *c)
{
	if (!staff_is_there(c->d, &c->wanted_agent))
		dispatch_order(c, INTERACTION_REQUEUE, REASON_AGENT_GONE);
	contact_timer(c, wanted_ms(c->d));
}

/* An offer has rung long enough; or one who said no may be asked again. */
static void on_contact_timer(void *arg)
{
	struct contact *c = arg;

	c->timer = 0;
	if (c->in_hand) { /* our own write about it is under way: look again */
		c->timer = sched_after(c->d->sched, RETRY_MS, on_contact_timer, c);
	} else if (c->state == INTERACTION_OFFERED) {
		dispatch_order(c, INTERACTION_EXPIRE, REASON_EXPIRED);
	} else if (c->state == INTERACTION_QUEUED && !route_position(c->d->route, &c->id)) {
		dispatch_wait(c); /* there was no room */
		if (!c->timer)
			queued_timer(c);
	} else if (c->state == INTERACTION_QUEUED && !sg_id_is_none(&c->wanted_agent)) {
		wanted_timer(c);
	} else if (c->state == INTERACTION_QUEUED) {
		route_forgive(c->d->route, &c->id);
		pump_soon(c->d);
	}
}

static void contact_timer(struct contact *c, int64_t ms)
{
	sched_cancel(c->d->sched, c->timer);
	c->timer = sched_after(c->d->sched, ms, on_contact_timer, c);
}

static void contact_stop_timer(struct contact *c)
{
	sched_cancel(c->d->sched, c->timer);
	c->timer = 0;
}

static struct contact *contact_get(struct dispatch *d, const struct sg_id *id)
{
	struct contact *c = idmap_find(&d->contacts, id);

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	SG_ASSERT(c != NULL);
	c->d = d;
	c->id = *id;
	idmap_put(&d->contacts, id, c);
	return c;
}

static void contact_drop(struct contact *c)
{
	struct dispatch *d = c->d;
	struct sg_id queue = c->queue;

	contact_stop_timer(c);
	route_dequeue(d->route, &c->id);
	route_release(d->route, &c->id, sched_now_ms(d->sched));
	idmap_remove(&d->contacts, &c->id);
	free(c);
	tell_change(d, &queue);
	pump_soon(d);
}

static void contact_place(struct contact *c)
{
	struct dispatch *d = c->d;

	contact_stop_timer(c);
	if (c->state == INTERACTION_QUEUED) {
		route_release(d->route, &c->id, sched_now_ms(d->sched));
		dispatch_wait(c);
		if (!c->timer)
			queued_timer(c);
		return;
	}
	route_hold(d->route, &c->id, &c->agent);
	if (c->state == INTERACTION_OFFERED)
		contact_timer(c, offer_length_ms(d, &c->queue));
}

/* The index as the stored row says. */
static void contact_sync(struct dispatch *d, const struct interaction *it)
{
	struct contact *c = idmap_find(&d->contacts, &it->id);

	if (c && it->seq < c->seq) { /* read before what has been told since */
		dispatch_resync(d, &it->id);
		return;
	}
	if (!interaction_is_open(it)) {
		if (c)
			contact_drop(c);
		return;
	}
	c = contact_get(d, &it->id);
	c->queue = it->queue;
	c->wanted_agent = it->wanted_agent;
	c->agent = it->agent;
	c->state = it->state;
	c->queued_at_ms = it->queued_at_ms;
	c->priority = it->priority;
	c->offer_no = it->offer_no;
	c->seq = it->seq;
	if (!d->loading) /* then the index is not made yet */
		contact_place(c);
}

static void on_resync(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct contact *probe = arg;
	struct dispatch *d = probe->d;
	struct contact *c = idmap_find(&d->contacts, &probe->id);
	struct interaction it;

	/* One that is not in the index any more is closed, whatever an old read says. */
	if (st == SG_OK && n == 1 && c && !c->in_hand) {
		rows_interaction(rows, &it);
		contact_sync(d, &it);
	} else if (st != SG_E_NOT_FOUND && c) {
		dispatch_resync(d, &probe->id);
	}
	free(probe);
}

static void resync_now(void *arg)
{
	struct contact *probe = arg;
	struct value key = {.id = probe->id};

	store_get(probe->d->store, TABLE_INTERACTION, &key, on_resync, probe);
}

void dispatch_resync(struct dispatch *d, const struct sg_id *id)
{
	struct contact *probe = calloc(1, sizeof(*probe));

	SG_ASSERT(probe != NULL);
	probe->d = d;
	probe->id = *id;
	sched_after(d->sched, RETRY_MS, resync_now, probe);
}

/* ---- agents ---- */

static struct staff *staff_get(struct dispatch *d, const struct sg_id *id)
{
	struct staff *s = idmap_find(&d->staff, id);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	SG_ASSERT(s != NULL);
	s->d = d;
	s->id = *id;
	idmap_put(&d->staff, id, s);
	return s;
}

static bool staff_is_there(const struct dispatch *d, const struct sg_id *agent)
{
	const struct catalog_entry *e = catalog_find(d->catalog, TABLE_AGENT, agent);
	const struct staff *s = idmap_find(&d->staff, agent);
	struct agent a;

	if (!e || !s || !s->screens)
		return false;
	rows_agent(&e->row, &a);
	return agent_is_available(&a);
}

static void tell_change_of(struct dispatch *d, const struct route_agent *ra)
{
	for (unsigned i = 0; i < ra->n_queues; i++)
		tell_change(d, &ra->queues[i]);
}

void dispatch_sync_agent(struct staff *s)
{
	struct dispatch *d = s->d;
	const struct catalog_entry *e = catalog_find(d->catalog, TABLE_AGENT, &s->id);
	struct agent a;
	struct route_agent ra;

	if (!e)
		return;
	rows_agent(&e->row, &a);
	agent_to_route(&a, &ra);
	ra.available = ra.available && s->screens > 0 && !s->missed;
	if (route_agent_set(d->route, &ra, sched_now_ms(d->sched)) != SG_OK)
		log_event(LOG_ERROR, "too_many_agents", LF_INT("limit", d->opt.agents_max));
	tell_change_of(d, &ra);
	pump_soon(d);
}

struct leaving {
	struct dispatch *d;
	struct sg_id agent;
	struct sg_id held[64];
	unsigned n;
};

static void collect_held(const struct sg_id *id, void *value, void *arg)
{
	struct leaving *l = arg;
	const struct contact *c = value;

	if (l->n < sizeof(l->held) / sizeof(l->held[0]) && sg_id_eq(&c->agent, &l->agent) &&
	    c->state != INTERACTION_QUEUED)
		l->held[l->n++] = *id;
}

/* The person must not wait for somebody who is gone, nor what is over for its wrap-up. */
static void on_requeue(void *arg)
{
	struct staff *s = arg;
	struct leaving l = {.d = s->d, .agent = s->id};

	s->gone_timer = 0;
	if (s->screens)
		return;
	idmap_each(&s->d->contacts, collect_held, &l);
	for (unsigned i = 0; i < l.n; i++) {
		struct contact *c = idmap_find(&s->d->contacts, &l.held[i]);

		dispatch_order(
			c, c->state == INTERACTION_WRAPUP ? INTERACTION_END : INTERACTION_REQUEUE,
			REASON_AGENT_GONE);
	}
	if (l.n > 0) /* until all of it is known to be somewhere else */
		s->gone_timer = sched_after(s->d->sched, wanted_ms(s->d), on_requeue, s);
}

static void on_gone(void *arg)
{
	struct staff *s = arg;

	s->gone_timer = 0;
	if (s->screens)
		return;
	dispatch_order_presence(s->d, &s->id, PRESENCE_OFFLINE, REASON_AGENT_GONE);
	s->gone_timer = sched_after(s->d->sched, s->d->opt.requeue_ms, on_requeue, s);
}

/* Something depends on an agent who may not be there. */
static void staff_await(struct staff *s)
{
	if (!s->screens && !s->gone_timer)
		s->gone_timer = sched_after(s->d->sched, s->d->opt.gone_ms, on_gone, s);
}

void dispatch_connected(struct dispatch *d, const struct sg_id *agent, int by)
{
	struct staff *s = staff_get(d, agent);

	SG_ASSERT(by == 1 || (by == -1 && s->screens > 0));
	s->screens = (unsigned)((int)s->screens + by);
	if (s->screens) {
		sched_cancel(d->sched, s->gone_timer);
		s->gone_timer = 0;
	} else {
		s->gone_timer = sched_after(d->sched, d->opt.gone_ms, on_gone, s);
	}
	dispatch_sync_agent(s);
}

/* ---- watching the log ---- */

static void on_queued(struct contact *c, const struct event *ev)
{
	c->state = INTERACTION_QUEUED;
	c->queue = ev->f.queue;
	c->wanted_agent = ev->f.agent;
	c->agent = SG_ID_NONE;
	c->queued_at_ms = ev->f.queued_at;
	c->priority = (int32_t)ev->f.priority;
	contact_stop_timer(c);
	route_release(c->d->route, &c->id, sched_now_ms(c->d->sched));
	dispatch_wait(c);
	if (!c->timer && !sg_id_is_none(&c->wanted_agent))
		queued_timer(c);
}

static void on_offered(struct contact *c, const struct event *ev)
{
	c->state = INTERACTION_OFFERED;
	c->agent = ev->f.agent;
	c->wanted_agent = SG_ID_NONE;
	c->offer_no = (uint32_t)ev->f.offer_no;
	route_hold(c->d->route, &c->id, &c->agent);
	contact_timer(c, offer_length_ms(c->d, &c->queue));
}

static void on_accepted(struct contact *c, const struct event *ev)
{
	c->state = INTERACTION_ACTIVE;
	c->agent = ev->f.agent;
	c->accepted_at_ms = sched_now_ms(c->d->sched);
	contact_stop_timer(c);
	route_forgive(c->d->route, &c->id);
	staff_await(staff_get(c->d, &c->agent));
	metric_observe_ms(&wait_ms, ev->at_ms > c->queued_at_ms ? ev->at_ms - c->queued_at_ms : 0);
}

/* Nothing more is offered to them from this moment on; that they are away is written after it. */
static void on_missed(struct staff *s)
{
	s->missed = true;
	dispatch_sync_agent(s);
	dispatch_order_presence(s->d, &s->id, PRESENCE_AWAY, REASON_MISSED);
}

static void on_offer_ended(struct contact *c, const struct event *ev)
{
	struct dispatch *d = c->d;

	c->state = INTERACTION_QUEUED;
	c->agent = SG_ID_NONE;
	contact_stop_timer(c);
	route_release(d->route, &c->id, sched_now_ms(d->sched));
	dispatch_wait(c);
	route_reject(d->route, &c->id, &ev->f.agent);
	if (!c->timer)
		queued_timer(c);
	if (ev->f.reason == REASON_EXPIRED)
		on_missed(staff_get(d, &ev->f.agent));
}

static void on_ended(struct contact *c)
{
	struct dispatch *d = c->d;

	if (c->state != INTERACTION_ACTIVE) {
		contact_drop(c);
		return;
	}
	c->state = INTERACTION_WRAPUP;
	if (c->accepted_at_ms) {
		int64_t took_s = (sched_now_ms(d->sched) - c->accepted_at_ms) / 1000;

		d->handle_s += (took_s - d->handle_s) / HANDLE_WEIGHT;
	}
}

static void on_interaction_event(struct dispatch *d, const struct event *ev)
{
	struct contact *c = ev->kind == EVENT_INTERACTION_STARTED
				    ? contact_get(d, &ev->stream)
				    : idmap_find(&d->contacts, &ev->stream);

	if (!c || ev->seq <= c->seq) /* closed (notes and read marks may still come); or known from
					the row */
		return;
	c->seq = ev->seq;
	struct sg_id queue = c->queue;

	if (ev->kind == EVENT_QUEUED)
		on_queued(c, ev);
	else if (ev->kind == EVENT_OFFERED)
		on_offered(c, ev);
	else if (ev->kind == EVENT_OFFER_ACCEPTED)
		on_accepted(c, ev);
	else if (ev->kind == EVENT_OFFER_ENDED)
		on_offer_ended(c, ev);
	else if (ev->kind == EVENT_ENDED)
		on_ended(c);
	else if (ev->kind == EVENT_WRAPPED_UP)
		contact_drop(c);
	else
		return;
	tell_change(d, &queue);
	if (ev->kind == EVENT_QUEUED && !sg_id_eq(&queue, &ev->f.queue))
		tell_change(d, &ev->f.queue);
	metric_set(&open_now, (int64_t)d->contacts.n);
}

static void on_event(const struct event *ev, const struct log_event *log, void *arg)
{
	struct dispatch *d = arg;
	enum stream_kind kind = event_desc[ev->kind].stream;

	(void)log;
	if (kind == STREAM_INTERACTION)
		on_interaction_event(d, ev);
	else if (kind == STREAM_AGENT)
		dispatch_sync_agent(staff_get(d, &ev->stream));
}

/* ---- birth, loading, end ---- */

/* The limits are what is let in; more may be there from when they were higher, and what is let in
 * at once may pass them together. Room that is not used costs no pages. */
static void make_index(struct dispatch *d, uint32_t agents)
{
	uint32_t open = (uint32_t)d->contacts.n;
	struct route_limits limits = {
		.agents = (agents > d->opt.agents_max ? agents : d->opt.agents_max) + AGENTS_SLACK,
		.waiting = (open > d->opt.open_max ? open : d->opt.open_max) + FLOW_WORKS_MAX,
	};

	free(d->route_memory);
	d->route_memory = malloc(route_size(&limits));
	SG_ASSERT(d->route_memory != NULL);
	d->route = route_init(d->route_memory, &limits);
}

struct dispatch *dispatch_new(struct sched *sched, struct store *store, struct flow *flow,
			      struct catalog *catalog, const struct dispatch_options *opt)
{
	struct dispatch *d = calloc(1, sizeof(*d));

	SG_ASSERT(d != NULL);
	*d = (struct dispatch){
		.sched = sched,
		.store = store,
		.flow = flow,
		.catalog = catalog,
		.opt = *opt,
		.handle_s = HANDLE_FIRST_S,
	};
	idmap_init(&d->contacts);
	idmap_init(&d->staff);
	make_index(d, 0);
	flow_watch(flow, on_event, d); /* after the catalogue, whose rows it reads */
	return d;
}

static void free_contact(const struct sg_id *id, void *value, void *arg)
{
	struct contact *c = value;

	(void)id;
	(void)arg;
	contact_stop_timer(c);
	free(c);
}

static void free_staff(const struct sg_id *id, void *value, void *arg)
{
	struct staff *s = value;

	(void)id;
	(void)arg;
	sched_cancel(s->d->sched, s->gone_timer);
	free(s);
}

void dispatch_free(struct dispatch *d)
{
	if (!d)
		return;
	idmap_each(&d->contacts, free_contact, NULL);
	idmap_each(&d->staff, free_staff, NULL);
	idmap_fini(&d->contacts);
	idmap_fini(&d->staff);
	free(d->route_memory);
	free(d);
}

static const enum interaction_state open_states[] = {
	INTERACTION_QUEUED,
	INTERACTION_OFFERED,
	INTERACTION_ACTIVE,
	INTERACTION_WRAPUP,
};

static void load_page(struct dispatch *d, const struct row *after);

static void withdraw(const struct sg_id *id, void *value, void *arg)
{
	struct contact *c = value;

	(void)id;
	(void)arg;
	if (c->state == INTERACTION_OFFERED)
		dispatch_order(c, INTERACTION_WITHDRAW, REASON_WITHDRAWN);
}

static void await_agent(const struct sg_id *id, void *value, void *arg)
{
	const struct contact *c = value;
	struct dispatch *d = arg;

	(void)id;
	if (sg_id_is_none(&c->agent))
		return;
	staff_await(staff_get(d, &c->agent));
}

static void place(const struct sg_id *id, void *value, void *arg)
{
	(void)id;
	(void)arg;
	contact_place(value);
}

static void load_end(struct dispatch *d)
{
	unsigned n_agents = catalog_count(d->catalog, TABLE_AGENT);

	make_index(d, n_agents);
	idmap_each(&d->contacts, place, NULL);
	for (unsigned i = 0; i < n_agents; i++)
		dispatch_sync_agent(staff_get(d, &catalog_at(d->catalog, TABLE_AGENT, i)->id));
	d->loading = false;
	/* Nobody has seen these ring; they go back to their places. */
	idmap_each(&d->contacts, withdraw, NULL);
	idmap_each(&d->contacts, await_agent, d);
	pump_soon(d);
	d->loaded(SG_OK, d->loaded_arg);
}

static void on_load_page(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct dispatch *d = arg;
	struct interaction it;

	if (st != SG_OK) {
		d->loaded(st, d->loaded_arg);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		rows_interaction(&rows[i], &it);
		contact_sync(d, &it);
	}
	if (n == STORE_RANGE_MAX)
		load_page(d, &rows[n - 1]);
	else if (++d->load_state < sizeof(open_states) / sizeof(open_states[0]))
		load_page(d, NULL);
	else
		load_end(d);
}

static void load_page(struct dispatch *d, const struct row *after)
{
	struct store_range q = {
		.index = INDEX_INTERACTION_BY_STATE, .n_eq = 1, .limit = STORE_RANGE_MAX};

	q.eq[0].s = str_from(interaction_state_names[open_states[d->load_state]]);
	if (after) {
		q.n_after = 2;
		q.after[0] = after->v[INTERACTION_COL_QUEUED_AT];
		q.after[1] = after->v[INTERACTION_COL_ID];
	}
	store_range(d->store, &q, on_load_page, d);
}

void dispatch_load(struct dispatch *d, void (*done)(enum sg_status st, void *arg), void *arg)
{
	d->loading = true;
	d->load_state = 0;
	d->loaded = done;
	d->loaded_arg = arg;
	load_page(d, NULL);
}

void dispatch_on_change(struct dispatch *d, void (*fn)(const struct sg_id *queue, void *arg),
			void *arg)
{
	d->changed = fn;
	d->changed_arg = arg;
}
