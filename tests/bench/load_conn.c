/* load_conn.c - connections of the load generator and the two framings. What is sent is small and
 * the other side reads, so a send that does not go through at once ends the run. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { EVENTS = 256, IN_BYTES = 1 << 18, TEXT_MAX = 4000, UPGRADES_MAX = 5 };

/* RFC 6455 wants a mask; which one is nothing to a server on the same machine. */
static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

void conns_init(struct conns *cs, const struct load_options *opt, conn_fn *fn, void *arg)
{
	*cs = (struct conns){
		.opt = opt, .poll = epoll_create1(EPOLL_CLOEXEC), .fn = fn, .arg = arg};
}

int conn_connect(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		load_fail("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void send_all(const struct conn *c, const void *bytes, size_t n)
{
	if (send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n)
		load_fail("a send did not go through");
}

/* ---- opening ---- */

/* Reads the head of the answer a byte at a time, so that no frame is read along with it. */
static void read_head(const struct conn *c, char *text, size_t cap)
{
	size_t n = 0;

	while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0) {
		ssize_t k = n + 1 < cap ? recv(c->fd, text + n, 1, 0) : -1;

		if (k != 1)
			load_fail("the upgrade was not answered");
		n++;
	}
	text[n] = '\0';
}

/* False: it must be asked again. */
static bool upgrade(struct conns *cs, struct conn *c, bool staff, const char *token)
{
	char text[2048];
	int len = snprintf(
		text, sizeof(text),
		"GET /api/v1/live%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
		"Origin: http://127.0.0.1:%u\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Cookie: segue_%s=%s\r\n\r\n",
		staff ? "?as=staff" : "", cs->opt->port, cs->opt->port,
		staff ? "staff" : "customer", token);

	send_all(c, text, (size_t)len);
	read_head(c, text, sizeof(text));
	if (memcmp(text, "HTTP/1.1 101", 12) == 0)
		return true;
	if (memcmp(text, "HTTP/1.1 503", 12) == 0)
		return false;
	fprintf(stderr, "%s\n", text);
	load_fail("the upgrade was refused");
}

/* The first request of a session after a start brings the session into the server's memory, and an
 * upgrade is asked to come again. */
void conn_open(struct conns *cs, struct conn *c, bool staff, const char *token)
{
	c->fd = conn_connect(cs->opt->port);
	for (unsigned tries = 0; !cs->opt->raw && !upgrade(cs, c, staff, token); tries++) {
		if (tries == UPGRADES_MAX)
			load_fail("the upgrade was refused again and again");
		close(c->fd);
		c->fd = conn_connect(cs->opt->port);
	}
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	if (epoll_ctl(cs->poll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		load_fail("epoll");
}

void conn_close(struct conn *c)
{
	close(c->fd);
	free(c->rest);
	c->rest = NULL;
}

/* ---- out ---- */

void conn_text(struct conns *cs, struct conn *c, const char *text, size_t n)
{
	uint8_t out[TEXT_MAX + 8] = {0x81};
	size_t head = 6;

	(void)cs;
	if (n > TEXT_MAX)
		load_fail("a text is too long");
	if (n < 126) {
		out[1] = (uint8_t)(0x80 | n);
	} else {
		out[1] = 0x80 | 126;
		out[2] = (uint8_t)(n >> 8);
		out[3] = (uint8_t)n;
		head = 8;
	}
	memcpy(out + head - 4, MASK, 4);
	for (size_t i = 0; i < n; i++)
		out[head + i] = (uint8_t)text[i] ^ MASK[i & 3];
	send_all(c, out, head + n);
}

void conn_frame(struct conns *cs, struct conn *c, char type, uint32_t conversation, uint32_t number,
		struct str text)
{
	char out[TEXT_MAX + 13];
	uint32_t n = (uint32_t)text.n + 9;

	(void)cs;
	if (text.n > TEXT_MAX)
		load_fail("a text is too long");
	memcpy(out, &n, 4);
	out[4] = type;
	memcpy(out + 5, &conversation, 4);
	memcpy(out + 9, &number, 4);
	memcpy(out + 13, text.p, text.n);
	send_all(c, out, text.n + 13);
}

/* ---- in ---- */

/* Length of the message's head and body at p, or false: not all there. */
static bool measure(bool raw, const uint8_t *p, size_t n, size_t *head, size_t *body)
{
	uint32_t len;

	if (raw) {
		if (n < 4)
			return false;
		memcpy(&len, p, 4);
		*head = 4;
		*body = len;
	} else {
		if (n < 2)
			return false;
		*head = 2;
		*body = p[1] & 0x7f;
		if (*body == 126) {
			if (n < 4)
				return false;
			*head = 4;
			*body = (size_t)p[2] << 8 | p[3];
		} else if (*body == 127) {
			if (n < 10)
				return false;
			*head = 10;
			*body = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
		}
	}
	return n >= *head + *body;
}

static void closed(const uint8_t *p, size_t n)
{
	fprintf(stderr, "closed by the server: %d %.*s\n", n < 2 ? 0 : p[0] << 8 | p[1],
		n > 2 ? (int)n - 2 : 0, n > 2 ? (const char *)p + 2 : "");
	load_fail("nothing was to be closed");
}

static void on_message(struct conns *cs, struct conn *c, uint8_t *p, size_t head, size_t body)
{
	static const uint8_t pong[6] = {0x8a, 0x80, 0, 0, 0, 0};

	if (cs->opt->raw || (p[0] & 0x0f) == 1)
		cs->fn(c, (char *)p + head, body, cs->arg);
	else if ((p[0] & 0x0f) == 9)
		send_all(c, pong, sizeof(pong));
	else if ((p[0] & 0x0f) == 8)
		closed(p + head, body);
}

static void on_bytes(struct conns *cs, struct conn *c)
{
	static uint8_t in[IN_BYTES];
	size_t n = c->rest_n, at = 0, head, body;

	if (n)
		memcpy(in, c->rest, n);
	ssize_t k = recv(c->fd, in + n, sizeof(in) - n, MSG_DONTWAIT);

	if (k < 0 && errno == EAGAIN)
		return;
	if (k <= 0)
		load_fail("the server hung up");
	n += (size_t)k;
	while (measure(cs->opt->raw, in + at, n - at, &head, &body)) {
		on_message(cs, c, in + at, head, body);
		at += head + body;
	}
	if (n - at == sizeof(in))
		load_fail("a message is too long");
	free(c->rest);
	c->rest = NULL;
	c->rest_n = n - at;
	if (c->rest_n) {
		c->rest = malloc(c->rest_n);
		if (!c->rest)
			load_fail("memory");
		memcpy(c->rest, in + at, c->rest_n);
	}
}

void conns_run(struct conns *cs, double seconds)
{
	struct epoll_event events[EVENTS];
	double s = seconds > 0 ? seconds : 0;
	struct timespec wait = {.tv_sec = (time_t)s,
				.tv_nsec = (long)((s - (double)(time_t)s) * 1e9)};
	int n = epoll_pwait2(cs->poll, events, EVENTS, &wait, NULL);

	for (int i = 0; i < n; i++)
		on_bytes(cs, events[i].data.ptr);
}
