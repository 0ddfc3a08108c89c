#include "net/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/net_priv.h"

enum { SWEEP_MS_MAX = 500, SWEEP_MS_MIN = 20, ROUNDS = 8, MEMORY_BESIDES_HEAD = 16384 };

static void on_timer(uv_timer_t *h);
static void check_drained(struct http_server *s);

/* ---- libmicrohttpd on the loop: its epoll descriptor is one pollable descriptor ---- */

static void drive(struct http_server *s)
{
	uint64_t began = loop_watch_begin();
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	bool has_wait;
	int rounds = 0;

	do {
		s->again = false;
		MHD_run(s->mhd);
		has_wait = MHD_get_timeout(s->mhd, &wait_ms) == MHD_YES;
	} while ((s->again || (has_wait && !wait_ms)) && ++rounds < ROUNDS);
	if (s->again) {
		has_wait = true;
		wait_ms = 0;
	}
	if (has_wait)
		uv_timer_start(&s->timer, on_timer, wait_ms, 0);
	else
		uv_timer_stop(&s->timer);
	loop_watch_end(began, "http");
}

static void on_timer(uv_timer_t *h)
{
	drive(h->data);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	(void)status;
	(void)events;
	drive(h->data);
}

/* What this turn of the loop left to do goes out before the loop sleeps. */
static void turn(struct http_server *s)
{
	for (int i = 0; i < ROUNDS && (s->again || !TAILQ_EMPTY(&s->ws_due)); i++) {
		ws_flush_due(s);
		if (s->again)
			drive(s);
	}
	if (s->again || !TAILQ_EMPTY(&s->ws_due))
		uv_timer_start(&s->timer, on_timer, 0, 0);
	if (s->is_draining)
		check_drained(s);
}

static void on_before_poll(uv_prepare_t *h)
{
	turn(h->data);
}

static void on_after_poll(uv_check_t *h)
{
	turn(h->data);
}

/* ---- connections ---- */

static bool is_proxy(const struct http_server *s, const struct address *a)
{
	for (unsigned i = 0; i < s->n_proxies; i++)
		if (!memcmp(&s->proxies[i], a, sizeof(*a)))
			return true;
	return false;
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *sa, socklen_t n)
{
	struct http_server *s = cls;
	struct address a;

	(void)n;
	address_from(sa, &a);
	if (!s->is_draining && s->n_conns < s->opt.connections_max &&
	    (!s->opt.per_address_max || is_proxy(s, &a) ||
	     addresses_count(&s->addresses, &a) < s->opt.per_address_max))
		return MHD_YES;
	s->stats.refused++;
	return MHD_NO;
}

static struct http_conn *conn_new(struct http_server *s, struct MHD_Connection *c)
{
	struct http_conn *k = calloc(1, sizeof(*k));

	SG_ASSERT(k);
	k->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	k->since_ms = sched_now_ms(s->sched);
	address_from(MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
		     &k->address);
	address_text(&k->address, k->peer);
	k->is_loopback = address_is_loopback(&k->address);
	k->is_proxy = is_proxy(s, &k->address);
	return k;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cls;
	struct http_conn *k = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		k = conn_new(s, c);
		*context = k;
		LIST_INSERT_HEAD(&s->conns, k, link);
		s->n_conns++;
		s->stats.connections++;
		addresses_add(&s->addresses, &k->address);
		k->is_counted = true;
		http_wake(s);
	} else if (k) {
		LIST_REMOVE(k, link);
		s->n_conns--;
		if (k->is_counted)
			addresses_drop(&s->addresses, &k->address);
		free(k);
		*context = NULL;
	}
}

/* ---- deadlines ---- */

/* How long a connection may stay in its stage. */
static int64_t allowed_ms(const struct http_server *s, const struct http_conn *k)
{
	int64_t at_rate = (int64_t)(k->bytes * 1000 / BODY_RATE_PER_S);

	switch (k->stage) {
	case CONN_HEAD:
		return s->opt.header_ms;
	case CONN_IDLE:
		return s->opt.idle_ms;
	case CONN_BODY:
		return s->opt.body_ms + at_rate;
	case CONN_ANSWER:
		return s->opt.idle_ms + at_rate;
	case CONN_HELD:
		break;
	}
	return INT64_MAX;
}

static void sweep_conns(struct http_server *s, int64_t now)
{
	struct http_conn *k;

	LIST_FOREACH(k, &s->conns, link)
	{
		if (s->is_draining && k->stage == CONN_IDLE) {
			shutdown(k->fd, SHUT_RDWR);
			continue;
		}
		if (now - k->since_ms <= allowed_ms(s, k))
			continue;
		if (k->stage == CONN_BODY)
			http_answer_raw(k, 408, "the body came too slowly");
		if (k->stage != CONN_IDLE)
			s->stats.slow_closed++;
		/* libmicrohttpd sees the end and cleans up. */
		shutdown(k->fd, SHUT_RDWR);
		k->stage = CONN_HELD;
	}
}

