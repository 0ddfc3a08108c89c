/* An answer given before the whole body was read (413, say) is lost when the socket closes over
 * unread bytes: the kernel then resets the connection. So a copy of the descriptor reads on for a
 * moment and throws away. */
#include "net/net_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINGER_BYTES_MAX = 64 << 20 };

struct lingerer {
	uv_poll_t poll;
	LIST_ENTRY(lingerer) link;
	struct http_server *s;
	int fd;
	int64_t until_ms;
	size_t bytes;
};

static void closed(uv_handle_t *h)
{
	struct lingerer *g = h->data;

	close(g->fd);
	free(g);
}

static void end(struct lingerer *g)
{
	LIST_REMOVE(g, link);
	g->s->n_lingers--;
	uv_close((uv_handle_t *)&g->poll, closed);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct lingerer *g = h->data;
	ssize_t n;

	(void)events;
	n = recv(g->fd, g->s->in, WS_READ_BYTES, MSG_DONTWAIT);
	if (n > 0)
		g->bytes += (size_t)n;
	if (status < 0 || n == 0 || (n < 0 && errno != EAGAIN) || g->bytes > LINGER_BYTES_MAX)
		end(g);
}

void http_linger_start(struct http_server *s, int fd)
{
	struct lingerer *g;

	if (s->n_lingers >= LINGER_MAX)
		return;
	g = calloc(1, sizeof(*g));
	SG_ASSERT(g);
	g->s = s;
	g->poll.data = g;
	g->until_ms = sched_now_ms(s->sched) + LINGER_MS;
	g->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (g->fd < 0 || uv_poll_init(loop_uv(s->loop), &g->poll, g->fd)) {
		if (g->fd >= 0)
			close(g->fd);
		free(g);
		return;
	}
	LIST_INSERT_HEAD(&s->lingers, g, link);
	s->n_lingers++;
	uv_poll_start(&g->poll, UV_READABLE, on_poll);
	http_wake(s);
}

void http_linger_sweep(struct http_server *s, int64_t now_ms, bool all)
{
	struct lingerer *g, *next;

	for (g = LIST_FIRST(&s->lingers); g; g = next) {
		next = LIST_NEXT(g, link);
		if (all || now_ms >= g->until_ms)
			end(g);
	}
}
