/* load.h - the load generator: many connections in one process, one thread, one epoll. Segue is
 * spoken to by WebSocket, the limit program by its own frames; all else is the same. */
#ifndef SG_TESTS_BENCH_LOAD_H
#define SG_TESTS_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

enum { LOAD_TOKEN = 65, LOAD_ID = 37, LOAD_LATENCIES = 1 << 20 };

struct load_options {
	uint16_t port;
	pid_t pid; /* of the server: whose CPU time and memory are read */
	const char *plan;
	unsigned count;
	double seconds, rate;
	unsigned messages_max; /* of one conversation and phase */
	bool raw;
};

/* ---- time and figures (load.c) ---- */

double load_now(void); /* seconds */
void load_fail(const char *what) __attribute__((noreturn));
double load_server_cpu(pid_t pid); /* seconds, user and system */
double load_own_cpu(void);
long load_server_rss_kb(pid_t pid);

struct latencies {
	float *ms;
	unsigned n;
};

void latencies_init(struct latencies *l);
void latencies_fini(struct latencies *l);
void latencies_add(struct latencies *l, double seconds);
double latencies_at(struct latencies *l, double share); /* sorts */

/* ---- connections (load_conn.c) ---- */

struct conn;
/* A whole message: of a WebSocket its payload, of the limit program a frame without its length.
 * Lent until it returns. */
typedef void conn_fn(struct conn *c, char *data, size_t n, void *arg);

struct conn {
	int fd;
	unsigned no; /* the owner's */
	char *rest;  /* of a message that has begun */
	size_t rest_n;
};

struct conns {
	const struct load_options *opt;
	int poll;
	conn_fn *fn;
	void *arg;
};

void conns_init(struct conns *cs, const struct load_options *opt, conn_fn *fn, void *arg);
/* Connects, and upgrades with this session. */
void conn_open(struct conns *cs, struct conn *c, bool staff, const char *token);
void conn_text(struct conns *cs, struct conn *c, const char *text, size_t n);
void conn_frame(struct conns *cs, struct conn *c, char type, uint32_t conversation, uint32_t number,
		struct str text);
void conn_close(struct conn *c);
/* Serves what comes for at most so long; returns early when something came. */
void conns_run(struct conns *cs, double seconds);
int conn_connect(uint16_t port);

/* ---- plans (load.c): the lines bench_fill wrote ---- */

struct plan_line {
	char kind[12], a[LOAD_TOKEN], b[LOAD_TOKEN], c[LOAD_TOKEN];
};

struct plan_line *plan_read(const char *path, const char *kind, unsigned max, unsigned *n_out);

/* ---- what is measured ---- */

void load_chat(const struct load_options *opt);
void load_offers(const struct load_options *opt);
void load_sockets(const struct load_options *opt);
void load_stuff(const struct load_options *opt);

#endif
