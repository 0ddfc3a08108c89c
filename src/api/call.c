#include "api/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "base/metrics.h"

static struct metric answered = METRIC_COUNTER("segue_api_answers_total", "Operations answered");
static struct metric refused =
	METRIC_COUNTER("segue_api_refusals_total", "Operations refused with a problem");

struct call *call_new(struct api *a, enum api_op op, const struct viewer *v)
{
	struct call *c = calloc(1, sizeof(*c));

	SG_ASSERT(c != NULL);
	c->api = a;
	c->app = a->app;
	c->op = op;
	c->viewer = *v;
	buf_init(&c->body, ANSWER_MAX);
	json_init(&c->j, &c->body);
	a->n_calls++;
	return c;
}

/* ---- what an actor has under way ---- */

struct busy call_busy(struct call *c, unsigned starts, int64_t bytes)
{
	struct busy *b = idmap_find(&c->api->busy, &c->viewer.actor.id);

	SG_ASSERT(c->busy == NULL);
	if (!b) {
		b = calloc(1, sizeof(*b));
		SG_ASSERT(b != NULL);
		b->actor = c->viewer.actor.id;
		idmap_put(&c->api->busy, &b->actor, b);
	}
	struct busy others = *b;

	b->calls++;
	b->starts += starts;
	b->upload_bytes += bytes;
	c->busy = b;
	c->busy_starts = starts;
	c->busy_bytes = bytes;
	return others;
}

static void busy_end(struct call *c)
{
	struct busy *b = c->busy;

	if (!b)
		return;
	b->starts -= c->busy_starts;
	b->upload_bytes -= c->busy_bytes;
	if (--b->calls)
		return;
	idmap_remove(&c->api->busy, &b->actor);
	free(b);
}

static void call_free(struct call *c)
{
	busy_end(c);
	if (c->spool_path)
		(void)unlink(c->spool_path);
	free(c->spool_path);
	free(c->more);
	json_decref(c->params);
	buf_fini(&c->body);
	c->api->n_calls--;
	free(c);
}

bool call_is_staff(const struct call *c)
{
	enum role role = c->viewer.actor.role;

	return role == ROLE_AGENT || role == ROLE_MANAGER || role == ROLE_ADMIN;
}

/* ---- answers ---- */

static void send_http(struct call *c, unsigned status, const char *type, struct str body,
		      const char *file, const char *disposition)
{
	struct http_header_out headers[12];
	char cookie[256], retry[16];
	unsigned n = front_n_headers;

	SG_ASSERT(n + 4 <= sizeof(headers) / sizeof(headers[0]));
	memcpy(headers, front_headers, n * sizeof(headers[0]));
	headers[n++] = (struct http_header_out){"Cache-Control", "no-store"};
	if (disposition)
		headers[n++] = (struct http_header_out){"Content-Disposition", disposition};
	if (c->retry_after_s) {
		(void)snprintf(retry, sizeof(retry), "%u", c->retry_after_s);
		headers[n++] = (struct http_header_out){"Retry-After", retry};
	}
	if (c->set_cookie) {
		int len = snprintf(cookie, sizeof(cookie),
				   "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%lld%s",
				   c->set_cookie, c->cookie_value, (long long)c->cookie_age_s,
				   c->api->opt.secure_cookies ? "; Secure" : "");

		SG_ASSERT(len > 0 && (size_t)len < sizeof(cookie));
		headers[n++] = (struct http_header_out){"Set-Cookie", cookie};
	}
	struct http_answer a = {
		.status = status,
		.type = type,
		.body = body,
		.headers = headers,
		.n_headers = n,
		.file_path = file,
	};

	(void)http_answer(c->api->server, c->request, &a); /* who has gone needs no answer */
}

