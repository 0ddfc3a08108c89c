/* live.c - /api/v1/live: who watches what, and what they are sent. schema/api/live.md is its
 * contract.
 *
 * Watching an interaction is lossless: each watch knows the last sequence number it has sent; an
 * event that is its next goes out at once, anything else (a gap, a slow reader, a fresh watch) is
 * read from the log until it has caught up. Desk, board and "me" are a snapshot and then changes; a
 * new snapshot follows each reconnect.
 */
#include "api/live_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/match.h"
#include "api/resource.h"
#include "base/log.h"
#include "base/metrics.h"

enum { SWEEP_MS = 60000 };

static struct metric bad_frames =
	METRIC_COUNTER("segue_live_bad_frames_total", "Frames that could not be understood");

struct sg_id live_key(uint64_t ws)
{
	struct sg_id key = SG_ID_NONE;

	memcpy(key.b, &ws, sizeof(ws));
	return key;
}

struct socket *live_socket(const struct live *l, uint64_t ws)
{
	struct sg_id key = live_key(ws);

	return idmap_find(&l->sockets, &key);
}

/* ---- frames out ---- */

void frame_begin(struct frame *f, const char *type)
{
	buf_init(&f->buf, FRAME_MAX);
	json_init(&f->j, &f->buf);
	json_begin_object(&f->j, NULL);
	json_cstr(&f->j, "type", type);
}

/* Sends and frees. SG_E_AGAIN: the reader is slow; others: it is gone. */
enum sg_status frame_send(struct frame *f, const struct live *l, uint64_t ws)
{
	json_close(&f->j);
	enum sg_status st = json_end(&f->j);

	if (st == SG_OK)
		st = ws_send(l->api->server, ws, (struct str){.p = f->buf.data, .n = f->buf.len},
			     true);
	buf_fini(&f->buf);
	return st;
}

static void say(const struct live *l, uint64_t ws, struct frame *f)
{
	(void)frame_send(f, l, ws); /* a reader that is slow or gone resumes by itself */
}

void live_ack(struct live *l, uint64_t ws, const char *id, struct str result)
{
	struct frame f;

	frame_begin(&f, "ack");
	json_cstr(&f.j, "id", id);
	json_raw(&f.j, "result", result);
	say(l, ws, &f);
}

void live_error(struct live *l, uint64_t ws, const char *id, const struct problem *p)
{
	struct frame f;

	frame_begin(&f, "error");
	if (id[0])
		json_cstr(&f.j, "id", id);
	json_begin_object(&f.j, "problem");
	problem_write(&f.j, p);
	json_close(&f.j);
	say(l, ws, &f);
}

static void refuse_frame(struct live *l, uint64_t ws, const char *id, const struct problem *p)
{
	metric_add(&bad_frames, 1);
	live_error(l, ws, id, p);
}

/* ---- frames in ---- */

static void on_command(struct socket *s, const json_t *frame)
{
	struct live *l = s->live;
	struct str id = params_str(frame, "id"), name = params_str(frame, "name");
	char id_text[101];
	enum api_op op;
	struct problem p;

	str_copy(id_text, sizeof(id_text), id);
	if (id.n < 1 || id.n > 64) {
		p = problem_field("id", "A command needs an id of 1 to 64 characters.");
		refuse_frame(l, s->ws, "", &p);
		return;
	}
	if (api_op_by_name(name, &op) != SG_OK || !api_operations[op].live) {
		p = problem_field("name", "There is no such command.");
		refuse_frame(l, s->ws, id_text, &p);
		return;
	}
	json_t *params = json_incref(json_object_get(frame, "params"));

	if (!params)
		params = params_new();
	if (schema_check(api_operations[op].command, params, &p) != SG_OK) {
		json_decref(params);
		refuse_frame(l, s->ws, id_text, &p);
		return;
	}
	if (l->api->n_calls >= CALLS_MAX) {
		json_decref(params);
		p = problem_make(503, "busy", "Too many requests at once; try again soon.");
		live_error(l, s->ws, id_text, &p);
		return;
	}
	struct call *c = call_new(l->api, op, &s->viewer);

	c->ws = s->ws;
	memcpy(c->key, id_text, sizeof(c->key));
	call_run(c, params);
}

