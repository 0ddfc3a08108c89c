/* live_watch.c - watching interactions without a gap. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/live_priv.h"
#include "api/resource.h"

enum { READ_MAX = 200 };

static void topic_name(const struct sg_id *id, char out[64])
{
	memcpy(out, "interaction:", 12);
	sg_id_text(id, out + 12);
}

/* ---- sending ---- */

static bool send_event(struct watch *w, const struct log_event *ev)
{
	struct socket *s = w->socket;
	struct live *l = s->live;
	struct frame f;
	char name[64];

	w->last = ev->seq;
	if (!resource_event_visible(ev, s->viewer.actor))
		return true;
	topic_name(&w->topic->id, name);
	frame_begin(&f, "event");
	json_cstr(&f.j, "topic", name);
	resource_event(&f.j, "event", l->api->app, ev, s->viewer.actor, str_from(w->topic->person_name));
	enum sg_status st = frame_send(&f, l, s->ws);

	if (st == SG_E_AGAIN)
		s->slow = true;
	return st == SG_OK || st == SG_E_AGAIN;
}

/* ---- ending a watch ---- */

static void topic_drop(struct topic *t)
{
	if (t->first)
		return;
	idmap_remove(&t->live->topics, &t->id);
	free(t);
}

static void watch_end(struct watch *w)
{
	struct watch **at = &w->topic->first;

	while (*at != w)
		at = &(*at)->next_in_topic;
	*at = w->next_in_topic;
	topic_drop(w->topic);
	w->topic = NULL;
	if (w->reading)
		w->stopped = true;
	else
		free(w);
}

static void watch_unlink(struct socket *s, struct watch *w)
{
	struct watch **at = &s->watches;

	while (*at != w)
		at = &(*at)->next_in_socket;
	*at = w->next_in_socket;
	s->n_watches--;
	watch_end(w);
}

void watch_stop_all(struct socket *s)
{
	while (s->watches)
		watch_unlink(s, s->watches);
}

/* ---- catching up from the log ---- */

static void watch_read(struct watch *w);

static void on_read(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct watch *w = arg;

	w->reading = false;
	if (w->stopped) {
		free(w);
		return;
	}
	if (st != SG_OK) {
		live_goodbye(w->socket->live, w->socket, "try_again");
		return;
	}
	for (unsigned i = 0; i < n && !w->socket->slow; i++) {
		if (!send_event(w, &ev[i]))
			return; /* gone: closed comes */
	}
	if (w->socket->slow)
		return;
	w->behind = n == READ_MAX || w->last < w->topic->head;
	if (w->behind)
		watch_read(w);
}

static void watch_read(struct watch *w)
{
	if (w->reading || w->socket->slow)
		return;
	w->reading = true;
	store_events(w->socket->live->api->app->store, &w->topic->id, w->last, READ_MAX, on_read, w);
}

void watch_resume(struct socket *s)
{
	s->slow = false;
	for (struct watch *w = s->watches; w; w = w->next_in_socket) {
		if (w->behind)
			watch_read(w);
	}
}

void watch_event(struct live *l, const struct log_event *ev)
{
	struct topic *t = idmap_find(&l->topics, &ev->stream);
	struct watch *next;

	if (!t)
		return;
	t->head = ev->seq > t->head ? ev->seq : t->head;
	for (struct watch *w = t->first; w; w = next) {
		next = w->next_in_topic;
		if (w->behind || w->socket->slow || ev->seq != w->last + 1) {
			if (ev->seq <= w->last)
				continue;
			w->behind = true;
			watch_read(w);
			continue;
		}
		(void)send_event(w, ev);
	}
}

/* ---- starting a watch ---- */

struct asking {
	struct live *live;
	uint64_t ws;
	struct sg_id id;
	uint64_t after;
};

static struct topic *topic_get(struct live *l, const struct row *r)
{
	const struct sg_id *id = &r->v[INTERACTION_COL_ID].id;
	struct topic *t = idmap_find(&l->topics, id);

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	SG_ASSERT(t != NULL);
	t->live = l;
	t->id = *id;
	str_copy(t->person_name, sizeof(t->person_name), r->v[INTERACTION_COL_PERSON_NAME].s);
	idmap_put(&l->topics, id, t);
	return t;
}

static struct watch *watch_find(const struct socket *s, const struct sg_id *id)
{
	for (struct watch *w = s->watches; w; w = w->next_in_socket) {
		if (sg_id_eq(&w->topic->id, id))
			return w;
	}
	return NULL;
}

static void say_watching(struct socket *s, const struct sg_id *id, int64_t head)
{
	struct frame f;
	char name[64];

	topic_name(id, name);
	frame_begin(&f, "watching");
	json_cstr(&f.j, "topic", name);
	json_int(&f.j, "head", head);
	(void)frame_send(&f, s->live, s->ws);
}

static void tell_place(struct watch *w, const struct dispatch_place *p)
{
	struct frame f;
	char name[64];

	topic_name(&w->topic->id, name);
	frame_begin(&f, "position");
	json_cstr(&f.j, "topic", name);
	json_int(&f.j, "position", p->position);
	if (p->wait_s < 0)
		json_add_null(&f.j, "wait_s");
	else
		json_int(&f.j, "wait_s", p->wait_s);
	json_int(&f.j, "agents", p->agents);
	(void)frame_send(&f, w->socket->live, w->socket->ws);
}

