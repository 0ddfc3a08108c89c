/* front.c - every HTTP request: whose Host, which page or operation, from which Origin, by whom;
 * then a call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_priv.h"
#include "api/match.h"
#include "api/text.h"
#include "base/log.h"
#include "base/metrics.h"

static struct metric bad_origin =
	METRIC_COUNTER("segue_bad_origin_total", "Requests of a foreign Origin or Host");
static struct metric probed =
	METRIC_COUNTER("segue_ready_probes_total", "Writes that asked whether the store can write");
static struct metric bad_input =
	METRIC_COUNTER("segue_bad_input_total", "Requests refused as malformed");

const struct http_header_out front_headers[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "same-origin"},
	{"X-Frame-Options", "DENY"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"},
};
const unsigned front_n_headers = sizeof(front_headers) / sizeof(front_headers[0]);

static const struct http_header_out page_headers[] = {
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "same-origin"},
	{"X-Frame-Options", "DENY"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Content-Security-Policy",
	 "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
	 "connect-src 'self'; "
	 "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
};

/* ---- answers without a call ---- */

static void answer_text(struct api *a, uint64_t request, unsigned status, const char *type,
			struct str body)
{
	struct http_answer ans = {
		.status = status,
		.type = type,
		.body = body,
		.headers = front_headers,
		.n_headers = front_n_headers,
	};

	(void)http_answer(a->server, request, &ans);
}

void front_problem(struct api *a, uint64_t request, const struct problem *p)
{
	struct buf body;
	struct json j;
	struct http_header_out headers[6];
	char retry[16];

	buf_init(&body, 4096);
	json_init(&j, &body);
	json_begin_object(&j, NULL);
	problem_write(&j, p);
	json_close(&j);
	enum sg_status st = json_end(&j);

	SG_ASSERT(st == SG_OK);
	memcpy(headers, front_headers, sizeof(front_headers));
	struct http_answer ans = {
		.status = p->status,
		.type = PROBLEM_MEDIA_TYPE,
		.body = {.p = body.data, .n = body.len},
		.headers = headers,
		.n_headers = front_n_headers,
	};

	if (p->retry_after_s) {
		(void)snprintf(retry, sizeof(retry), "%u", p->retry_after_s);
		headers[ans.n_headers++] = (struct http_header_out){"Retry-After", retry};
	}
	(void)http_answer(a->server, request, &ans);
	buf_fini(&body);
}

static void refuse(struct api *a, const struct http_request *rq, unsigned status, const char *code,
		   const char *detail)
{
	struct problem p = problem_make(status, code, detail);

	metric_add(&bad_input, status < 500);
	front_problem(a, rq->id, &p);
}

/* ---- hosts, origins ---- */

static bool listed(const char *const *list, struct str s)
{
	for (unsigned i = 0; list[i]; i++) {
		if (str_eq(s, str_from(list[i])))
			return true;
	}
	return false;
}

bool front_origin_ok(const struct api *a, struct str origin)
{
	return !origin.p || listed(a->opt.origins, origin);
}

/* Rule S13: a state change comes from our own page (or from no page at all), says so in a header no
 * foreign page can send without being asked, and is JSON. */
static const char *change_fault(const struct api *a, const struct http_request *rq, bool upload)
{
	struct str type = http_header(rq, "Content-Type");

	if (rq->method == HTTP_GET || rq->method == HTTP_HEAD)
		return NULL;
	if (!front_origin_ok(a, http_header(rq, "Origin")))
		return "origin";
	if (!http_header(rq, "Segue-Csrf").p)
		return "csrf";
	if (upload || rq->body_size == 0)
		return NULL;
	return type.n >= 16 && strncasecmp(type.p, "application/json", 16) == 0 ? NULL : "type";
}

bool front_is_staff(const struct http_request *rq)
{
	char as[16];

	if (str_eq(http_header(rq, "Segue-As"), STR("staff")))
		return true;
	return http_query(rq, "as", as, sizeof(as)) == SG_OK && strcmp(as, "staff") == 0;
}

