/* net_echo - the net layer alone, for the tests of tests/system/net: a server with a few routes on
 * a free port of 127.0.0.1. Prints "listening PORT". Ends on SIGTERM, in order.
 *
 *   net_echo [--NAME VALUE]...      names: see OPTIONS below
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "net/loop.h"
#include "net/static_files.h"

static struct {
	const char *name;
	unsigned value;
} OPTIONS[] = {
	{"--port", 0},
	{"--connections", 4000},
	{"--per-address", 0},
	{"--websockets", 20000},
	{"--header-ms", 10000},
	{"--body-ms", 30000},
	{"--idle-ms", 60000},
	{"--head-max", 16384},
	{"--body-max", 65536},
	{"--message-max", 1 << 20},
	{"--queue-max", 1 << 20},
	{"--ping-ms", 0},
	{"--messages-per-s", 0},
	{"--grace-ms", 2000},
	{"--binary", 1},
};

enum { OPTIONS_N = sizeof(OPTIONS) / sizeof(OPTIONS[0]) };

struct late {
	struct echo *e;
	uint64_t request;
};

struct echo {
	struct loop *loop;
	struct http_server *server;
	struct static_files *files;
	const char *spool_dir;
	struct ws_handlers ws;
	unsigned n_opened, n_closed, n_drained, n_begun;
};

static unsigned option(const char *name)
{
	for (int i = 0; i < OPTIONS_N; i++)
		if (!strcmp(OPTIONS[i].name, name))
			return OPTIONS[i].value;
	abort();
}

static void answer_text(struct echo *e, uint64_t id, unsigned status, struct str body)
{
	static const struct http_header_out headers[] = {{"X-Content-Type-Options", "nosniff"}};

	http_answer(e->server, id,
		    &(struct http_answer){.status = status,
					  .type = "text/plain; charset=utf-8",
					  .body = body,
					  .headers = headers,
					  .n_headers = 1});
}

static _Atomic unsigned work_sink;

static void work(void *arg)
{
	/* Something that takes a while away from the loop. */
	unsigned x = 0;

	(void)arg;
	for (unsigned i = 0; i < 2000000; i++)
		x = x * 31 + i;
	work_sink = x;
}

static void work_done(void *arg)
{
	struct late *late = arg;

	answer_text(late->e, late->request, 200, STR("late"));
	free(late);
}

static void answer_late(struct echo *e, uint64_t id)
{
	struct late *late = malloc(sizeof(*late));

	if (!late)
		abort();
	*late = (struct late){e, id};
	if (loop_work(e->loop, work, work_done, late) != SG_OK) {
		free(late);
		answer_text(e, id, 503, STR("busy"));
	}
}

static void ws_message(uint64_t ws, struct str data, bool is_text, void *arg)
{
	struct echo *e = arg;
	char big[1000];
	enum sg_status st = SG_OK;

	if (is_text && str_eq(data, STR("!flood"))) {
		memset(big, 'x', sizeof(big));
		for (int i = 0; i < 100000 && (st == SG_OK || st == SG_E_AGAIN); i++)
			st = ws_send(e->server, ws, (struct str){big, sizeof(big)}, true);
		return;
	}
	if (is_text && str_eq(data, STR("!burst"))) {
		for (int i = 0; i < 100; i++)
			(void)ws_send(e->server, ws, STR("small"), true);
		return;
	}
	if (is_text && str_eq(data, STR("!close"))) {
		ws_close(e->server, ws, 4001, "asked for");
		return;
	}
	if (is_text && str_eq(data, STR("!half"))) {
		for (int i = 0; i < 100000 && st == SG_OK; i++)
			st = ws_send(e->server, ws, (struct str){big, sizeof(big)}, false);
		return;
	}
	(void)ws_send(e->server, ws, data, is_text);
}

static void ws_opened(uint64_t ws, void *arg)
{
	struct echo *e = arg;

	(void)ws;
	e->n_opened++;
}

