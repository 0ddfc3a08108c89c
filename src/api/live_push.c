/* live_push.c - desk, board and me: a snapshot when watched, then what changes. */
#include <stdlib.h>
#include <string.h>

#include "api/live_priv.h"
#include "api/resource.h"

enum { SECOND_MS = 1000 };

/* ---- snapshots ---- */

struct snapshot {
	struct live *live;
	uint64_t ws; /* 0: every board */
	const char *topic;
	struct frame f;
};

static void send_board(const struct sg_id *id, void *value, void *arg)
{
	const struct socket *s = value;
	struct snapshot *n = arg;

	(void)id;
	if (s->board && !s->slow)
		(void)ws_send(n->live->api->server, s->ws, (struct str){.p = n->f.buf.data, .n = n->f.buf.len}, true);
}

static void on_written(enum sg_status st, void *arg)
{
	struct snapshot *n = arg;
	struct live *l = n->live;

	if (strcmp(n->topic, "me") == 0)
		json_close(&n->f.j);
	json_close(&n->f.j);
	if (json_end(&n->f.j) == SG_OK && st == SG_OK) {
		if (n->ws)
			(void)ws_send(l->api->server, n->ws, (struct str){.p = n->f.buf.data, .n = n->f.buf.len}, true);
		else
			idmap_each(&l->sockets, send_board, n);
	} else if (n->ws && live_socket(l, n->ws)) {
		live_goodbye(l, live_socket(l, n->ws), "try_again");
	}
	buf_fini(&n->f.buf);
	l->pushing--;
	free(n);
}

static void snapshot(struct live *l, uint64_t ws, const char *topic, const struct sg_id *subject)
{
	struct snapshot *n = calloc(1, sizeof(*n));
	const struct app *a = l->api->app;

	SG_ASSERT(n != NULL);
	n->live = l;
	n->ws = ws;
	n->topic = topic;
	l->pushing++;
	frame_begin(&n->f, "snapshot");
	json_cstr(&n->f.j, "topic", topic);
	if (strcmp(topic, "desk") == 0) {
		ops_write_desk(&n->f.j, "desk", a, subject, on_written, n);
	} else if (strcmp(topic, "board") == 0) {
		ops_write_board(&n->f.j, "board", a, on_written, n);
	} else {
		json_begin_object(&n->f.j, "me");
		ops_write_open(&n->f.j, a, subject, on_written, n);
	}
}

void push_snapshot(struct socket *s, const char *topic)
{
	snapshot(s->live, s->ws, topic, &s->viewer.actor.id);
}

/* ---- changes ---- */

/* Who holds an open interaction, so that the one who loses it is told, too. */
struct holder {
	struct sg_id agent;
};

struct change {
	struct live *live;
	bool is_case;
	struct sg_id agents[3]; /* whose desks */
	unsigned n_agents;
};

static void add_agent(struct change *c, const struct sg_id *agent)
{
	for (unsigned i = 0; i < c->n_agents; i++) {
		if (sg_id_eq(&c->agents[i], agent))
			return;
	}
	if (!sg_id_is_none(agent) && c->n_agents < 3)
		c->agents[c->n_agents++] = *agent;
}

static void send_change(struct live *l, const struct sg_id *subject, bool desk, const struct row *r, bool is_case)
{
	struct socket *next;
	struct frame f;

	for (struct socket *s = idmap_find(&l->subjects, subject); s; s = next) {
		next = s->next_same;
		if (desk ? !s->desk : !s->me)
			continue;
		frame_begin(&f, "change");
		json_cstr(&f.j, "topic", desk ? "desk" : "me");
		if (is_case)
			resource_case(&f.j, "case", r);
		else
			resource_interaction(&f.j, "interaction", l->api->app, r);
		(void)frame_send(&f, l, s->ws);
	}
}

static void on_changed_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct change *c = arg;

	if (st == SG_OK && n == 1) {
		const struct value *v = rows[0].v;

		if (!c->is_case)
			add_agent(c, &v[INTERACTION_COL_AGENT].id);
		for (unsigned i = 0; i < c->n_agents; i++)
			send_change(c->live, &c->agents[i], true, rows, false);
		send_change(c->live, c->is_case ? &v[CASE_COL_PERSON].id : &v[INTERACTION_COL_PERSON].id, false, rows,
			    c->is_case);
	}
	c->live->pushing--;
	free(c);
}

/* Who held it before this. Kept also while nobody is connected, else those of interactions that
 * end meanwhile would stay for ever. */
static struct sg_id remember_holder(struct live *l, const struct event *ev)
{
	struct holder *h = idmap_find(&l->holders, &ev->stream);
	struct sg_id before = h ? h->agent : SG_ID_NONE;
	bool gains = ev->kind == EVENT_OFFERED || ev->kind == EVENT_OFFER_ACCEPTED;