/* ---- probes and documents ---- */

static void answer_metrics(struct api *a, const struct http_request *rq)
{
	static struct metric open = METRIC_GAUGE("segue_websockets", "Open WebSockets");
	static struct metric requests =
		METRIC_GAUGE("segue_http_requests", "HTTP requests since start");
	static struct metric framing =
		METRIC_GAUGE("segue_http_framing_errors", "Requests refused for their framing");
	struct http_stats s;
	struct buf out;

	if (!rq->is_loopback) {
		refuse(a, rq, 404, "not_found", "");
		return;
	}
	http_stats(a->server, &s);
	metric_set(&open, (int64_t)s.websockets_open);
	metric_set(&requests, (int64_t)s.requests);
	metric_set(&framing, (int64_t)s.framing_errors);
	buf_init(&out, 1 << 20);
	if (metrics_write(&out) == SG_OK)
		answer_text(a, rq->id, 200, "text/plain; version=0.0.4",
			    (struct str){.p = out.data, .n = out.len});
	else
		refuse(a, rq, 500, "too_large", "");
	buf_fini(&out);
}

/* Somebody who asks whether we are ready. */
struct probe {
	uint64_t request;
	struct probe *next;
};

enum { PROBE_FRESH_MS = 1000 };

static void say_probed(struct api *a, uint64_t request)
{
	if (a->probe_ok)
		answer_text(a, request, 200, "text/plain", STR("ready\n"));
	else
		answer_text(a, request, 503, "text/plain", STR("the store cannot write\n"));
}

static void on_probed(enum sg_status st, const struct store_done *done, void *arg)
{
	struct api *a = arg;

	(void)done;
	a->probe_ok = st == SG_OK;
	a->probe_at_ms = sched_now_ms(a->app->sched);
	while (a->probes) {
		struct probe *p = a->probes;

		a->probes = p->next;
		say_probed(a, p->request);
		free(p);
	}
}

/* Ready means: a write gets through to the disk. Whoever asks often shares one write. */
static void answer_ready(struct api *a, const struct http_request *rq)
{
	if (!a->ready) {
		answer_text(a, rq->id, 503, "text/plain", STR("starting or stopping\n"));
		return;
	}
	if (a->probe_at_ms && sched_now_ms(a->app->sched) - a->probe_at_ms < PROBE_FRESH_MS) {
		say_probed(a, rq->id);
		return;
	}
	struct probe *p = malloc(sizeof(*p));
	bool under_way = a->probes != NULL;
	struct row_op op = {.table = TABLE_SETTING, .set = 3};
	struct store_write w = {.rows = &op, .n_rows = 1};

	SG_ASSERT(p != NULL);
	*p = (struct probe){.request = rq->id, .next = a->probes};
	a->probes = p;
	if (under_way)
		return;
	metric_add(&probed, 1);
	op.v[SETTING_COL_NAME].s = STR("ready");
	op.v[SETTING_COL_VALUE].s = STR("1");
	store_write(a->app->store, &w, on_probed, a);
}

static struct str embedded(const unsigned char *bytes, size_t n)
{
	return (struct str){.p = (const char *)bytes, .n = n};
}

static void answer_docs_page(struct api *a, const struct http_request *rq, const char *type,
			     struct str body)
{
	struct http_answer ans = {
		.status = 200,
		.type = type,
		.body = body,
		.headers = page_headers,
		.n_headers = sizeof(page_headers) / sizeof(page_headers[0]),
	};

	(void)http_answer(a->server, rq->id, &ans);
}