void call_answer(struct call *c)
{
	enum sg_status st = json_end(&c->j);

	if (st != SG_OK) {
		call_refuse(c, SG_E_LIMIT, "answer_too_large");
		return;
	}
	struct str body = {.p = c->body.data, .n = c->body.len};

	metric_add(&answered, 1);
	if (c->ws)
		live_ack(c->api->live, c->ws, c->key, body);
	else
		send_http(c, api_operations[c->op].status, "application/json", body, NULL, NULL);
	call_free(c);
}

void call_set_cookie(struct call *c, const char *name, const char *value, int64_t age_s)
{
	c->set_cookie = name;
	str_copy(c->cookie_value, sizeof(c->cookie_value), str_from(value));
	c->cookie_age_s = age_s;
}

void call_begin(struct call *c)
{
	json_begin_object(&c->j, NULL);
}

void call_ok(struct call *c)
{
	call_begin(c);
	json_bool(&c->j, "ok", true);
	json_close(&c->j);
	call_answer(c);
}

void call_members(struct call *c, struct str members, bool repeated)
{
	struct buf *b = &c->body;
	enum sg_status st = buf_add(b, "{", 1);

	if (st == SG_OK)
		st = buf_add(b, members.p, members.n);
	if (st == SG_OK)
		st = buf_addf(b, ",\"repeated\":%s}", repeated ? "true" : "false");
	SG_ASSERT(st == SG_OK);
	call_answer(c);
}

void call_problem(struct call *c, const struct problem *p)
{
	struct buf body;
	struct json j;

	metric_add(&refused, 1);
	if (c->ws) {
		live_error(c->api->live, c->ws, c->key, p);
		call_free(c);
		return;
	}
	buf_init(&body, 4096);
	json_init(&j, &body);
	json_begin_object(&j, NULL);
	problem_write(&j, p);
	json_close(&j);
	enum sg_status st = json_end(&j);

	SG_ASSERT(st == SG_OK);
	c->retry_after_s = p->retry_after_s;
	send_http(c, p->status, PROBLEM_MEDIA_TYPE, (struct str){.p = body.data, .n = body.len},
		  NULL, NULL);
	buf_fini(&body);
	call_free(c);
}

void call_refuse(struct call *c, enum sg_status st, const char *why)
{
	struct problem p = problem_from_status(st, why);

	call_problem(c, &p);
}

enum sg_status call_got(struct call *c, enum sg_status st)
{
	if (st != SG_OK)
		call_refuse(c, st, st == SG_E_NOT_FOUND ? "not_found" : NULL);
	return st;
}

/* RFC 6266 and RFC 8187: an ASCII name and the real one, percent-encoded. */
static void disposition(char *out, size_t cap, const char *name)
{
	size_t n = (size_t)snprintf(out, cap, "attachment; filename=\"file\"; filename*=UTF-8''");

	for (const char *p = name; *p && n + 4 < cap; p++) {
		unsigned char ch = (unsigned char)*p;
		bool plain = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
			     (ch >= 'a' && ch <= 'z') || ch == '.' || ch == '-' || ch == '_';

		n += (size_t)snprintf(out + n, cap - n, plain ? "%c" : "%%%02X", ch);
	}
}

void call_file(struct call *c, const char *path, const char *name)
{
	char disp[1024];

	disposition(disp, sizeof(disp), name);
	send_http(c, 200, "application/octet-stream", (struct str){0}, path, disp);
	metric_add(&answered, 1);
	call_free(c);
}

/* ---- works ---- */

/* A key stands for one wish: the same under another operation is another. */
struct str call_idem_key(struct call *c)
{
	if (!c->key[0])
		return (struct str){0};
	int n = snprintf(c->scoped_key, sizeof(c->scoped_key), "%s:%s", api_operations[c->op].name,
			 c->key);

	SG_ASSERT(n > 0 && (size_t)n < sizeof(c->scoped_key));
	return str_from(c->scoped_key);
}