static void on_sweep(uv_timer_t *h)
{
	struct http_server *s = h->data;
	uint64_t began = loop_watch_begin();
	int64_t now = sched_now_ms(s->sched);

	sweep_conns(s, now);
	ws_sweep(s, now);
	http_linger_sweep(s, now, false);
	if (LIST_EMPTY(&s->conns) && LIST_EMPTY(&s->ws_all) && LIST_EMPTY(&s->lingers)) {
		uv_timer_stop(&s->sweep);
		s->is_sweeping = false;
	}
	loop_watch_end(began, "http_sweep");
}

static uint64_t sweep_period_ms(const struct http_options *opt)
{
	uint64_t ms = opt->header_ms;

	ms = opt->body_ms < ms ? opt->body_ms : ms;
	ms = (opt->idle_ms < ms ? opt->idle_ms : ms) / 8;
	if (ms < SWEEP_MS_MIN)
		return SWEEP_MS_MIN;
	return ms > SWEEP_MS_MAX ? SWEEP_MS_MAX : ms;
}

void http_wake(struct http_server *s)
{
	uint64_t ms = sweep_period_ms(&s->opt);

	if (s->is_sweeping)
		return;
	s->is_sweeping = true;
	uv_timer_start(&s->sweep, on_sweep, ms, ms);
}

/* ---- opening ---- */

static enum sg_status listen_on(struct http_server *s, const char *host, uint16_t port)
{
	struct sockaddr_storage ss = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
	socklen_t n = sizeof(*v4);
	int one = 1;
	char bare[INET6_ADDRSTRLEN];
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') { /* as in a URL */
		str_copy(bare, sizeof(bare), (struct str){.p = host + 1, .n = len - 2});
		host = bare;
	}
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		n = sizeof(*v6);
	} else {
		errno = EINVAL;
		return SG_E_IO;
	}
	s->listen_fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listen_fd < 0)
		return SG_E_IO;
	setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s->listen_fd, (struct sockaddr *)&ss, n) || listen(s->listen_fd, 4096))
		return SG_E_IO;
	n = sizeof(ss);
	if (getsockname(s->listen_fd, (struct sockaddr *)&ss, &n))
		return SG_E_IO;
	s->port = ntohs(ss.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
	return SG_OK;
}

/* Escapes are decoded by our own parser, which refuses what is odd. */
static size_t keep_escapes(void *cls, struct MHD_Connection *c, char *s)
{
	(void)cls;
	(void)c;
	return strlen(s);
}

/* libmicrohttpd's own strictness stays off: what it would refuse, http_framing.c refuses, too, and
 * answers once. */
static enum sg_status start_daemon(struct http_server *s)
{
	const struct http_options *opt = &s->opt;

	s->mhd = MHD_start_daemon(
		MHD_USE_ERROR_LOG | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE, 0,
		on_accept, s, http_request_step, s, MHD_OPTION_EXTERNAL_LOGGER,
		http_request_complaint, s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd,
		MHD_OPTION_NOTIFY_COMPLETED, http_request_end, s, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_URI_LOG_CALLBACK, http_request_new, s,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, s, MHD_OPTION_CONNECTION_LIMIT,
		opt->connections_max + 8u, MHD_OPTION_CONNECTION_TIMEOUT,
		(opt->idle_ms + 999u) / 1000u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		opt->head_max + (size_t)MEMORY_BESIDES_HEAD, MHD_OPTION_STRICT_FOR_CLIENT, 0,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!s->mhd)
		return SG_E_IO;
	s->listen_fd = -1;
	return SG_OK;
}

static void open_handles(struct http_server *s)
{
	uv_loop_t *uv = loop_uv(s->loop);
	int fd = MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

	s->poll.data = s->timer.data = s->sweep.data = s->before_poll.data = s->after_poll.data = s;
	SG_ASSERT(!uv_poll_init(uv, &s->poll, fd));
	SG_ASSERT(!uv_poll_start(&s->poll, UV_READABLE, on_poll));
	SG_ASSERT(!uv_timer_init(uv, &s->timer));
	SG_ASSERT(!uv_timer_init(uv, &s->sweep));
	SG_ASSERT(!uv_prepare_init(uv, &s->before_poll));
	SG_ASSERT(!uv_prepare_start(&s->before_poll, on_before_poll));
	SG_ASSERT(!uv_check_init(uv, &s->after_poll));
	SG_ASSERT(!uv_check_start(&s->after_poll, on_after_poll));
	s->handles = 5;
}