static bool is_text(const json_t *frame, const char *name)
{
	return json_is_string(json_object_get(frame, name));
}

static void on_watch(struct socket *s, const json_t *frame, bool start)
{
	struct problem p =
		problem_field("topic", "There is no such topic, or it is not yours to watch.");
	struct str topic = is_text(frame, "topic") ? params_str(frame, "topic") : STR("");
	const json_t *after = json_object_get(frame, "after");
	enum sg_status st;

	if (after && (!json_is_integer(after) || json_integer_value(after) < 0))
		st = SG_E_INPUT;
	else if (start)
		st = watch_start(s, topic, after ? (uint64_t)json_integer_value(after) : 0);
	else
		st = watch_stop(s, topic);
	if (st == SG_E_LIMIT)
		p = problem_make(429, "too_many_watches",
				 "This connection watches too much already.");
	if (st != SG_OK)
		refuse_frame(s->live, s->ws, "", &p);
}

static void on_frame(struct socket *s, const json_t *frame)
{
	struct str type = is_text(frame, "type") ? params_str(frame, "type") : STR("");
	struct problem p = problem_field("type", "There is no such type of frame.");
	struct frame pong;

	if (str_eq(type, STR("command")) && is_text(frame, "id") && is_text(frame, "name")) {
		on_command(s, frame);
	} else if (str_eq(type, STR("watch")) || str_eq(type, STR("unwatch"))) {
		on_watch(s, frame, type.n == 5);
	} else if (str_eq(type, STR("ping"))) {
		frame_begin(&pong, "pong");
		say(s->live, s->ws, &pong);
	} else {
		refuse_frame(s->live, s->ws, "", &p);
	}
}

static void on_message(uint64_t ws, struct str data, bool text, void *arg)
{
	struct live *l = arg;
	struct socket *s = live_socket(l, ws);
	struct problem p;
	json_t *frame;

	(void)text;
	if (!s)
		return;
	if (auth_is_over(l->api->app->auth, &s->viewer)) {
		live_goodbye(l, s, "signed_out");
		return;
	}
	if (schema_parse(data, &frame, &p) != SG_OK) {
		refuse_frame(l, ws, "", &p);
		return;
	}
	on_frame(s, frame);
	json_decref(frame);
}

/* ---- sockets come and go ---- */

void live_goodbye(struct live *l, struct socket *s, const char *reason)
{
	struct frame f;

	frame_begin(&f, "bye");
	json_cstr(&f.j, "reason", reason);
	say(l, s->ws, &f);
	ws_close(l->api->server, s->ws, strcmp(reason, "restart") == 0 ? 1001 : 1008, reason);
}

static void link_subject(struct live *l, struct socket *s)
{
	s->next_same = idmap_find(&l->subjects, &s->viewer.actor.id);
	idmap_put(&l->subjects, &s->viewer.actor.id, s);
}

static void unlink_subject(struct live *l, struct socket *s)
{
	struct socket *first = idmap_find(&l->subjects, &s->viewer.actor.id);

	if (first == s) {
		if (s->next_same)
			idmap_put(&l->subjects, &s->viewer.actor.id, s->next_same);
		else
			idmap_remove(&l->subjects, &s->viewer.actor.id);
		return;
	}
	while (first && first->next_same != s)
		first = first->next_same;
	SG_ASSERT(first != NULL);
	first->next_same = s->next_same;
}

static void on_closed(uint64_t ws, void *arg)
{
	struct live *l = arg;
	struct socket *s = live_socket(l, ws);
	struct sg_id key = live_key(ws);

	if (!s)
		return;
	watch_stop_all(s);
	unlink_subject(l, s);
	idmap_remove(&l->sockets, &key);
	if (s->viewer.actor.role == ROLE_AGENT)
		dispatch_connected(l->api->app->dispatch, &s->viewer.actor.id, -1);
	free(s);
}