static void watch_add(struct socket *s, const struct row *r, uint64_t after)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct dispatch_place place;

	SG_ASSERT(w != NULL);
	w->socket = s;
	w->topic = topic_get(s->live, r);
	w->last = after;
	w->behind = true;
	w->next_in_topic = w->topic->first;
	w->topic->first = w;
	w->next_in_socket = s->watches;
	s->watches = w;
	s->n_watches++;
	say_watching(s, &w->topic->id, r->v[INTERACTION_COL_SEQ].i);
	dispatch_place(s->live->api->app->dispatch, &w->topic->id, &place);
	if (place.position)
		tell_place(w, &place);
	watch_read(w);
}

static void on_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct asking *a = arg;
	struct socket *s = live_socket(a->live, a->ws);
	struct problem p;

	(void)n;
	if (s && st == SG_OK && s->viewer.actor.role == ROLE_CUSTOMER &&
	    !sg_id_eq(&rows[0].v[INTERACTION_COL_PERSON].id, &s->viewer.actor.id))
		st = SG_E_NOT_FOUND;
	if (s && st != SG_OK) {
		p = problem_from_status(st, NULL);
		live_error(a->live, a->ws, "", &p);
	} else if (s) {
		struct watch *old = watch_find(s, &a->id);

		if (old)
			watch_unlink(s, old);
		watch_add(s, rows, a->after);
	}
	a->live->pushing--;
	free(a);
}

static bool may_watch_interactions(const struct socket *s)
{
	enum role r = s->viewer.actor.role;

	return r == ROLE_CUSTOMER || r == ROLE_AGENT || r == ROLE_MANAGER || r == ROLE_ADMIN;
}

static enum sg_status start_interaction(struct socket *s, struct str id_text, uint64_t after)
{
	struct live *l = s->live;
	struct value key = {.s = {0}};

	SG_TRY(sg_id_parse(id_text, &key.id));
	if (!may_watch_interactions(s))
		return SG_E_NOT_FOUND;
	if (s->n_watches >= WATCHES_MAX)
		return SG_E_LIMIT;
	struct asking *a = malloc(sizeof(*a));

	SG_ASSERT(a != NULL);
	*a = (struct asking){.live = l, .ws = s->ws, .id = key.id, .after = after};
	l->pushing++;
	store_get(l->api->app->store, TABLE_INTERACTION, &key, on_row, a);
	return SG_OK;
}

/* The other topics are for one role each. */
static bool *flag_of(struct socket *s, struct str topic)
{
	enum role r = s->viewer.actor.role;

	if (str_eq(topic, STR("desk")) && r == ROLE_AGENT)
		return &s->desk;
	if (str_eq(topic, STR("board")) && (r == ROLE_MANAGER || r == ROLE_ADMIN))
		return &s->board;
	if (str_eq(topic, STR("me")) && r == ROLE_CUSTOMER)
		return &s->me;
	return NULL;
}

static bool split(struct str topic, struct str *id_out)
{
	if (topic.n != 12 + SG_ID_TEXT || memcmp(topic.p, "interaction:", 12) != 0)
		return false;
	*id_out = (struct str){.p = topic.p + 12, .n = SG_ID_TEXT};
	return true;
}

enum sg_status watch_start(struct socket *s, struct str topic, uint64_t after)
{
	bool *flag = flag_of(s, topic);
	struct str id;

	if (split(topic, &id))
		return start_interaction(s, id, after);
	if (!flag)
		return SG_E_NOT_FOUND;
	*flag = true;
	push_snapshot(s, flag == &s->desk ? "desk" : flag == &s->board ? "board" : "me");
	return SG_OK;
}

enum sg_status watch_stop(struct socket *s, struct str topic)
{
	bool *flag = flag_of(s, topic);
	struct str text;
	struct sg_id id;

	if (flag) {
		*flag = false;
		return SG_OK;
	}
	if (!split(topic, &text))
		return SG_E_NOT_FOUND;
	SG_TRY(sg_id_parse(text, &id));
	struct watch *w = watch_find(s, &id);

	if (w)
		watch_unlink(s, w);
	return SG_OK;
}

/* ---- what is not stored ---- */

void live_typing(struct live *l, uint64_t ws, const struct sg_id *interaction, struct actor actor)
{
	struct topic *t = idmap_find(&l->topics, interaction);
	struct socket *from = live_socket(l, ws);
	struct frame f;
	char name[64];

	/* Who types must watch: that is where they were let in. */
	if (!t || !from || !watch_find(from, interaction))
		return;
	topic_name(interaction, name);
	for (struct watch *w = t->first; w; w = w->next_in_topic) {
		if (w->socket == from || w->socket->slow)
			continue;
		frame_begin(&f, "typing");
		json_cstr(&f.j, "topic", name);
		resource_actor(&f.j, "actor", l->api->app, actor, str_from(t->person_name));
		(void)frame_send(&f, l, w->socket->ws);
	}
}

static void place_one(const struct sg_id *id, void *value, void *arg)
{
	struct topic *t = value;
	struct live *l = arg;
	struct dispatch_place p;

	dispatch_place(l->api->app->dispatch, id, &p);
	if (!p.position ||
	    (p.position == t->place.position && p.wait_s == t->place.wait_s && p.agents == t->place.agents))
		return;
	t->place = p;
	for (struct watch *w = t->first; w; w = w->next_in_topic) {
		if (!w->socket->slow)
			tell_place(w, &p);
	}
}

void watch_places(struct live *l)
{
	idmap_each(&l->topics, place_one, l);
}