static void ws_closed(uint64_t ws, void *arg)
{
	struct echo *e = arg;

	(void)ws;
	e->n_closed++;
}

static void ws_drained(uint64_t ws, void *arg)
{
	struct echo *e = arg;

	e->n_drained++;
	(void)ws_send(e->server, ws, STR("drained"), true);
}

static void answer_counts(struct echo *e, uint64_t id)
{
	struct http_stats s;
	char text[512];
	int n;

	http_stats(e->server, &s);
	n = snprintf(
		text, sizeof(text),
		"{\"connections\":%llu,\"requests\":%llu,\"websockets_open\":%llu,\"refused\":%llu,"
		"\"framing_errors\":%llu,\"slow_closed\":%llu,\"in\":%llu,\"out\":%llu,"
		"\"overflows\":%llu,"
		"\"opened\":%u,\"closed\":%u,\"drained\":%u,\"begun\":%u}",
		(unsigned long long)s.connections, (unsigned long long)s.requests,
		(unsigned long long)s.websockets_open, (unsigned long long)s.refused,
		(unsigned long long)s.framing_errors, (unsigned long long)s.slow_closed,
		(unsigned long long)s.ws_messages_in, (unsigned long long)s.ws_messages_out,
		(unsigned long long)s.ws_overflows, e->n_opened, e->n_closed, e->n_drained,
		e->n_begun);
	answer_text(e, id, 200, (struct str){text, (size_t)n});
}

static void answer_query(struct echo *e, const struct http_request *rq)
{
	char value[64];
	enum sg_status st = http_query(rq, "q", value, sizeof(value));

	answer_text(e, rq->id, st == SG_OK ? 200 : 400,
		    st == SG_OK ? str_from(value) : str_from(sg_status_name(st)));
}

static void answer_spool(struct echo *e, const struct http_request *rq)
{
	char text[64];
	FILE *f = rq->spool_path.p ? fopen(rq->spool_path.p, "re") : NULL;
	size_t n = 0;
	int len;

	while (f && fgetc(f) != EOF)
		n++;
	if (f)
		fclose(f);
	len = snprintf(text, sizeof(text), "%zu %zu", rq->body_size, n);
	answer_text(e, rq->id, 200, (struct str){text, (size_t)len});
}

static void begin(const struct http_request *rq, struct http_plan *plan, void *arg)
{
	struct echo *e = arg;

	e->n_begun++;
	plan->body_max = option("--body-max");
	if (str_eq(rq->path, STR("/spool")) && e->spool_dir) {
		plan->spool_dir = e->spool_dir;
		plan->body_max = 64u << 20;
	}
	if (str_eq(rq->path, STR("/refuse"))) {
		plan->refuse_status = 429;
		plan->refuse_body =
			"{\"type\":\"about:blank\",\"title\":\"Too Many Requests\",\"status\":429}";
	}
}

static bool starts(struct str s, struct str with)
{
	return s.n >= with.n && !memcmp(s.p, with.p, with.n);
}

static void handle_static(struct echo *e, const struct http_request *rq)
{
	static const struct http_header_out headers[] = {{"X-Content-Type-Options", "nosniff"}};
	struct str path = {rq->path.p + 7, rq->path.n - 7};

	if (!e->files || rq->method > HTTP_HEAD ||
	    static_files_answer(e->files, e->server, rq, path, headers, 1) != SG_OK)
		answer_text(e, rq->id, 404, STR("none"));
}

static void handle_file(struct echo *e, const struct http_request *rq)
{
	static const struct http_header_out headers[] = {{"ETag", "\"f1\""}};
	char path[512];

	if (http_query(rq, "p", path, sizeof(path)) != SG_OK) {
		answer_text(e, rq->id, 400, STR("p?"));
		return;
	}
	http_answer(e->server, rq->id,
		    &(struct http_answer){.status = 200,
					  .type = "application/octet-stream",
					  .file_path = path,
					  .headers = headers,
					  .n_headers = 1});
}