/* Fixed paths; true when it was one. */
static bool answer_fixed(struct api *a, const struct http_request *rq)
{
	bool get = rq->method == HTTP_GET || rq->method == HTTP_HEAD;

	if (!get)
		return false;
	if (str_eq(rq->path, STR("/healthz")))
		answer_text(a, rq->id, 200, "text/plain", STR("alive\n"));
	else if (str_eq(rq->path, STR("/readyz")))
		answer_ready(a, rq);
	else if (str_eq(rq->path, STR("/metrics")))
		answer_metrics(a, rq);
	else if (str_eq(rq->path, STR("/api/openapi.json")))
		answer_docs_page(a, rq, "application/json",
				 embedded(api_openapi_json, api_openapi_json_len));
	else if (str_eq(rq->path, STR("/api/docs")))
		answer_docs_page(a, rq, "text/html; charset=utf-8",
				 embedded(api_docs_html, api_docs_html_len));
	else if (str_eq(rq->path, STR("/api/docs.css")))
		answer_docs_page(a, rq, "text/css", embedded(api_docs_css, api_docs_css_len));
	else
		return false;
	return true;
}

/* ---- pages ---- */

static bool starts(struct str s, const char *with, struct str *rest_out)
{
	size_t n = strlen(with);

	if (s.n < n || memcmp(s.p, with, n) != 0)
		return false;
	*rest_out = (struct str){.p = s.p + n, .n = s.n - n};
	return true;
}

static enum sg_status page(struct api *a, const struct http_request *rq, struct static_files *f,
			   struct str path)
{
	const unsigned n = sizeof(page_headers) / sizeof(page_headers[0]);

	if (!f)
		return SG_E_NOT_FOUND;
	if (static_files_answer(f, a->server, rq, path, page_headers, n) == SG_OK)
		return SG_OK;
	/* A path of the page's own (no file name in it): the page itself sorts it out. */
	if (memchr(path.p, '.', path.n))
		return SG_E_NOT_FOUND;
	return static_files_answer(f, a->server, rq, STR("/index.html"), page_headers, n);
}

static void answer_page(struct api *a, const struct http_request *rq)
{
	struct str rest;
	enum sg_status st;

	if (rq->method != HTTP_GET && rq->method != HTTP_HEAD) {
		refuse(a, rq, 405, "method_not_allowed", "");
		return;
	}
	if (starts(rq->path, "/desk", &rest) && (rest.n == 0 || rest.p[0] == '/'))
		st = page(a, rq, a->desk, rest.n ? rest : STR("/"));
	else if (starts(rq->path, "/console", &rest) && (rest.n == 0 || rest.p[0] == '/'))
		st = page(a, rq, a->console, rest.n ? rest : STR("/"));
	else if (starts(rq->path, "/api", &rest))
		st = SG_E_NOT_FOUND;
	else
		st = page(a, rq, a->portal, rq->path);
	if (st != SG_OK)
		refuse(a, rq, 404, "not_found", "");
}

/* ---- operations ---- */

/* A request between its arrival and knowing who asks. */
struct arriving {
	struct api *api;
	struct call *call; /* NULL: a live connection */
	json_t *params;
};

static void on_viewer(enum sg_status st, const struct viewer *v, void *arg)
{
	struct arriving *in = arg;
	struct call *c = in->call;
	json_t *params = in->params;

	free(in);
	if (st != SG_OK) {
		json_decref(params);
		call_refuse(c, st, NULL);
		return;
	}
	c->viewer = *v;
	call_run(c, params);
}

static void identify(struct api *a, const struct http_request *rq, auth_viewer_cb *cb, void *arg)
{
	struct str bearer = http_header(rq, "Authorization"), rest;

	if (bearer.p && starts(bearer, "Bearer ", &rest))
		auth_check_bearer(a->app->auth, rest, cb, arg);
	else
		auth_check_session(
			a->app->auth,
			http_cookie(rq, front_is_staff(rq) ? COOKIE_STAFF : COOKIE_CUSTOMER), cb,
			arg);
}

/* The query without the page's own `as`. */
static struct str query_without_as(struct str q)
{
	struct str rest;

	if (starts(q, "as=staff&", &rest))
		return rest;
	if (str_eq(q, STR("as=staff")))
		return (struct str){0};
	if (q.n > 9 && memcmp(q.p + q.n - 9, "&as=staff", 9) == 0)
		return (struct str){.p = q.p, .n = q.n - 9};
	return q;
}