struct contact_call call_contact(struct call *c)
{
	return (struct contact_call){
		.actor = c->viewer.actor,
		.idem_key = call_idem_key(c),
		.done = call_contact_done,
		.arg = c,
	};
}

void call_contact_done(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (answer->st == SG_OK)
		call_members(c, answer->result, answer->repeated);
	else
		call_refuse(c, answer->st, answer->why);
}

void call_contact_ok(const struct work_answer *answer, void *arg)
{
	struct call *c = arg;

	if (answer->st == SG_OK)
		call_ok(c);
	else
		call_refuse(c, answer->st, answer->why);
}

/* ---- queries ---- */

void call_get(struct call *c, enum table table, const struct sg_id *id, store_rows_cb *cb)
{
	struct value key = {.id = *id};

	store_get(c->app->store, table, &key, cb, c);
}

struct store_range call_range(enum index index, const struct sg_id *eq)
{
	struct store_range q = {.index = index, .limit = 100, .descending = true};

	if (eq) {
		q.eq[0].id = *eq;
		q.n_eq = 1;
	}
	return q;
}

void call_ask(struct call *c, const struct store_range *q, store_rows_cb *cb)
{
	store_range(c->app->store, q, cb, c);
}

bool call_read_cursor(struct call *c, struct store_range *q)
{
	struct str s = params_str(c->params, "cursor");
	char *dot;

	if (!s.n)
		return true;
	q->after[0].i = strtoll(s.p, &dot, 10);
	q->n_after = 2;
	if (*dot == '.' && sg_id_parse(str_from(dot + 1), &q->after[1].id) == SG_OK)
		return true;
	struct problem p = problem_field("cursor", "This cursor is not one of ours.");

	call_problem(c, &p);
	return false;
}

void call_write_cursor(struct call *c, const struct value *at, const struct value *id)
{
	char text[80], uuid[SG_ID_TEXT + 1];

	sg_id_text(&id->id, uuid);
	(void)snprintf(text, sizeof(text), "%lld.%s", (long long)at->i, uuid);
	json_cstr(&c->j, "next", text);
}

/* ---- the way in ---- */

/* Changes over HTTP that one account may make (rule S12): so many at once, and so many a minute.
 * Live commands have the limit of their connection. */
static const struct {
	int burst, per_minute;
} rates[ROLE_N] = {
	[ROLE_CUSTOMER] = {100, 20 * 60},      [ROLE_AGENT] = {300, 100 * 60},
	[ROLE_MANAGER] = {300, 100 * 60},     [ROLE_ADMIN] = {300, 100 * 60},
	[ROLE_INTEGRATOR] = {2000, 500 * 60},
};

static bool too_fast(const struct call *c)
{
	enum http_method method = api_operations[c->op].method;
	enum role role = c->viewer.actor.role;
	char name[64], actor[SG_ID_TEXT + 1];

	/* Signing in has limits of its own, per address. */
	if (c->ws || method == HTTP_GET || method == HTTP_HEAD || role == ROLE_NONE)
		return false;
	sg_id_text(&c->viewer.actor.id, actor);
	(void)snprintf(name, sizeof(name), "change:%s", actor);
	return auth_take_rate(c->app->auth, name, rates[role].burst, rates[role].per_minute) !=
	       SG_OK;
}

void call_run(struct call *c, json_t *params)
{
	const struct api_operation *op = &api_operations[c->op];

	c->params = params;
	if (!(op->roles & (1U << c->viewer.actor.role))) {
		struct problem p = c->viewer.actor.role == ROLE_NONE
					   ? problem_make(401, "not_signed_in", "Sign in first.")
					   : problem_make(404, "not_found", "");

		call_problem(c, &p);
		return;
	}
	if (too_fast(c)) {
		struct problem p =
			problem_make(429, "too_fast", "Too many changes at once. Wait a moment.");

		p.retry_after_s = 1;
		call_problem(c, &p);
		return;
	}
	ops[c->op](c);
}