static void handle(const struct http_request *rq, void *arg)
{
	struct echo *e = arg;
	uint64_t ws;

	if (str_eq(rq->path, STR("/hello")))
		answer_text(e, rq->id, 200, STR("hello"));
	else if (str_eq(rq->path, STR("/echo")))
		answer_text(e, rq->id, 200, rq->body);
	else if (str_eq(rq->path, STR("/spool")))
		answer_spool(e, rq);
	else if (str_eq(rq->path, STR("/late")))
		answer_late(e, rq->id);
	else if (str_eq(rq->path, STR("/never")))
		return; /* answered by the server's end */
	else if (str_eq(rq->path, STR("/peer")))
		answer_text(e, rq->id, 200, rq->peer);
	else if (str_eq(rq->path, STR("/query")))
		answer_query(e, rq);
	else if (str_eq(rq->path, STR("/cookie")))
		answer_text(e, rq->id, 200, http_cookie(rq, "sid"));
	else if (str_eq(rq->path, STR("/counts")))
		answer_counts(e, rq->id);
	else if (str_eq(rq->path, STR("/file")))
		handle_file(e, rq);
	else if (str_eq(rq->path, STR("/ws")))
		(void)http_upgrade(e->server, rq, &e->ws, e, &ws);
	else if (starts(rq->path, STR("/static/")))
		handle_static(e, rq);
	else
		answer_text(e, rq->id, 404, STR("none"));
}

static void stop(void *arg)
{
	struct echo *e = arg;

	loop_stop(e->loop);
}

static void terminate(void *arg)
{
	struct echo *e = arg;

	http_server_drain(e->server, option("--grace-ms"), stop, e);
}

static const char *take_options(int argc, char **argv, struct echo *e)
{
	const char *statics = NULL;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--static"))
			statics = argv[i + 1];
		else if (!strcmp(argv[i], "--spool"))
			e->spool_dir = argv[i + 1];
		for (int k = 0; k < OPTIONS_N; k++)
			if (!strcmp(argv[i], OPTIONS[k].name))
				OPTIONS[k].value = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	return statics;
}

int main(int argc, char **argv)
{
	static const char *const proxies[] = {"127.0.0.2", NULL};
	struct echo e = {0};
	const char *statics = take_options(argc, argv, &e);
	struct http_handlers h = {.begin = begin, .handle = handle, .arg = &e};
	struct http_options opt = {
		.host = "127.0.0.1",
		.port = (uint16_t)option("--port"),
		.connections_max = option("--connections"),
		.per_address_max = option("--per-address"),
		.websockets_max = option("--websockets"),
		.header_ms = option("--header-ms"),
		.body_ms = option("--body-ms"),
		.idle_ms = option("--idle-ms"),
		.head_max = option("--head-max"),
		.trusted_proxies = proxies,
	};

	e.ws = (struct ws_handlers){.opened = ws_opened,
				    .message = ws_message,
				    .closed = ws_closed,
				    .drained = ws_drained,
				    .message_max = option("--message-max"),
				    .queue_max = option("--queue-max"),
				    .allow_binary = option("--binary"),
				    .ping_ms = option("--ping-ms"),
				    .messages_per_s = option("--messages-per-s")};
	e.loop = loop_new();
	if (statics && static_files_open(statics, &e.files) != SG_OK) {
		fprintf(stderr, "net_echo: cannot read %s\n", statics);
		loop_free(e.loop);
		return 2;
	}
	if (http_server_open(e.loop, &opt, &h, &e.server) != SG_OK) {
		perror("net_echo");
		return 1;
	}
	loop_on_signal(e.loop, SIGTERM, terminate, &e);
	printf("listening %u\n", http_port(e.server));
	fflush(stdout);
	loop_run(e.loop);
	http_server_free(e.server);
	loop_fini_handles(e.loop);
	loop_free(e.loop);
	static_files_free(e.files);
	printf("ended opened=%u closed=%u\n", e.n_opened, e.n_closed);
	return e.n_opened > e.n_closed;
}