	if (gains && !h) {
		h = malloc(sizeof(*h));
		SG_ASSERT(h != NULL);
		idmap_put(&l->holders, &ev->stream, h);
	}
	if (gains) {
		h->agent = ev->f.agent;
	} else if (h && (ev->kind != EVENT_ENDED || !sg_id_is_none(&ev->f.queue))) {
		idmap_remove(&l->holders, &ev->stream);
		free(h);
	}
	return before;
}

static bool changes_state(enum event_kind kind)
{
	return kind == EVENT_INTERACTION_STARTED || kind == EVENT_QUEUED || kind == EVENT_OFFERED ||
	       kind == EVENT_OFFER_ACCEPTED || kind == EVENT_OFFER_ENDED || kind == EVENT_ENDED ||
	       kind == EVENT_WRAPPED_UP;
}

static void push_row(struct live *l, const struct event *ev, enum table table, const struct sg_id *holder)
{
	struct change *c = calloc(1, sizeof(*c));
	struct value key = {.id = ev->stream};

	SG_ASSERT(c != NULL);
	c->live = l;
	c->is_case = table == TABLE_CASE;
	if (!c->is_case) {
		add_agent(c, holder);
		add_agent(c, &ev->f.agent);
		if (ev->actor.role == ROLE_AGENT)
			add_agent(c, &ev->actor.id);
	}
	l->pushing++;
	store_get(l->api->app->store, table, &key, on_changed_row, c);
}

static void push_presence(struct live *l, const struct event *ev)
{
	struct frame f;

	for (struct socket *s = idmap_find(&l->subjects, &ev->stream); s; s = s->next_same) {
		if (!s->desk)
			continue;
		frame_begin(&f, "change");
		json_cstr(&f.j, "topic", "desk");
		json_cstr(&f.j, "presence", presence_names[ev->f.presence]);
		json_cstr(&f.j, "presence_reason", ev->f.reason ? reason_names[ev->f.reason] : NULL);
		(void)frame_send(&f, l, s->ws);
	}
}

static bool anybody(const struct live *l)
{
	return l->sockets.n > 0;
}

/* An account that is switched off or has another role starts anew (rule S27). */
static void end_changed_account(struct live *l, const struct event *ev)
{
	for (struct socket *s = idmap_find(&l->subjects, &ev->stream); s; s = s->next_same) {
		if (!ev->f.active || ev->f.role != s->viewer.actor.role)
			live_goodbye(l, s, "signed_out");
	}
}

static void on_event(const struct event *ev, const struct log_event *log, void *arg)
{
	struct live *l = arg;
	enum stream_kind kind = event_desc[ev->kind].stream;
	bool moves = kind == STREAM_INTERACTION && changes_state(ev->kind);
	struct sg_id holder = moves ? remember_holder(l, ev) : SG_ID_NONE;

	if (kind == STREAM_INTERACTION)
		watch_event(l, log);
	if (!anybody(l))
		return;
	if (moves)
		push_row(l, ev, TABLE_INTERACTION, &holder);
	else if (kind == STREAM_CASE)
		push_row(l, ev, TABLE_CASE, &holder);
	else if (ev->kind == EVENT_PRESENCE_SET)
		push_presence(l, ev);
	else if (ev->kind == EVENT_AGENT_PUT)
		end_changed_account(l, ev);
}

/* ---- board and places: at most once a second ---- */

static void find_board(const struct sg_id *id, void *value, void *arg)
{
	const struct socket *s = value;

	(void)id;
	*(bool *)arg = *(bool *)arg || s->board;
}

static void on_board_due(void *arg)
{
	struct live *l = arg;
	bool somebody = false;

	l->board_due = false;
	idmap_each(&l->sockets, find_board, &somebody);
	if (somebody)
		snapshot(l, 0, "board", &SG_ID_NONE);
}

static void on_places_due(void *arg)
{
	struct live *l = arg;

	l->places_due = false;
	watch_places(l);
}

static void on_queue_change(const struct sg_id *queue, void *arg)
{
	struct live *l = arg;
	struct sched *sched = l->api->app->sched;

	(void)queue;
	if (!anybody(l))
		return;
	if (!l->board_due)
		sched_after(sched, SECOND_MS, on_board_due, l);
	if (!l->places_due)
		sched_after(sched, SECOND_MS, on_places_due, l);
	l->board_due = l->places_due = true;
}

void push_init(struct live *l)
{
	flow_watch(l->api->app->flow, on_event, l);
	dispatch_on_change(l->api->app->dispatch, on_queue_change, l);
}

static void free_holder(const struct sg_id *id, void *value, void *arg)
{
	(void)id;
	(void)arg;
	free(value);
}

void push_fini(struct live *l)
{
	idmap_each(&l->holders, free_holder, NULL);
}