static enum sg_status read_body(const struct api_operation *op, const struct http_request *rq,
				json_t *params, struct problem *p)
{
	json_t *body = NULL;

	if (!op->body || op->upload)
		return SG_OK;
	SG_TRY(schema_parse(rq->body, &body, p));
	enum sg_status st = schema_check(op->body, body, p);

	if (st == SG_OK)
		json_object_update(params, body);
	json_decref(body);
	return st;
}

static enum sg_status read_params(const struct api_operation *op, const struct http_request *rq,
				  const struct str *path, json_t *params, struct problem *p)
{
	if (op->params)
		SG_TRY(schema_path(op->params, path, params, p));
	if (op->query)
		SG_TRY(schema_query(op->query, query_without_as(rq->query), params, p));
	return read_body(op, rq, params, p);
}

static void copy_request(struct call *c, const struct http_request *rq)
{
	struct str key = http_header(rq, "Idempotency-Key");

	c->request = rq->id;
	c->staff = front_is_staff(rq);
	c->body_size = rq->body_size;
	str_copy(c->peer, sizeof(c->peer), rq->peer);
	str_copy(c->key, sizeof(c->key), key);
	str_copy(c->browser, sizeof(c->browser), http_cookie(rq, COOKIE_BROWSER));
	if (!rq->spool_path.n)
		return;
	/* Taken over from net: under a name of our own it outlives the request. */
	char path[4096];
	int n = snprintf(path, sizeof(path), "%.*s.call", (int)rq->spool_path.n, rq->spool_path.p);

	SG_ASSERT(n > 0 && (size_t)n < sizeof(path));
	if (rename(rq->spool_path.p, path) == 0)
		c->spool_path = strdup(path);
}

/* Cut to fit, two keys could become one, and the second request would be taken for a repeat of the
 * first. */
static bool key_fits(struct str key)
{
	const struct call *c;

	return key.n < sizeof(c->key) && text_is_clean(key, false);
}

static void answer_operation(struct api *a, const struct http_request *rq)
{
	static const struct viewer nobody;
	struct str path[API_PARAMS_MAX];
	struct problem p;
	enum api_op op;
	enum sg_status st = api_match(rq->method, rq->path, &op, path);

	if (st != SG_OK) {
		refuse(a, rq, st == SG_E_STATE ? 405 : 404,
		       st == SG_E_STATE ? "method_not_allowed" : "not_found", "");
		return;
	}
	const char *fault = change_fault(a, rq, api_operations[op].upload);

	if (fault) {
		metric_add(&bad_origin, 1);
		if (strcmp(fault, "type") == 0)
			refuse(a, rq, 415, "not_json", "Send application/json.");
		else if (strcmp(fault, "csrf") == 0)
			refuse(a, rq, 403, "no_csrf_header", "Send the header Segue-Csrf: 1.");
		else
			refuse(a, rq, 403, "foreign_origin", "This Origin is not ours.");
		return;
	}
	if (!key_fits(http_header(rq, "Idempotency-Key"))) {
		p = problem_field("Idempotency-Key", "must be one line of at most 100 characters");
		front_problem(a, rq->id, &p);
		return;
	}
	if (a->n_calls >= CALLS_MAX) {
		refuse(a, rq, 503, "busy", "Too many requests at once; try again soon.");
		return;
	}
	json_t *params = json_object();

	SG_ASSERT(params != NULL);
	if (read_params(&api_operations[op], rq, path, params, &p) != SG_OK) {
		metric_add(&bad_input, 1);
		json_decref(params);
		front_problem(a, rq->id, &p);
		return;
	}
	struct arriving *in = malloc(sizeof(*in));

	SG_ASSERT(in != NULL);
	*in = (struct arriving){.api = a, .call = call_new(a, op, &nobody), .params = params};
	copy_request(in->call, rq);
	identify(a, rq, on_viewer, in);
}

/* ---- live connections ---- */

