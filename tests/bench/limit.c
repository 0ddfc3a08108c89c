/* limit.c - the least any server must do for a durable chat message, to stand beside Segue in the
 * same run: it reads small frames from many sockets, appends what came to a file, syncs it, and
 * only then acks the sender and passes the message on. Group commit: idle, it commits at once; what
 * arrives while it syncs is the next group. No HTTP, no JSON, no tables, no rights.
 *
 *   limit FILE
 *
 * It says the port it listens on in its first line.
 *
 * A frame: length of what follows (4 bytes), type (1), conversation (4), number (4), text; numbers
 * in the machine's order. J: pass on what is said in this conversation to me. M: a message.
 * Answered by A (ack, to the sender of J or M) and E (the message, to who joined). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONVERSATIONS = 100000,
	SOCKETS = 32768,
	EVENTS = 512,
	IN_BYTES = 65536,
	GROUP_BYTES = 1 << 20,
	FRAME_MAX = 8192,
	HEAD = 13, /* with the length */
};

struct frame {
	uint32_t n; /* bytes after this */
	char type;
	uint32_t conversation, number;
} __attribute__((packed));

struct conn {
	char in[FRAME_MAX];
	size_t in_n;
	char *out;
	size_t out_n, out_cap;
	bool due;
};

static struct conn *conns[SOCKETS];
static int joined[CONVERSATIONS]; /* socket + 1 */
static int due[SOCKETS];
static unsigned n_due;
/* The group: frames as they came, and who sent each. */
static char group[GROUP_BYTES];
static size_t group_n;
static int senders[GROUP_BYTES / HEAD];
static unsigned n_senders;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void say(int fd, const void *bytes, size_t n)
{
	struct conn *c = conns[fd];

	if (!c)
		return;
	if (c->out_n + n > c->out_cap) {
		c->out_cap = (c->out_n + n) * 2;
		c->out = realloc(c->out, c->out_cap);
		must(c->out != NULL, "memory");
	}
	memcpy(c->out + c->out_n, bytes, n);
	c->out_n += n;
	if (!c->due)
		due[n_due++] = fd;
	c->due = true;
}

static void flush(void)
{
	for (unsigned i = 0; i < n_due; i++) {
		struct conn *c = conns[due[i]];

		if (!c)
			continue;
		/* The load generator reads; a reader that does not is not part of the least. */
		ssize_t k = send(due[i], c->out, c->out_n, MSG_NOSIGNAL);

		must(k == (ssize_t)c->out_n || errno == EPIPE || errno == ECONNRESET, "send");
		c->out_n = 0;
		c->due = false;
	}
	n_due = 0;
}

static void answer_group(void)
{
	size_t at = 0;

	for (unsigned i = 0; i < n_senders; i++) {
		struct frame f;

		memcpy(&f, group + at, sizeof(f));
		struct frame ack = {HEAD - 4, 'A', f.conversation, f.number};

		say(senders[i], &ack, sizeof(ack));
		if (joined[f.conversation]) {
			group[at + 4] = 'E';
			say(joined[f.conversation] - 1, group + at, f.n + 4);
		}
		at += f.n + 4;
	}
}

static void commit(int log)
{
	if (!n_senders)
		return;
	must(write(log, group, group_n) == (ssize_t)group_n && fdatasync(log) == 0, "log");
	answer_group();
	group_n = n_senders = 0;
}

static void on_frame(int fd, const struct frame *f, const char *bytes, int log)
{
	must(f->conversation < CONVERSATIONS, "conversation");
	if (f->type == 'J') {
		struct frame ack = {HEAD - 4, 'A', f->conversation, f->number};

		joined[f->conversation] = fd + 1;
		say(fd, &ack, sizeof(ack));
		return;
	}
	if (group_n + f->n + 4 > sizeof(group))
		commit(log);
	memcpy(group + group_n, bytes, f->n + 4);
	group_n += f->n + 4;
	senders[n_senders++] = fd;
}

static void end(int fd)
{
	for (int i = 0; i < CONVERSATIONS; i++)
		joined[i] = joined[i] == fd + 1 ? 0 : joined[i];
	for (unsigned i = 0; i < n_senders; i++)
		must(senders[i] != fd, "a sender left before the answer");
	free(conns[fd]->out);
	free(conns[fd]);
	conns[fd] = NULL;
	close(fd);
}

static void on_bytes(int fd, int log)
{
	struct conn *c = conns[fd];
	ssize_t k = recv(fd, c->in + c->in_n, sizeof(c->in) - c->in_n, MSG_DONTWAIT);
	size_t at = 0;

	if (k < 0 && errno == EAGAIN)
		return;
	if (k <= 0) {
		end(fd);
		return;
	}
	c->in_n += (size_t)k;
	while (c->in_n - at >= HEAD) {
		struct frame f;

		memcpy(&f, c->in + at, sizeof(f));
		must(f.n >= HEAD - 4 && f.n + 4 <= FRAME_MAX, "frame");
		if (c->in_n - at < f.n + 4)
			break;
		on_frame(fd, &f, c->in + at, log);
		at += f.n + 4;
	}
	memmove(c->in, c->in + at, c->in_n - at);
	c->in_n -= at;
}

static void welcome(int poll, int listener)
{
	int one = 1, fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		must(fd < SOCKETS, "too many sockets");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		conns[fd] = calloc(1, sizeof(*conns[fd]));
		must(conns[fd] != NULL, "memory");
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

		must(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &ev) == 0, "epoll");
	}
}

static int listen_anywhere(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	must(bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 4096) == 0, "listen");
	must(getsockname(fd, (struct sockaddr *)&a, &n) == 0, "port");
	printf("%u\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS];

	if (argc != 2) {
		fprintf(stderr, "usage: limit FILE\n");
		return 2;
	}
	int log = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int listener = listen_anywhere();
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener};

	must(log >= 0 && poll >= 0, "open");
	must(epoll_ctl(poll, EPOLL_CTL_ADD, listener, &ev) == 0, "epoll");
	for (;;) {
		int n = epoll_wait(poll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				welcome(poll, listener);
			else
				on_bytes(events[i].data.fd, log);
		}
		commit(log);
		flush();
	}
}