static void release(struct http_server *s)
{
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	slots_fini(&s->reqs);
	slots_fini(&s->sockets);
	addresses_fini(&s->addresses);
	free(s->in);
	free(s);
}

enum sg_status http_server_open(struct loop *l, const struct http_options *opt,
				const struct http_handlers *h, struct http_server **server_out)
{
	struct http_server *s = calloc(1, sizeof(*s));
	enum sg_status st;
	int saved;

	SG_ASSERT(s && h->begin && h->handle && opt->connections_max && opt->header_ms);
	SG_ASSERT(opt->body_ms && opt->idle_ms && opt->head_max);
	s->loop = l;
	s->sched = loop_sched(l);
	s->opt = *opt;
	s->h = *h;
	s->listen_fd = -1;
	s->in = malloc(WS_READ_BYTES);
	SG_ASSERT(s->in);
	slots_init(&s->reqs);
	slots_init(&s->sockets);
	addresses_init(&s->addresses);
	LIST_INIT(&s->conns);
	LIST_INIT(&s->lingers);
	LIST_INIT(&s->ws_all);
	TAILQ_INIT(&s->ws_due);
	for (const char *const *p = opt->trusted_proxies; p && *p; p++) {
		SG_ASSERT(s->n_proxies < PROXIES_MAX);
		if (address_parse(str_from(*p), &s->proxies[s->n_proxies]))
			s->n_proxies++;
		else
			log_event(LOG_WARN, "proxy_address_ignored", LF_STR("address", *p));
	}
	st = listen_on(s, opt->host, opt->port);
	if (st == SG_OK)
		st = start_daemon(s);
	if (st != SG_OK) {
		saved = errno;
		release(s);
		errno = saved;
		return st;
	}
	open_handles(s);
	s->again = true;
	*server_out = s;
	return SG_OK;
}

uint16_t http_port(const struct http_server *s)
{
	return s->port;
}

void http_stats(const struct http_server *s, struct http_stats *out)
{
	*out = s->stats;
	out->websockets_open = s->n_ws;
}

/* ---- the end ---- */

static void tell_drained(void *arg)
{
	struct http_server *s = arg;
	sched_cb *done = s->drained;

	s->drained = NULL;
	s->drain_timer = 0;
	if (done)
		done(s->drained_arg);
}

static void check_drained(struct http_server *s)
{
	if (!s->drained || !LIST_EMPTY(&s->conns) || !LIST_EMPTY(&s->ws_all))
		return;
	sched_cancel(s->sched, s->drain_timer);
	/* From a timer, so that done may free the server. */
	s->drain_timer = sched_after(s->sched, 0, tell_drained, s);
	s->is_draining = false;
}

void http_server_drain(struct http_server *s, unsigned grace_ms, sched_cb *done, void *arg)
{
	struct http_conn *k;

	SG_ASSERT(!s->drained && !s->is_draining && done);
	s->is_draining = true;
	s->drained = done;
	s->drained_arg = arg;
	s->listen_fd = MHD_quiesce_daemon(s->mhd);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	s->listen_fd = -1;
	s->drain_timer = sched_after(s->sched, grace_ms, tell_drained, s);
	LIST_FOREACH(k, &s->conns, link)
	{
		if (k->stage == CONN_IDLE)
			shutdown(k->fd, SHUT_RDWR);
	}
	ws_close_all(s, false);
	s->again = true;
}

static void handle_closed(uv_handle_t *h)
{
	struct http_server *s = h->data;

	if (!--s->handles)
		release(s);
}

/* libmicrohttpd panics over suspended connections, so those still waiting are answered. */
static void answer_held(struct http_server *s)
{
	for (uint32_t i = 0; i < s->reqs.cap; i++) {
		struct http_req *r = slots_at(&s->reqs, i);
		struct MHD_Response *response;
		size_t size;

		if (!r || r->phase != REQ_HELD || r->response)
			continue;
		response = http_answer_problem(503, "the server is stopping", &size);
		http_answer_with(r, 503, response, size);
	}
	for (int i = 0; i < 3; i++)
		MHD_run(s->mhd);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	s->is_draining = false;
	s->drained = NULL;
	sched_cancel(s->sched, s->drain_timer);
	answer_held(s);
	ws_close_all(s, true);
	uv_poll_stop(&s->poll);
	MHD_stop_daemon(s->mhd);
	ws_close_all(s, true);
	http_linger_sweep(s, 0, true);
	uv_close((uv_handle_t *)&s->poll, handle_closed);
	uv_close((uv_handle_t *)&s->timer, handle_closed);
	uv_close((uv_handle_t *)&s->sweep, handle_closed);
	uv_close((uv_handle_t *)&s->before_poll, handle_closed);
	uv_close((uv_handle_t *)&s->after_poll, handle_closed);
}