struct upgrade {
	struct api *api;
	const struct http_request *rq;
	bool now; /* still inside the request's callback */
	bool answered;
	uint64_t request;
};

static void on_live_viewer(enum sg_status st, const struct viewer *v, void *arg)
{
	struct upgrade *u = arg;

	u->answered = true;
	if (!u->now) { /* the session, if there is one, is in memory now: the client's next try
			  finds it */
		struct problem p = st == SG_OK && v->actor.role == ROLE_NONE
					   ? problem_make(401, "not_signed_in", "Sign in first.")
					   : problem_make(503, "try_again", "Connect again.");

		if (p.retry_after_s)
			p.retry_after_s = 1;
		front_problem(u->api, u->request, &p);
		free(u);
		return;
	}
	if (st != SG_OK)
		refuse(u->api, u->rq, 503, "try_again", "");
	else if (v->actor.role == ROLE_NONE)
		refuse(u->api, u->rq, 401, "not_signed_in", "Sign in first.");
	else
		live_open(u->api->live, u->rq, v);
}

static void answer_live(struct api *a, const struct http_request *rq)
{
	struct str origin = http_header(rq, "Origin");
	bool bearer = http_header(rq, "Authorization").p != NULL;

	/* A browser always says its Origin; who sends none must hold a bearer token or be no
	 * browser with our cookie. */
	if (!front_origin_ok(a, origin) || (!origin.p && !bearer)) {
		metric_add(&bad_origin, 1);
		refuse(a, rq, 403, "foreign_origin", "This Origin is not ours.");
		return;
	}
	struct upgrade *u = malloc(sizeof(*u));

	SG_ASSERT(u != NULL);
	*u = (struct upgrade){.api = a, .rq = rq, .now = true, .request = rq->id};
	identify(a, rq, on_live_viewer, u);
	u->now = false;
	if (u->answered)
		free(u);
}

static void echo(uint64_t ws, struct str data, bool is_text, void *arg)
{
	struct api *a = arg;

	(void)ws_send(a->server, ws, data, is_text);
}

static void nothing(uint64_t ws, void *arg)
{
	(void)ws;
	(void)arg;
}

static void answer_conformance(struct api *a, const struct http_request *rq)
{
	static const struct ws_handlers handlers = {
		.opened = nothing,
		.message = echo,
		.closed = nothing,
		.drained = nothing,
		.message_max = 16 << 20,
		.queue_max = 32 << 20,
		.allow_binary = true,
		.any_frames = true,
	};
	uint64_t ws;

	if (!a->opt.conformance || !rq->is_loopback)
		refuse(a, rq, 404, "not_found", "");
	else
		(void)http_upgrade(a->server, rq, &handlers, a, &ws);
}

/* ---- from net ---- */

#define PROBLEM_BODY(status, title, code, detail)                                                  \
	"{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" status                     \
	",\"detail\":\"" detail "\",\"code\":\"" code "\"}"

/* A file that will be refused is not even read. */
static void begin_upload(struct api *a, const struct http_request *rq, struct http_plan *plan)
{
	struct str cookie = http_cookie(rq, front_is_staff(rq) ? COOKIE_STAFF : COOKIE_CUSTOMER);
	const char *fault = change_fault(a, rq, true);

	if (!a->ready) {
		plan->refuse_status = 503;
		plan->refuse_body = PROBLEM_BODY("503", "Service Unavailable", "not_ready",
						 "Starting or stopping; try again soon.");
	} else if (fault) {
		metric_add(&bad_origin, 1);
		plan->refuse_status = 403;
		plan->refuse_body = strcmp(fault, "csrf") == 0
					    ? PROBLEM_BODY("403", "Forbidden", "no_csrf_header",
							   "Send the header Segue-Csrf: 1.")
					    : PROBLEM_BODY("403", "Forbidden", "foreign_origin",
							   "This Origin is not ours.");
	} else if (auth_is_nobody(a->app->auth, cookie)) {
		plan->refuse_status = 401;
		plan->refuse_body =
			PROBLEM_BODY("401", "Unauthorized", "not_signed_in", "Sign in first.");
	} else {
		plan->body_max = UPLOAD_MAX;
		plan->spool_dir = a->spool_dir;
	}
}

