/* WebSocket (RFC 6455) on a socket taken over from libmicrohttpd. wslay reads and judges frames and
 * answers control frames; what we send is one run of bytes a socket, so many small messages of one
 * turn leave in one write and the queue's size is exactly known. */
#include "net/net_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum {
	FRAGMENTS_PER_S = 16,
	FRAGMENTS_BURST = 64,
	CONTROLS_PER_S = 32,
	CONTROLS_BURST = 128,
	HEAD_MAX = 10,
	OUT_SLACK = 131072, /* pongs and a close frame beside the queue */
	REASON_MAX = 120,
};

enum ws_state { WS_WAITING, WS_OPEN, WS_CLOSING, WS_DEAD };

struct bucket {
	int64_t at_ms;
	unsigned milli; /* thousandths of a token */
};

struct ws {
	uv_poll_t poll;
	LIST_ENTRY(ws) link;
	TAILQ_ENTRY(ws) due;
	struct http_server *s;
	struct ws_handlers h;
	void *arg;
	uint64_t id;
	wslay_event_context_ptr x;
	int fd;
	enum ws_state state;
	int events;
	bool is_due, is_blocked, wants_drained, is_discarding, is_shut, is_counted;
	struct buf out;
	size_t off;  /* of out: sent */
	size_t skip; /* of out: rest of a frame begun in an earlier write */
	int64_t heard_ms, pinged_ms, moved_ms, closing_ms;
	struct bucket fragments, controls, messages;
	struct address address;
};

static void on_poll(uv_poll_t *h, int status, int events);

static void schedule(struct ws *w)
{
	if (w->is_due)
		return;
	w->is_due = true;
	TAILQ_INSERT_TAIL(&w->s->ws_due, w, due);
}

/* The socket is of no use any more; ended before the next poll, never inside a call from above. */
static void kill_later(struct ws *w)
{
	w->state = WS_DEAD;
	schedule(w);
}

static bool take(struct bucket *b, unsigned per_s, unsigned burst, int64_t now)
{
	int64_t more = (now - b->at_ms) * per_s;

	if (!b->at_ms || more > (int64_t)burst * 1000)
		b->milli = burst * 1000;
	else
		b->milli =
			(unsigned)(b->milli + more > (int64_t)burst * 1000 ? (int64_t)burst * 1000
									   : b->milli + more);
	b->at_ms = now ? now : 1;
	if (b->milli < 1000)
		return false;
	b->milli -= 1000;
	return true;
}

/* ---- output ---- */

static size_t waiting(const struct ws *w)
{
	return w->out.len - w->off;
}

static size_t frame_size(const uint8_t *p)
{
	size_t n = p[1];

	if (n < 126)
		return 2 + n;
	if (n == 126)
		return 4 + ((size_t)p[2] << 8 | p[3]);
	n = 0;
	for (int i = 2; i < 10; i++)
		n = n << 8 | p[i];
	return 10 + n;
}

/* End of the last frame of which a byte has been sent. */
static size_t frame_end(const struct ws *w)
{
	size_t at = w->skip;

	while (at < w->off)
		at += frame_size((const uint8_t *)w->out.data + at);
	return at;
}

static void drop_sent(struct ws *w)
{
	if (w->off == w->out.len) {
		size_t limit = w->out.limit;

		w->off = w->skip = 0;
		buf_fini(&w->out); /* an idle socket holds no buffer */
		buf_init(&w->out, limit);
	} else if (w->off > w->out.len / 2) {
		size_t end = frame_end(w);

		buf_consume(&w->out, w->off);
		w->skip = end - w->off;
		w->off = 0;
	}
}

static enum sg_status add_frame(struct ws *w, uint8_t opcode, struct str data)
{
	uint8_t head[HEAD_MAX] = {(uint8_t)(0x80 | opcode)};
	size_t n = 2;

	if (data.n < 126) {
		head[1] = (uint8_t)data.n;
	} else if (data.n < 65536) {
		head[1] = 126;
		head[2] = (uint8_t)(data.n >> 8);
		head[3] = (uint8_t)data.n;
		n = 4;
	} else {
		head[1] = 127;
		for (int i = 0; i < 8; i++)
			head[2 + i] = (uint8_t)((uint64_t)data.n >> (56 - 8 * i));
		n = 10;
	}
	if (w->out.len + n + data.n > w->out.limit)
		return SG_E_LIMIT;
	SG_TRY(buf_add(&w->out, head, n));
	return buf_add(&w->out, data.p, data.n);
}

