/* http.h - HTTP/1.1 server and WebSocket upgrade: libmicrohttpd on the libuv loop, behind this
 * module.
 *
 * Framing is strict (http-server rules S25, S26): anything ambiguous is 400 and a closed
 * connection, before any handler runs. Requests and WebSockets are known by number; a number whose
 * connection is gone is simply unknown (SG_E_NOT_FOUND), so nothing above net/ holds a pointer
 * across a wait.
 */
#ifndef SG_NET_HTTP_H
#define SG_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "net/loop.h"

struct http_server;

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_METHOD_N
};

/* Lent until the callback returns. */
struct http_request {
	uint64_t id; /* answers name it; never 0, never used again */
	enum http_method method;
	struct str path;  /* percent-decoded, well-formed UTF-8, no NUL, no "..", starts with "/" */
	struct str query; /* raw, without "?" */
	struct str body;  /* whole body; empty when it was spooled */
	struct str spool_path; /* where the body lies, when begin asked for it; unlinked after the
				  answer unless renamed */
	size_t body_size;
	struct str peer; /* address of the client as text (of the proxy's X-Forwarded-For when
			    trusted) */
	bool is_loopback;
	void *handle; /* for http_header and http_upgrade during this callback */
};

/* First value of that header, absent when there is none (names are matched without case). */
struct str http_header(const struct http_request *rq, const char *name);
/* Value of a cookie, absent when there is none. */
struct str http_cookie(const struct http_request *rq, const char *name);
/* Percent-decoded value of a query parameter into out; SG_E_NOT_FOUND, SG_E_INPUT (bad escape, bad
 * UTF-8, given twice), SG_E_LIMIT. */
SG_CHECKED enum sg_status http_query(const struct http_request *rq, const char *name, char *out,
				     size_t cap);

/* What begin allows: headers are there, the body is not. */
struct http_plan {
	size_t body_max;        /* beyond: 413 before the rest is read */
	const char *spool_dir;  /* not NULL: write the body to a new file there instead of memory */
	unsigned refuse_status; /* not 0: answer this now, close, read no body */
	const char *refuse_body; /* problem+json text, static */
};

struct http_header_out {
	const char *name;
	const char *value; /* CR, LF and NUL are refused: SG_ASSERT */
};

struct http_answer {
	unsigned status;
	const char *type; /* Content-Type, or NULL for no body */
	struct str body;  /* copied */
	const struct http_header_out *headers;
	unsigned n_headers;
	const char *file_path; /* instead of body: send this file (Range supported), unless NULL */
	bool close;
};

struct ws_handlers {
	void (*opened)(uint64_t ws, void *arg);
	/* One whole message; text is checked UTF-8. Binary comes only when allow_binary. */
	void (*message)(uint64_t ws, struct str data, bool is_text, void *arg);
	/* Exactly once for each http_upgrade that gave SG_OK (even when the client left before
	 * opened), also after ws_close and on server stop. */
	void (*closed)(uint64_t ws, void *arg);
	/* All that was queued has been handed to the kernel (only after ws_send said the queue was
	 * above half). */
	void (*drained)(uint64_t ws, void *arg);
	size_t message_max;
	size_t queue_max; /* bytes waiting for a slow reader; beyond: closed with 1013 */
	bool allow_binary;
	unsigned ping_ms;        /* keepalive; no pong within two of them: closed. 0: none */
	bool any_frames; /* no limit on fragments and control frames: conformance suites only */
	unsigned messages_per_s; /* token bucket with the same burst; beyond: closed with 1008. 0:
				    no limit */
};

struct http_handlers {
	void (*begin)(const struct http_request *rq, struct http_plan *plan_out, void *arg);
	/* The whole request. Answer now or later by rq->id with http_answer, or upgrade now. */
	void (*handle)(const struct http_request *rq, void *arg);
	void *arg;
};

struct http_options {
	const char *host; /* address literal, IPv6 with or without [] */
	uint16_t port;    /* 0: any; http_port tells */
	unsigned connections_max,
		per_address_max; /* 0 for per_address_max: no limit (a proxy stands in front) */
	unsigned websockets_max;
	unsigned header_ms, body_ms, idle_ms; /* deadlines: whole head (10 s), whole body (30 s + at
						 8 KiB/s), silence (60 s) */
	size_t head_max;                      /* bytes of request head; beyond: 431 */
	const char *const *trusted_proxies;   /* addresses whose X-Forwarded-For is believed;
						 NULL-ended, or NULL */
};

/* SG_E_IO: cannot bind (errno tells). */
SG_CHECKED enum sg_status http_server_open(struct loop *l, const struct http_options *opt,
					   const struct http_handlers *h,
					   struct http_server **server_out);
uint16_t http_port(const struct http_server *s);

/* SG_E_NOT_FOUND: the client has gone. Everything in `a` is copied. */
enum sg_status http_answer(struct http_server *s, uint64_t request, const struct http_answer *a);

/* Inside handle only, on a GET: 101 and a WebSocket (RFC 6455), h->opened follows later; or answers
 * 400/426 itself (SG_E_INPUT), or 503 at websockets_max (SG_E_LIMIT). subprotocol may be NULL. */
enum sg_status http_upgrade(struct http_server *s, const struct http_request *rq,
			    const struct ws_handlers *h, void *arg, uint64_t *ws_out);

/* Queues one text (or binary) message. SG_E_NOT_FOUND: gone. SG_E_LIMIT: the queue was full, it is
 * being closed (1013). SG_E_AGAIN: queued, but the reader is slow (queue above half): stop until
 * drained. */
enum sg_status ws_send(struct http_server *s, uint64_t ws, struct str data, bool is_text);
/* Close handshake with code and reason (at most 120 bytes), then the socket, 5 s later at the
 * latest. */
void ws_close(struct http_server *s, uint64_t ws, uint16_t code, const char *reason);

struct http_stats {
	uint64_t connections, requests, websockets_open, refused, framing_errors, slow_closed,
		ws_messages_in, ws_messages_out, ws_overflows;
};
void http_stats(const struct http_server *s, struct http_stats *out);

/* Stops accepting; answers in hand go out; WebSockets get 1001; done(arg) when all is closed or
 * after grace_ms. Then http_server_free. */
void http_server_drain(struct http_server *s, unsigned grace_ms, sched_cb *done, void *arg);
void http_server_free(struct http_server *s);

#endif