static void begin(const struct http_request *rq, struct http_plan *plan, void *arg)
{
	struct api *a = arg;
	struct str rest;
	bool upload = rq->method == HTTP_POST && str_eq(rq->path, STR(API_BASE "/files"));

	*plan = (struct http_plan){.body_max = starts(rq->path, "/api/", &rest) ? SCHEMA_BODY_MAX
										: 1024};
	if (!listed(a->opt.hosts, http_header(rq, "Host"))) {
		metric_add(&bad_origin, 1);
		plan->refuse_status = 421;
		plan->refuse_body = PROBLEM_BODY("421", "Misdirected Request", "not_our_host",
						 "This host name is not ours.");
	} else if (upload) {
		begin_upload(a, rq, plan);
	}
}

static void handle(const struct http_request *rq, void *arg)
{
	struct api *a = arg;
	struct str rest;

	if (answer_fixed(a, rq))
		return;
	if (!a->ready) {
		struct problem p =
			problem_make(503, "not_ready", "Starting or stopping; try again soon.");

		p.retry_after_s = 1;
		front_problem(a, rq->id, &p);
		return;
	}
	if (str_eq(rq->path, STR(API_BASE "/live")) && rq->method == HTTP_GET)
		answer_live(a, rq);
	else if (str_eq(rq->path, STR("/conformance/ws")))
		answer_conformance(a, rq);
	else if (starts(rq->path, API_BASE "/", &rest))
		answer_operation(a, rq);
	else
		answer_page(a, rq);
}

/* ---- birth and end ---- */

static struct static_files *open_pages(const char *dir)
{
	struct static_files *f = NULL;

	if (dir && static_files_open(dir, &f) != SG_OK)
		log_event(LOG_WARN, "no_pages", LF_STR("dir", dir));
	return f;
}

/* What a Segue that was killed had not received to the end goes. */
static void open_spool(struct api *a)
{
	char path[4096 + 256];
	int n = snprintf(a->spool_dir, sizeof(a->spool_dir), "%s/tmp", a->opt.files_dir);

	SG_ASSERT(n > 0 && (size_t)n < sizeof(a->spool_dir));
	if (mkdir(a->spool_dir, 0700) != 0 && errno != EEXIST)
		log_event(LOG_ERROR, "no_spool", LF_STR("dir", a->spool_dir),
			  LF_STR("why", strerror(errno)));
	DIR *d = opendir(a->spool_dir);

	for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		(void)snprintf(path, sizeof(path), "%s/%s", a->spool_dir, e->d_name);
		(void)unlink(path); /* "." and ".." stay by themselves */
	}
	if (d)
		(void)closedir(d);
}

struct api *api_new(struct app *app, const struct api_options *opt)
{
	struct api *a = calloc(1, sizeof(*a));

	SG_ASSERT(a != NULL);
	a->app = app;
	a->opt = *opt;
	a->portal = open_pages(opt->portal_dir);
	a->desk = open_pages(opt->desk_dir);
	a->console = open_pages(opt->console_dir);
	a->live = live_new(a);
	idmap_init(&a->busy);
	open_spool(a);
	return a;
}

struct http_handlers api_handlers(struct api *a)
{
	return (struct http_handlers){.begin = begin, .handle = handle, .arg = a};
}

void api_attach(struct api *a, struct http_server *s)
{
	a->server = s;
}

void api_set_ready(struct api *a, bool ready)
{
	a->ready = ready;
}

void api_drain(struct api *a)
{
	a->ready = false;
	live_drain(a->live);
}

unsigned api_busy(const struct api *a)
{
	return a->n_calls;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	live_free(a->live);
	idmap_fini(&a->busy);
	static_files_free(a->portal);
	static_files_free(a->desk);
	static_files_free(a->console);
	free(a);
}
