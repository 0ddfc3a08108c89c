/* One request from its head to its end: checks, body into memory or a file, the handler, the
 * answer. */
#include "net/net_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/metrics.h"

static const char *const METHODS[HTTP_METHOD_N] = {
	[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

static struct metric requests_total = METRIC_COUNTER("segue_http_requests_total", "HTTP requests");
static struct metric framing_total = METRIC_COUNTER("segue_http_framing_errors_total",
						    "HTTP requests refused for their framing");

struct http_conn *http_request_conn(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void head_begins(struct http_req *r)
{
	r->is_heading = true;
	r->s->n_heading++;
	r->s->heading = r;
}

static void head_ends(struct http_req *r)
{
	if (!r->is_heading)
		return;
	r->is_heading = false;
	r->s->n_heading--;
	if (r->s->heading == r)
		r->s->heading = NULL;
}

/* Version 0.9.75 answers a bad Content-Length by itself, and that answer's head goes out twice. It
 * does not say on which connection, but when only one head is being read, that is the one: answer
 * once, and shut the door before its own answer. */
void http_request_complaint(void *cls, const char *format, va_list args)
{
	static const char refusal[] = "Error processing request (HTTP response code is %u ";
	struct http_server *s = cls;
	struct http_req *r = s->heading;
	unsigned status;

	if (s->n_heading != 1 || !r || strncmp(format, refusal, sizeof(refusal) - 1) != 0)
		return;
	status = va_arg(args, unsigned);
	head_ends(r);
	s->stats.framing_errors++;
	metric_add(&framing_total, 1);
	r->early = true;
	http_answer_raw(r->conn, status, "the head of the request is malformed or too large");
	shutdown(r->conn->fd, SHUT_WR);
}

/* The request line has come: the only place that sees the target as it was sent. */
void *http_request_new(void *cls, const char *uri, struct MHD_Connection *c)
{
	struct http_server *s = cls;
	size_t n = strlen(uri) + 1;
	struct http_req *r = calloc(1, sizeof(*r) + n);

	SG_ASSERT(r);
	r->s = s;
	r->c = c;
	r->conn = http_request_conn(c);
	r->spool_fd = -1;
	memcpy(r->target, uri, n);
	SG_ASSERT(r->conn);
	head_begins(r);
	/* A new connection's head has been running since it was made. */
	if (r->conn->stage == CONN_IDLE) {
		r->conn->stage = CONN_HEAD;
		r->conn->since_ms = sched_now_ms(s->sched);
	}
	return r;
}

/* Answers with a problem and closes; the body is not read. */
static enum MHD_Result refuse(struct http_req *r, unsigned status, const char *detail)
{
	size_t size;
	struct MHD_Response *response = http_answer_problem(status, detail, &size);

	r->close = true;
	r->phase = REQ_HANDLING;
	http_answer_with(r, status, response, size);
	return http_answer_queue(r);
}

static enum MHD_Result join_forwarded(void *cls, enum MHD_ValueKind kind, const char *name,
				      const char *value)
{
	struct buf *all = cls;

	(void)kind;
	if (strcasecmp(name, "X-Forwarded-For") != 0)
		return MHD_YES;
	return buf_addf(all, ",%s", value ? value : "") == SG_OK ? MHD_YES : MHD_NO;
}

/* Last address in X-Forwarded-For that is not one of our proxies: what stands left of it anybody
 * could write. Several such headers are one list (RFC 9110 section 5.3): a proxy may add its own. */
static void take_forwarded(struct http_req *r)
{
	SG_AUTO(buf) all;
	struct str list;
	struct address a;

	buf_init(&all, 32768);
	MHD_get_connection_values(r->c, MHD_HEADER_KIND, join_forwarded, &all);
	list = (struct str){.p = all.data, .n = all.len};
	while (list.n) {
		size_t from = list.n;
		struct str item;
		bool ours = false;

		while (from && list.p[from - 1] != ',')
			from--;
		item = (struct str){list.p + from, list.n - from};
		list.n = from ? from - 1 : 0;
		for (; item.n && *item.p == ' '; item.n--)
			item.p++;
		for (; item.n && item.p[item.n - 1] == ' ';)
			item.n--;
		if (!address_parse(item, &a))
			return;
		for (unsigned i = 0; i < r->s->n_proxies; i++)
			ours = ours || !memcmp(&a, &r->s->proxies[i], sizeof(a));
		address_text(&a, r->peer);
		r->view.peer = str_from(r->peer);
		r->view.is_loopback = address_is_loopback(&a);
		if (!ours)
			return;
	}
}

static void describe(struct http_req *r)
{
	r->view.handle = r;
	r->view.body = STR("");
	r->view.peer = str_from(r->conn->peer);
	r->view.is_loopback = r->conn->is_loopback;
	if (r->conn->is_proxy)
		take_forwarded(r);
}

/* SG_OK, or it has been answered and *result_out is libmicrohttpd's. */
static enum sg_status take_method(struct http_req *r, const char *method,
				  enum MHD_Result *result_out)
{
	for (int i = 0; i < HTTP_METHOD_N; i++) {
		if (!strcmp(method, METHODS[i])) {
			r->view.method = (enum http_method)i;
			return SG_OK;
		}
	}
	if (!strcmp(method, "OPTIONS") || !strcmp(method, "TRACE") || !strcmp(method, "CONNECT"))
		*result_out = refuse(r, 405, "this method is not used here");
	else
		*result_out = refuse(r, 501, "this method is not known");
	return SG_E_INPUT;
}

static enum sg_status open_spool(struct http_req *r, const char *dir)
{
	uint64_t name[2];
	int n;

	SG_ASSERT(getrandom(name, sizeof(name), 0) == (ssize_t)sizeof(name));
	n = asprintf(&r->spool_path, "%s/%016llx%016llx", dir, (unsigned long long)name[0],
		     (unsigned long long)name[1]);
	SG_ASSERT(n > 0);
	r->spool_fd =
		open(r->spool_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->spool_fd < 0) {
		free(r->spool_path);
		r->spool_path = NULL;
		return SG_E_IO;
	}
	return SG_OK;
}

static enum MHD_Result plan_body(struct http_req *r, const struct http_head *head)
{
	struct http_plan plan = {0};

	r->s->h.begin(&r->view, &plan, r->s->h.arg);
	if (plan.refuse_status) {
		if (!plan.refuse_body)
			return refuse(r, plan.refuse_status, "refused");
		r->close = true;
		r->phase = REQ_HANDLING;
		http_answer(r->s, r->view.id,
			    &(struct http_answer){.status = plan.refuse_status,
						  .type = "application/problem+json",
						  .body = str_from(plan.refuse_body),
						  .close = true});
		return http_answer_queue(r);
	}
	if (head->has_length && head->length > plan.body_max)
		return refuse(r, 413, "the body is larger than allowed here");
	if (head->has_length && !plan.spool_dir &&
	    head->length + r->s->body_memory > BODY_MEMORY_MAX)
		return refuse(r, 503, "too many bodies at once; try again");
	r->body_max = plan.body_max;
	buf_init(&r->body, plan.body_max);
	if (plan.spool_dir && (head->is_chunked || head->length) &&
	    open_spool(r, plan.spool_dir) != SG_OK)
		return refuse(r, 507, "the body cannot be stored now");
	r->phase = REQ_BODY;
	r->conn->stage = CONN_BODY;
	r->conn->since_ms = sched_now_ms(r->s->sched);
	r->conn->bytes = 0;
	return MHD_YES;
}

static enum MHD_Result step_head(struct http_req *r, const char *method, const char *version)
{
	struct http_server *s = r->s;
	struct http_head head;
	enum MHD_Result result;

	head_ends(r);
	s->stats.requests++;
	metric_add(&requests_total, 1);
	describe(r);
	http_framing_check(r->c, version, s->opt.head_max, &head);
	/* Whatever refuses from here on does not read the body. */
	r->early = head.is_chunked || head.length;
	if (head.refuse) {
		s->stats.framing_errors++;
		metric_add(&framing_total, 1);
		return refuse(r, head.refuse, head.detail);
	}
	if (take_method(r, method, &result) != SG_OK)
		return result;
	if (http_parse_target(r->target, &r->view.path, &r->view.query) != SG_OK)
		return refuse(r, 400, "the path is malformed");
	r->view.id = slots_add(&s->reqs, r);
	if (!r->view.id)
		return refuse(r, 503, "too many requests at once");
	return plan_body(r, &head);
}

/* libmicrohttpd takes no answer in the middle of a body: write it ourselves and have it close. */
static enum MHD_Result cut_body(struct http_req *r, unsigned status, const char *detail)
{
	r->early = true;
	r->s->stats.refused++;
	http_answer_raw(r->conn, status, detail);
	return MHD_NO;
}

static enum sg_status spool(struct http_req *r, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(r->spool_fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return SG_E_IO;
		p += k;
		n -= (size_t)k;
	}
	return SG_OK;
}

static enum MHD_Result step_body(struct http_req *r, const char *p, size_t *n)
{
	size_t size = *n;

	*n = 0;
	r->conn->bytes += size;
	if (size > r->body_max - r->view.body_size)
		return cut_body(r, 413, "the body is larger than allowed here");
	r->view.body_size += size;
	if (r->spool_fd >= 0) {
		if (spool(r, p, size) != SG_OK)
			return cut_body(r, 507, "the body cannot be stored now");
		return MHD_YES;
	}
	if (r->s->body_memory + size > BODY_MEMORY_MAX)
		return cut_body(r, 503, "too many bodies at once; try again");
	r->s->body_memory += size;
	r->body_counted += size;
	SG_ASSERT(buf_add(&r->body, p, size) == SG_OK);
	return MHD_YES;
}

static enum MHD_Result step_whole(struct http_req *r)
{
	r->early = false;
	r->conn->stage = CONN_HELD;
	r->conn->since_ms = sched_now_ms(r->s->sched);
	if (r->spool_fd >= 0) {
		int failed = close(r->spool_fd);

		r->spool_fd = -1;
		if (failed)
			return refuse(r, 507, "the body cannot be stored now");
		r->view.spool_path = str_from(r->spool_path);
	} else if (r->body.len) {
		r->view.body = (struct str){r->body.data, r->body.len};
	}
	r->phase = REQ_HANDLING;
	r->s->h.handle(&r->view, r->s->h.arg);
	if (r->response)
		return http_answer_queue(r);
	r->phase = REQ_HELD;
	MHD_suspend_connection(r->c);
	return MHD_YES;
}

enum MHD_Result http_request_step(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **ctx)
{
	struct http_req *r = *ctx;

	(void)cls;
	(void)c;
	(void)url;
	SG_ASSERT(r);
	switch (r->phase) {
	case REQ_NEW:
		return step_head(r, method, version);
	case REQ_BODY:
		return *upload_size ? step_body(r, upload, upload_size) : step_whole(r);
	case REQ_HELD:
		return http_answer_queue(r);
	case REQ_HANDLING:
	case REQ_DONE:
		break;
	}
	return MHD_NO;
}

static void release(struct http_req *r)
{
	head_ends(r);
	slots_remove(&r->s->reqs, r->view.id);
	r->s->body_memory -= r->body_counted;
	buf_fini(&r->body);
	if (r->spool_fd >= 0)
		close(r->spool_fd);
	if (r->spool_path)
		unlink(r->spool_path); /* nothing there when the handler renamed it */
	free(r->spool_path);
	if (r->response && !r->is_shared)
		MHD_destroy_response(r->response);
	if (r->ws)
		ws_abandon(r->s, r->ws);
	free(r);
}

void http_request_end(void *cls, struct MHD_Connection *c, void **ctx,
		      enum MHD_RequestTerminationCode how)
{
	struct http_server *s = cls;
	struct http_req *r = *ctx;
	struct http_conn *k = http_request_conn(c);

	(void)how;
	if (k) {
		k->stage = CONN_IDLE;
		k->since_ms = sched_now_ms(s->sched);
		k->bytes = 0;
		if (r && r->early)
			http_linger_start(s, k->fd);
		else if (s->is_draining)
			shutdown(k->fd, SHUT_RDWR);
	}
	if (r)
		release(r);
	*ctx = NULL;
}