static void on_drained(uint64_t ws, void *arg)
{
	struct socket *s = live_socket(arg, ws);

	if (s)
		watch_resume(s);
}

static void on_opened(uint64_t ws, void *arg)
{
	struct live *l = arg;
	struct socket *s = live_socket(l, ws);
	struct frame f;

	if (!s)
		return;
	frame_begin(&f, "hello");
	resource_session(&f.j, "session", l->api->app, &s->viewer, STR(""), STR(""));
	json_cstr(&f.j, "server", "segue");
	json_time(&f.j, "at", sched_wall_ms(l->api->app->sched));
	say(l, ws, &f);
}

void live_open(struct live *l, const struct http_request *rq, const struct viewer *v)
{
	struct socket *s = calloc(1, sizeof(*s));
	struct sg_id key;

	SG_ASSERT(s != NULL);
	if (http_upgrade(l->api->server, rq, &l->handlers, l, &s->ws) != SG_OK) {
		free(s);
		return;
	}
	s->live = l;
	s->viewer = *v;
	key = live_key(s->ws);
	idmap_put(&l->sockets, &key, s);
	link_subject(l, s);
	if (v->actor.role == ROLE_AGENT)
		dispatch_connected(l->api->app->dispatch, &v->actor.id, 1);
}

/* A session ended before its time: its connections end within the same turn of the loop (rule S27).
 */
struct ending {
	struct live *live;
	const char *token_hash;
};

static void end_one(const struct sg_id *id, void *value, void *arg)
{
	struct ending *e = arg;
	struct socket *s = value;

	(void)id;
	if (strcmp(s->viewer.token_hash, e->token_hash) == 0)
		live_goodbye(e->live, s, "signed_out");
}

static void on_session_end(const char *token_hash, void *arg)
{
	struct ending e = {.live = arg, .token_hash = token_hash};

	idmap_each(&e.live->sockets, end_one, &e);
}

/* Who says nothing is not asked who they are: once a minute it is looked at all the same. */
static void sweep_one(const struct sg_id *id, void *value, void *arg)
{
	struct live *l = arg;
	struct socket *s = value;

	(void)id;
	if (auth_is_over(l->api->app->auth, &s->viewer))
		live_goodbye(l, s, "signed_out");
}

static void sweep(void *arg)
{
	struct live *l = arg;

	idmap_each(&l->sockets, sweep_one, l);
	l->sweep = sched_after(l->api->app->sched, SWEEP_MS, sweep, l);
}

static void drain_one(const struct sg_id *id, void *value, void *arg)
{
	(void)id;
	live_goodbye(arg, value, "restart");
}

void live_drain(struct live *l)
{
	idmap_each(&l->sockets, drain_one, l);
}

struct live *live_new(struct api *a)
{
	struct live *l = calloc(1, sizeof(*l));

	SG_ASSERT(l != NULL);
	l->api = a;
	l->handlers = (struct ws_handlers){
		.opened = on_opened,
		.message = on_message,
		.closed = on_closed,
		.drained = on_drained,
		.message_max = 64 << 10,
		.queue_max = 1 << 20,
		.ping_ms = 20000,
		.messages_per_s = a->opt.live_per_s,
	};
	idmap_init(&l->sockets);
	idmap_init(&l->subjects);
	idmap_init(&l->topics);
	idmap_init(&l->holders);
	push_init(l);
	auth_on_end(a->app->auth, on_session_end, l);
	l->sweep = sched_after(a->app->sched, SWEEP_MS, sweep, l);
	return l;
}

void live_free(struct live *l)
{
	if (!l)
		return;
	SG_ASSERT(l->sockets.n == 0);
	sched_cancel(l->api->app->sched, l->sweep);
	push_fini(l);
	idmap_fini(&l->sockets);
	idmap_fini(&l->subjects);
	idmap_fini(&l->topics);
	idmap_fini(&l->holders);
	free(l);
}
