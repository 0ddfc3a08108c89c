#include "net/net_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ALLOW[] = "GET, HEAD, POST, PUT, PATCH, DELETE";

static const struct {
	unsigned status;
	const char *title;
} TITLES[] = {
	{400, "Bad Request"},           {404, "Not Found"},
	{405, "Method Not Allowed"},    {408, "Request Timeout"},
	{413, "Content Too Large"},     {414, "URI Too Long"},
	{426, "Upgrade Required"},      {431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"}, {501, "Not Implemented"},
	{503, "Service Unavailable"},   {505, "HTTP Version Not Supported"},
	{507, "Insufficient Storage"},
};

static const char *title_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(TITLES) / sizeof(TITLES[0]); i++)
		if (TITLES[i].status == status)
			return TITLES[i].title;
	return "Error";
}

/* Title and detail are texts of this program, so nothing in them needs escaping. */
static size_t write_problem(char *out, size_t cap, unsigned status, const char *detail)
{
	int n = snprintf(
		out, cap,
		"{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":\"%s\"}",
		title_of(status), status, detail);

	SG_ASSERT(n > 0 && (size_t)n < cap);
	return (size_t)n;
}

/* A CR or LF here would let a value start a header of its own. */
static void check_header(const char *text)
{
	SG_ASSERT(!text[strcspn(text, "\r\n")]);
}

void http_answer_header(struct MHD_Response *response, const char *name, const char *value)
{
	check_header(name);
	check_header(value);
	SG_ASSERT(*name && MHD_add_response_header(response, name, value) == MHD_YES);
}

static struct MHD_Response *copy_of(const char *p, size_t n)
{
	/* With MUST_COPY the buffer is only read. */
	union {
		const char *in;
		void *out;
	} u = {.in = p};
	struct MHD_Response *response =
		MHD_create_response_from_buffer(n, u.out, MHD_RESPMEM_MUST_COPY);

	SG_ASSERT(response);
	return response;
}

struct MHD_Response *http_answer_problem(unsigned status, const char *detail, size_t *size_out)
{
	char text[512];
	size_t n = write_problem(text, sizeof(text), status, detail);
	struct MHD_Response *response = copy_of(text, n);

	http_answer_header(response, "Content-Type", "application/problem+json");
	if (status == 405)
		http_answer_header(response, "Allow", ALLOW);
	if (status == 426) {
		http_answer_header(response, "Upgrade", "websocket");
		http_answer_header(response, "Sec-WebSocket-Version", "13");
	}
	*size_out = n;
	return response;
}

void http_answer_raw(struct http_conn *k, unsigned status, const char *detail)
{
	char text[512], all[1024];
	size_t n = write_problem(text, sizeof(text), status, detail);
	int len = snprintf(
		all, sizeof(all),
		"HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		status, title_of(status), n, text);

	SG_ASSERT(len > 0 && (size_t)len < sizeof(all));
	if (send(k->fd, all, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return; /* it has gone, which is as well */
}

void http_answer_with(struct http_req *r, unsigned status, struct MHD_Response *response,
		      size_t size)
{
	SG_ASSERT(!r->response);
	r->response = response;
	r->status = status;
	r->answer_size = size;
	if (r->phase == REQ_HELD) {
		MHD_resume_connection(r->c);
		r->s->again = true;
	}
}

void http_answer_shared(struct http_req *r, unsigned status, struct MHD_Response *response,
			size_t size)
{
	r->is_shared = true;
	http_answer_with(r, status, response, size);
}

enum MHD_Result http_answer_queue(struct http_req *r)
{
	enum MHD_Result result;

	SG_ASSERT(r->response);
	r->phase = REQ_DONE;
	r->conn->stage = CONN_ANSWER;
	r->conn->since_ms = sched_now_ms(r->s->sched);
	r->conn->bytes = r->answer_size;
	if (r->close && !r->is_shared)
		http_answer_header(r->response, "Connection", "close");
	result = MHD_queue_response(r->c, r->status, r->response);
	if (!r->is_shared)
		MHD_destroy_response(r->response);
	r->response = NULL;
	return result;
}

static const char *header_of(const struct http_answer *a, const char *name)
{
	for (unsigned i = 0; i < a->n_headers; i++)
		if (!strcasecmp(a->headers[i].name, name))
			return a->headers[i].value;
	return NULL;
}

struct part {
	unsigned status;
	uint64_t from, to;
	char content_range[80];
};

/* Which part of a file that request wants. */
static void pick_part(struct http_req *r, const struct http_answer *a, uint64_t size,
		      struct part *out)
{
	const char *range = MHD_lookup_connection_value(r->c, MHD_HEADER_KIND, "Range");
	const char *if_range = MHD_lookup_connection_value(r->c, MHD_HEADER_KIND, "If-Range");
	const char *etag = header_of(a, "ETag");

	*out = (struct part){.status = a->status, .to = size};
	if (!range || a->status != 200 || (if_range && (!etag || strcmp(if_range, etag) != 0)))
		return;
	switch (http_parse_range(str_from(range), size, &out->from, &out->to)) {
	case HTTP_RANGE_NONE:
		return;
	case HTTP_RANGE_PART:
		out->status = 206;
		snprintf(out->content_range, sizeof(out->content_range), "bytes %llu-%llu/%llu",
			 (unsigned long long)out->from, (unsigned long long)out->to - 1,
			 (unsigned long long)size);
		return;
	case HTTP_RANGE_BAD:
		out->status = 416;
		out->to = 0;
		snprintf(out->content_range, sizeof(out->content_range), "bytes */%llu",
			 (unsigned long long)size);
		return;
	}
}

static struct MHD_Response *file_answer(struct http_req *r, const struct http_answer *a,
					unsigned *status_out, size_t *size_out)
{
	struct MHD_Response *response;
	struct stat st;
	struct part part;
	int fd = open(a->file_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		*status_out = 404;
		return http_answer_problem(404, "the file is not there", size_out);
	}
	pick_part(r, a, (uint64_t)st.st_size, &part);
	if (part.to > part.from) {
		response =
			MHD_create_response_from_fd_at_offset64(part.to - part.from, fd, part.from);
		SG_ASSERT(response); /* and closes fd with it */
	} else {
		close(fd);
		response = copy_of("", 0);
	}
	if (*part.content_range)
		http_answer_header(response, "Content-Range", part.content_range);
	http_answer_header(response, "Accept-Ranges", "bytes");
	*status_out = part.status;
	*size_out = (size_t)(part.to - part.from);
	return response;
}

enum sg_status http_answer(struct http_server *s, uint64_t request, const struct http_answer *a)
{
	struct http_req *r = slots_find(&s->reqs, request);
	struct MHD_Response *response;
	unsigned status = a->status;
	size_t size = a->body.n;

	if (!r || r->response || (r->phase != REQ_HANDLING && r->phase != REQ_HELD))
		return SG_E_NOT_FOUND;
	SG_ASSERT(a->status >= 200 && a->status <= 599);
	if (a->file_path)
		response = file_answer(r, a, &status, &size);
	else
		response = copy_of(a->body.n ? a->body.p : "", a->body.n);
	if (status == a->status || status == 206) {
		if (a->type)
			http_answer_header(response, "Content-Type", a->type);
	}
	if (status != 404 || a->status == 404)
		for (unsigned i = 0; i < a->n_headers; i++)
			http_answer_header(response, a->headers[i].name, a->headers[i].value);
	r->close = r->close || a->close;
	http_answer_with(r, status, response, size);
	return SG_OK;
}