static ssize_t wslay_out(wslay_event_context_ptr x, const uint8_t *p, size_t n, int flags,
			 void *arg)
{
	struct ws *w = arg;

	(void)flags;
	if (buf_add(&w->out, p, n) == SG_OK)
		return (ssize_t)n;
	wslay_event_set_error(x, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* Takes over what wslay has to say: pongs and close frames. */
static void collect(struct ws *w)
{
	if (wslay_event_want_write(w->x) && wslay_event_send(w->x)) {
		kill_later(w);
		return;
	}
	if (wslay_event_get_close_sent(w->x)) {
		w->state = WS_CLOSING;
		w->closing_ms = sched_now_ms(w->s->sched);
	}
}

static void watch(struct ws *w)
{
	int events = w->is_blocked ? UV_WRITABLE | UV_DISCONNECT : UV_READABLE;

	if (w->state == WS_DEAD || events == w->events)
		return;
	w->events = events;
	SG_ASSERT(!uv_poll_start(&w->poll, events, on_poll));
}

/* False: the socket is broken. */
static bool send_out(struct ws *w)
{
	while (waiting(w)) {
		ssize_t k =
			send(w->fd, w->out.data + w->off, waiting(w), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno != EAGAIN)
			return false;
		if (k <= 0)
			break;
		w->off += (size_t)k;
		w->moved_ms = sched_now_ms(w->s->sched);
	}
	return true;
}

/* Our close frame is out: wait for the peer's, if it has not come. */
static void close_sent(struct ws *w)
{
	if (wslay_event_get_close_received(w->x)) {
		kill_later(w);
	} else if (!w->is_shut) {
		w->is_shut = true;
		shutdown(w->fd, SHUT_WR);
	}
}

/* Sends what is queued as far as the kernel takes it; calls nobody. While it takes no more, nothing
 * is read either, so a peer that does not read cannot make us queue answers to its pings. */
static void push(struct ws *w)
{
	bool was_blocked = w->is_blocked;

	if (w->state == WS_WAITING || w->state == WS_DEAD)
		return;
	if (!send_out(w)) {
		kill_later(w);
		return;
	}
	w->is_blocked = waiting(w) > 0;
	if (w->is_blocked && !was_blocked)
		w->moved_ms = sched_now_ms(w->s->sched);
	drop_sent(w);
	if (!w->is_blocked && w->state == WS_CLOSING)
		close_sent(w);
	if (!w->is_blocked && w->wants_drained)
		schedule(w);
	watch(w);
}

/* ---- the end of a socket ---- */

static void freed(uv_handle_t *h)
{
	struct ws *w = h->data;

	close(w->fd);
	free(w);
}

/* Once; from here on the number is unknown. */
static void tell_closed(struct ws *w)
{
	uint64_t id = w->id;

	if (!id)
		return;
	slots_remove(&w->s->sockets, id);
	w->id = 0;
	w->h.closed(id, w->arg);
}

static void end(struct ws *w)
{
	w->state = WS_DEAD;
	tell_closed(w);
	if (w->is_due)
		TAILQ_REMOVE(&w->s->ws_due, w, due);
	LIST_REMOVE(w, link);
	w->s->n_ws--;
	if (w->is_counted)
		addresses_drop(&w->s->addresses, &w->address);
	wslay_event_context_free(w->x);
	buf_fini(&w->out);
	if (w->fd >= 0)
		uv_close((uv_handle_t *)&w->poll, freed);
	else
		free(w);
}

/* Starts the close handshake; what was queued goes out first. */
static void begin_close(struct ws *w, uint16_t code, const char *reason)
{
	uint8_t data[2 + REASON_MAX] = {(uint8_t)(code >> 8), (uint8_t)code};
	size_t n = strlen(reason);

	if (w->state == WS_WAITING)
		kill_later(w);
	if (w->state != WS_OPEN)
		return;
	n = n > REASON_MAX ? REASON_MAX : n;
	memcpy(data + 2, reason, n);
	if (add_frame(w, WSLAY_CONNECTION_CLOSE, (struct str){(const char *)data, n + 2}) !=
	    SG_OK) {
		kill_later(w);
		return;
	}
	w->state = WS_CLOSING;
	w->closing_ms = sched_now_ms(w->s->sched);
	schedule(w);
}

/* We judge what came as wrong: say so and read no further. */
static void fail(struct ws *w, uint16_t code, const char *reason)
{
	wslay_event_shutdown_read(w->x);
	w->is_discarding = true;
	begin_close(w, code, reason);
}

/* The reader is too slow: finish the frame under way, say 1013, forget the rest. */
static void overflow(struct ws *w)
{
	size_t at = frame_end(w);

	w->s->stats.ws_overflows++;
	w->out.len = at;
	fail(w, 1013, "too slow");
}

/* ---- input ---- */

static ssize_t wslay_in(wslay_event_context_ptr x, uint8_t *p, size_t n, int flags, void *arg)
{
	struct http_server *s = ((struct ws *)arg)->s;

	(void)flags;
	if (n > s->in_n - s->in_at)
		n = s->in_n - s->in_at;
	if (!n) {
		wslay_event_set_error(x, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(p, s->in + s->in_at, n);
	s->in_at += n;
	return (ssize_t)n;
}

static void on_frame(wslay_event_context_ptr x, const struct wslay_event_on_frame_recv_start_arg *a,
		     void *arg)
{
	struct ws *w = arg;
	int64_t now = w->heard_ms;

	(void)x;
	if (w->state != WS_OPEN || w->h.any_frames)
		return;
	if (wslay_is_ctrl_frame(a->opcode)) {
		if (!take(&w->controls, CONTROLS_PER_S, CONTROLS_BURST, now))
			fail(w, 1008, "too many control frames");
	} else if (!a->fin || a->opcode == WSLAY_CONTINUATION_FRAME) {
		if (!take(&w->fragments, FRAGMENTS_PER_S, FRAGMENTS_BURST, now))
			fail(w, 1008, "too many fragments");
	}
}

static void on_message(wslay_event_context_ptr x, const struct wslay_event_on_msg_recv_arg *a,
		       void *arg)
{
	struct ws *w = arg;
	struct str data = {(const char *)a->msg, a->msg_length};

	(void)x;
	if (w->state == WS_OPEN && a->opcode == WSLAY_CONNECTION_CLOSE && data.n == 1)
		fail(w, 1002, "half a close code"); /* wslay takes it for none */
	if (w->state != WS_OPEN || wslay_is_ctrl_frame(a->opcode))
		return;
	if (w->h.messages_per_s &&
	    !take(&w->messages, w->h.messages_per_s, w->h.messages_per_s, w->heard_ms)) {
		fail(w, 1008, "too many messages");
		return;
	}
	if (a->opcode == WSLAY_BINARY_FRAME && !w->h.allow_binary) {
		fail(w, 1003, "text only");
		return;
	}
	w->s->stats.ws_messages_in++;
	w->h.message(w->id, data.n ? data : STR(""), a->opcode == WSLAY_TEXT_FRAME, w->arg);
}

/* Has wslay judge the n bytes in s->in. */
static void feed(struct ws *w, size_t n)
{
	w->heard_ms = sched_now_ms(w->s->sched);
	if (w->is_discarding)
		return;
	w->s->in_at = 0;
	w->s->in_n = n;
	/* For a malformed frame it queues a close without a code: we say 1002. */
	if (wslay_event_recv(w->x)) {
		fail(w, 1002, "malformed frame");
		return;
	}
	if (!wslay_event_get_read_enabled(w->x))
		w->is_discarding = true;
	if (w->state == WS_OPEN)
		collect(w);
}

static void pull(struct ws *w)
{
	ssize_t k = recv(w->fd, w->s->in, WS_READ_BYTES, MSG_DONTWAIT);

	if (k == 0 || (k < 0 && errno != EAGAIN && errno != EINTR))
		kill_later(w);
	else if (k > 0)
		feed(w, (size_t)k);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct ws *w = h->data;
	uint64_t began = loop_watch_begin();

	if (status < 0 || ((events & UV_DISCONNECT) && w->is_blocked)) {
		kill_later(w);
	} else {
		if (events & UV_WRITABLE)
			push(w);
		if (events & UV_READABLE && w->state != WS_DEAD)
			pull(w);
		if (waiting(w) || w->state == WS_CLOSING)
			schedule(w);
	}
	loop_watch_end(began, "websocket");
}

/* ---- before the loop sleeps ---- */

static void settle(struct ws *w)
{
	push(w);
	/* A close for a fault is final for those above; the peer may take its 5 s. */
	if (w->state == WS_CLOSING && w->is_discarding)
		tell_closed(w);
	if (w->wants_drained && !w->is_blocked && w->state == WS_OPEN) {
		w->wants_drained = false;
		if (w->h.drained)
			w->h.drained(w->id, w->arg);
	}
	if (w->state == WS_DEAD)
		end(w);
}

void ws_flush_due(struct http_server *s)
{
	struct ws *w, *last = TAILQ_LAST(&s->ws_due, ws_queue);

	/* Who is added meanwhile waits for the next round. */
	while ((w = TAILQ_FIRST(&s->ws_due))) {
		bool is_last = w == last;

		TAILQ_REMOVE(&s->ws_due, w, due);
		w->is_due = false;
		settle(w);
		if (is_last)
			break;
	}
}

static void sweep_one(struct ws *w, int64_t now)
{
	if (w->state == WS_DEAD || w->state == WS_WAITING)
		return;
	if (w->state == WS_CLOSING) {
		if (now - w->closing_ms > WS_CLOSE_MS - 600)
			kill_later(w);
		return;
	}
	if (w->is_blocked && now - w->moved_ms > w->s->opt.idle_ms) {
		w->s->stats.slow_closed++;
		kill_later(w);
		return;
	}
	if (!w->h.ping_ms || now - w->pinged_ms < w->h.ping_ms)
		return;
	if (now - w->heard_ms > 2 * (int64_t)w->h.ping_ms) {
		w->s->stats.slow_closed++;
		kill_later(w);
		return;
	}
	w->pinged_ms = now;
	if (!w->is_blocked && add_frame(w, WSLAY_PING, STR("")) == SG_OK)
		schedule(w);
}

void ws_sweep(struct http_server *s, int64_t now_ms)
{
	struct ws *w;

	LIST_FOREACH(w, &s->ws_all, link)
	sweep_one(w, now_ms);
}

void ws_close_all(struct http_server *s, bool at_once)
{
	struct ws *w, *next;

	for (w = LIST_FIRST(&s->ws_all); w; w = next) {
		next = LIST_NEXT(w, link);
		if (at_once)
			end(w);
		else
			begin_close(w, 1001, "the server is stopping");
	}
}

/* ---- beginning ---- */

static const struct wslay_event_callbacks CALLBACKS = {
	.recv_callback = wslay_in,
	.send_callback = wslay_out,
	.on_frame_recv_start_callback = on_frame,
	.on_msg_recv_callback = on_message,
};

static struct ws *ws_new(struct http_server *s, const struct ws_handlers *h, void *arg,
			 const struct address *address)
{
	struct ws *w = calloc(1, sizeof(*w));

	SG_ASSERT(w && h->message && h->closed && h->message_max && h->queue_max);
	w->s = s;
	w->h = *h;
	w->arg = arg;
	w->fd = -1;
	w->poll.data = w;
	w->address = *address;
	w->heard_ms = w->pinged_ms = sched_now_ms(s->sched);
	buf_init(&w->out, h->queue_max + OUT_SLACK);
	SG_ASSERT(!wslay_event_context_server_init(&w->x, &CALLBACKS, w));
	wslay_event_config_set_max_recv_msg_length(w->x, h->message_max);
	w->id = slots_add(&s->sockets, w);
	if (!w->id) {
		wslay_event_context_free(w->x);
		free(w);
		return NULL;
	}
	LIST_INSERT_HEAD(&s->ws_all, w, link);
	s->n_ws++;
	http_wake(s);
	return w;
}

void ws_attach(struct http_server *s, uint64_t id, int fd, const void *extra, size_t n)
{
	struct ws *w = slots_find(&s->sockets, id);
	int one = 1;

	if (!w || w->state != WS_WAITING || fd < 0 ||
	    uv_poll_init(loop_uv(s->loop), &w->poll, fd)) {
		if (fd >= 0)
			close(fd);
		if (w)
			kill_later(w);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	w->fd = fd;
	w->is_counted = true;
	addresses_add(&s->addresses, &w->address);
	w->state = WS_OPEN;
	watch(w);
	schedule(w);
	if (w->h.opened)
		w->h.opened(id, w->arg);
	/* Frames sent along with the request. */
	for (const uint8_t *p = extra; n && w->state == WS_OPEN;) {
		size_t k = n < WS_READ_BYTES ? n : WS_READ_BYTES;

		memcpy(s->in, p, k);
		p += k;
		n -= k;
		feed(w, k);
	}
}

void ws_abandon(struct http_server *s, uint64_t id)
{
	struct ws *w = slots_find(&s->sockets, id);

	if (w && w->state == WS_WAITING)
		kill_later(w);
}

static void on_upgrade(void *cls, struct MHD_Connection *c, void *ctx, const char *extra, size_t n,
		       MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
	struct http_req *r = ctx;
	struct http_server *s = r->s;
	uint64_t id = r->ws;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	(void)cls;
	(void)c;
	r->ws = 0;
	/* The address is counted once: the connection hands it to the WebSocket. */
	r->conn->is_counted = false;
	addresses_drop(&s->addresses, &r->conn->address);
	ws_attach(s, id, own, extra, n);
	/* Closing its handle at once gives libmicrohttpd's 32 KiB for this connection back. */
	MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
	s->again = true;
}

static enum sg_status refuse_upgrade(struct http_req *r, unsigned status, const char *detail)
{
	size_t size;
	struct MHD_Response *response = http_answer_problem(status, detail, &size);

	http_answer_with(r, status, response, size);
	return status == 503 ? SG_E_LIMIT : SG_E_INPUT;
}

static bool is_key(struct str key)
{
	uint8_t raw[20];

	/* 16 bytes in base64: 22 characters and two "=". */
	return key.n == 24 && key.p[22] == '=' && key.p[23] == '=' && key.p[21] != '=' &&
	       EVP_DecodeBlock(raw, (const uint8_t *)key.p, 24) == 18;
}

static void accept_key(struct str key, char out[32])
{
	char text[64];
	uint8_t digest[SHA_DIGEST_LENGTH];
	int n = snprintf(text, sizeof(text), "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key.p);

	SG_ASSERT(n == 60);
	SHA1((const uint8_t *)text, 60, digest);
	EVP_EncodeBlock((uint8_t *)out, digest, sizeof(digest));
}

static enum sg_status check_upgrade(struct http_req *r, struct str key)
{
	const struct http_request *rq = &r->view;
	struct str version = http_header(rq, "Sec-WebSocket-Version");

	if (rq->method != HTTP_GET || rq->body_size)
		return refuse_upgrade(r, 400, "a WebSocket begins with a GET without body");
	if (!http_parse_has_token(http_header(rq, "Upgrade"), "websocket") ||
	    !http_parse_has_token(http_header(rq, "Connection"), "upgrade"))
		return refuse_upgrade(r, 426, "a WebSocket is spoken here");
	if (!str_eq(version, STR("13")))
		return refuse_upgrade(r, 426, "only version 13 is spoken");
	if (!is_key(key))
		return refuse_upgrade(r, 400, "Sec-WebSocket-Key is malformed");
	return SG_OK;
}

enum sg_status http_upgrade(struct http_server *s, const struct http_request *rq,
			    const struct ws_handlers *h, void *arg, uint64_t *ws_out)
{
	struct http_req *r = rq->handle;
	struct str key = http_header(rq, "Sec-WebSocket-Key");
	struct MHD_Response *response;
	char accept[32];
	struct ws *w;

	SG_ASSERT(r->phase == REQ_HANDLING && !r->response);
	SG_TRY(check_upgrade(r, key));
	if (s->is_draining || s->n_ws >= s->opt.websockets_max)
		return refuse_upgrade(r, 503, "too many WebSockets at once");
	w = ws_new(s, h, arg, &r->conn->address);
	if (!w)
		return refuse_upgrade(r, 503, "too many WebSockets at once");
	r->ws = w->id;
	accept_key(key, accept);
	response = MHD_create_response_for_upgrade(on_upgrade, s);
	SG_ASSERT(response);
	http_answer_header(response, "Upgrade", "websocket");
	http_answer_header(response, "Sec-WebSocket-Accept", accept);
	http_answer_with(r, MHD_HTTP_SWITCHING_PROTOCOLS, response, 0);
	*ws_out = w->id;
	return SG_OK;
}

/* ---- calls from above ---- */

enum sg_status ws_send(struct http_server *s, uint64_t ws, struct str data, bool is_text)
{
	struct ws *w = slots_find(&s->sockets, ws);
	size_t half;

	if (!w || (w->state != WS_OPEN && w->state != WS_WAITING))
		return SG_E_NOT_FOUND;
	half = w->h.queue_max / 2;
	/* A burst of one turn is no slow reader yet: offer it to the kernel first. */
	if (waiting(w) + data.n > half && !w->is_blocked)
		push(w);
	if (w->state == WS_DEAD)
		return SG_E_NOT_FOUND;
	if (waiting(w) + data.n + HEAD_MAX > w->h.queue_max ||
	    add_frame(w, is_text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, data) != SG_OK) {
		overflow(w);
		return SG_E_LIMIT;
	}
	s->stats.ws_messages_out++;
	schedule(w);
	if (waiting(w) <= half)
		return SG_OK;
	w->wants_drained = true;
	return SG_E_AGAIN;
}

void ws_close(struct http_server *s, uint64_t ws, uint16_t code, const char *reason)
{
	struct ws *w = slots_find(&s->sockets, ws);

	if (w)
		begin_close(w, code, reason ? reason : "");
}
