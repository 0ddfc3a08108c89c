/* net_priv.h - what the files of net/ share: numbered slots, counts by address, requests, the
 * parser. */
#ifndef SG_NET_NET_PRIV_H
#define SG_NET_NET_PRIV_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/buf.h"
#include "net/http.h"

/* ---- slots.c: things known by number ---- */

/* A number is never 0 and never given twice: 20 bits of place, 44 bits that count up. */
struct slots {
	struct slot *slot;
	uint32_t cap, n, free_first;
	uint64_t serial;
};

enum { SLOTS_MAX = 1 << 20 };

void slots_init(struct slots *t);
void slots_fini(struct slots *t);
uint64_t slots_add(struct slots *t, void *p);         /* 0: SLOTS_MAX are in use */
void *slots_find(const struct slots *t, uint64_t id); /* NULL when gone */
void slots_remove(struct slots *t, uint64_t id);
void *slots_at(const struct slots *t, uint32_t i); /* place i < cap, NULL when free */

/* ---- addresses.c: how many connections each address has ---- */

struct address {
	uint8_t b[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct addresses {
	struct address_slot *slot;
	uint32_t cap, n;
	uint64_t seed;
};

void addresses_init(struct addresses *t);
void addresses_fini(struct addresses *t);
/* An IPv6 client owns a /64 at least, so that is what is counted. */
unsigned addresses_count(const struct addresses *t, const struct address *a);
void addresses_add(struct addresses *t, const struct address *a);
void addresses_drop(struct addresses *t, const struct address *a);

void address_from(const struct sockaddr *sa, struct address *out);
bool address_parse(struct str text, struct address *out);
void address_text(const struct address *a, char out[INET6_ADDRSTRLEN]);
bool address_is_loopback(const struct address *a);

/* ---- http_parse.c ---- */

/* Decodes the path in place. SG_E_INPUT: not the origin form, bad escape, control character, bad
 * UTF-8, a backslash or a ".." segment. */
SG_CHECKED enum sg_status http_parse_target(char *target, struct str *path_out,
					    struct str *query_out);
struct str http_parse_cookie(struct str header, const char *name);
SG_CHECKED enum sg_status http_parse_query(struct str query, const char *name, char *out,
					   size_t cap);
/* Is that token in a comma-separated list? Without case. */
bool http_parse_has_token(struct str list, const char *token);
/* Weight of a coding in Accept-Encoding, 0..1000; -1 when it is not named, not even by "*". */
int http_parse_coding(struct str accept, const char *coding);
/* If-None-Match against our strong tag (with its quotes), compared weakly. */
bool http_parse_etag(struct str list, const char *etag);

enum http_range { HTTP_RANGE_NONE, HTTP_RANGE_PART, HTTP_RANGE_BAD };
/* One range; several, or what is not bytes, count as none. to_out is exclusive. */
enum http_range http_parse_range(struct str v, uint64_t size, uint64_t *from_out, uint64_t *to_out);

/* ---- http_framing.c: the strict look at a request's head before anything else happens ---- */

struct http_head {
	unsigned refuse;    /* 0, or the status to answer before closing */
	const char *detail; /* why */
	bool has_length, is_chunked;
	uint64_t length;
};

void http_framing_check(struct MHD_Connection *c, const char *version, size_t head_max,
			struct http_head *out);

/* ---- http.c and friends ---- */

enum conn_stage { CONN_HEAD, CONN_IDLE, CONN_BODY, CONN_HELD, CONN_ANSWER };

/* One TCP connection in libmicrohttpd's hands. */
struct http_conn {
	LIST_ENTRY(http_conn) link;
	int fd;
	enum conn_stage stage;
	int64_t since_ms;
	size_t bytes; /* of the body so far, or of the answer */
	struct address address;
	char peer[INET6_ADDRSTRLEN];
	bool is_loopback, is_proxy, is_counted;
};

enum req_phase { REQ_NEW, REQ_BODY, REQ_HANDLING, REQ_HELD, REQ_DONE };

struct http_req {
	struct http_request view;
	struct http_server *s;
	struct http_conn *conn;
	struct MHD_Connection *c;
	enum req_phase phase;
	struct buf body;
	size_t body_max, body_counted;
	int spool_fd; /* -1: none */
	char *spool_path;
	struct MHD_Response *response; /* ours until libmicrohttpd has it */
	bool is_shared;                /* the response is somebody's who keeps it */
	unsigned status;
	size_t answer_size;
	uint64_t ws; /* upgrade under way */
	bool is_heading;
	bool early; /* answered before the body was read */
	bool close;
	char peer[INET6_ADDRSTRLEN];
	char target[]; /* request target; the path is decoded in place */
};

struct ws;
TAILQ_HEAD(ws_queue, ws);
LIST_HEAD(ws_list, ws);
LIST_HEAD(conn_list, http_conn);
LIST_HEAD(linger_list, lingerer);

enum {
	WS_READ_BYTES = 65536,
	WS_CLOSE_MS = 5000,
	BODY_MEMORY_MAX = 32 << 20,
	BODY_RATE_PER_S = 8192,
	PROXIES_MAX = 32,
	LINGER_MAX = 64,
	LINGER_MS = 2000,
};

struct http_server {
	struct loop *loop;
	struct sched *sched;
	struct MHD_Daemon *mhd;
	int listen_fd; /* ours after draining began, else libmicrohttpd's */
	uint16_t port;
	struct http_options opt; /* pointers in it are not used after open */
	struct http_handlers h;
	struct address proxies[PROXIES_MAX];
	unsigned n_proxies;

	uv_poll_t poll;
	uv_timer_t timer; /* libmicrohttpd's own time-outs */
	uv_timer_t sweep;
	uv_prepare_t before_poll;
	uv_check_t after_poll;
	unsigned handles; /* open; the last one to close frees the server */
	bool again;       /* libmicrohttpd has work it does not report by itself */
	bool is_sweeping, is_draining;

	struct http_req *heading; /* the request whose head is being read... */
	unsigned n_heading;       /* ...when it is the only one */
	struct slots reqs, sockets;
	struct addresses addresses;
	struct conn_list conns;
	unsigned n_conns;
	size_t body_memory;
	struct linger_list lingers;
	unsigned n_lingers;

	struct ws_list ws_all;
	struct ws_queue ws_due; /* to be flushed or ended before the next poll */
	unsigned n_ws;
	uint8_t *in; /* one read buffer for all WebSockets */
	size_t in_at, in_n;

	sched_cb *drained;
	void *drained_arg;
	uint64_t drain_timer;
	struct http_stats stats;
};

/* Time spent in a callback that began then; beyond 50 ms it is logged. */
uint64_t loop_watch_begin(void);
void loop_watch_end(uint64_t began_ns, const char *what);

/* http.c */
void http_wake(struct http_server *s); /* the sweep has something to watch */

/* http_request.c: one request from its head to its end */
void *http_request_new(void *cls, const char *uri, struct MHD_Connection *c);
enum MHD_Result http_request_step(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **ctx);
void http_request_end(void *cls, struct MHD_Connection *c, void **ctx,
		      enum MHD_RequestTerminationCode how);
/* libmicrohttpd's log: it refuses some heads by itself and writes that answer's head twice. */
void http_request_complaint(void *cls, const char *format, va_list args);
struct http_conn *http_request_conn(struct MHD_Connection *c);

/* http_answer.c */
struct MHD_Response *http_answer_problem(unsigned status, const char *detail, size_t *size_out);
/* The same bytes straight onto the socket, where libmicrohttpd takes no answer any more. */
void http_answer_raw(struct http_conn *k, unsigned status, const char *detail);
/* Hands the answer over; takes the reference. */
void http_answer_with(struct http_req *r, unsigned status, struct MHD_Response *response,
		      size_t size);
/* The same for an answer that is kept and used again: the reference stays with the caller. */
void http_answer_shared(struct http_req *r, unsigned status, struct MHD_Response *response,
			size_t size);
enum MHD_Result http_answer_queue(struct http_req *r);
void http_answer_header(struct MHD_Response *response, const char *name, const char *value);

/* http_linger.c: an answer that was given before the body was read must not be lost to a reset */
void http_linger_start(struct http_server *s, int fd);
void http_linger_sweep(struct http_server *s, int64_t now_ms, bool all);

/* websocket.c */
void ws_attach(struct http_server *s, uint64_t id, int fd, const void *extra, size_t n);
void ws_abandon(struct http_server *s, uint64_t id);
void ws_flush_due(struct http_server *s);
void ws_sweep(struct http_server *s, int64_t now_ms);
void ws_close_all(struct http_server *s, bool at_once);

#endif
