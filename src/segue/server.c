#include "segue/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "api/api.h"
#include "app/rebuild.h"
#include "base/log.h"
#include "channel/console/console.h"
#include "net/http.h"
#include "store/sqlite/store_sqlite.h"

enum { HOSTS_MAX = 8, PROXIES_MAX = 16, WRITES_WAITING_MAX = 20000, SETTLE_MS = 20 };

struct server {
	const struct settings *s;
	struct loop *loop;
	struct store *store;
	struct console console;
	const struct channel_port *channels[2];
	struct app *app;
	struct api *api;
	struct http_server *http;
	char host[128], url[300], files[PATH_MAX], web[3][PATH_MAX];
	uint16_t port;
	char names[HOSTS_MAX][300];
	const char *hosts[HOSTS_MAX + 1], *origins[HOSTS_MAX + 1], *proxies[PROXIES_MAX + 1];
	char proxies_text[1024];
	char secret[4097];
	bool conformance, stopping;
	int64_t stop_by_ms;
	int exit_code;
	void (*ready)(const char *url, void *arg);
	void *ready_arg;
};

static void fill_random(void *self, void *out, unsigned n)
{
	(void)self;
	randombytes_buf(out, n);
}

static void post_to_loop(void *self, void (*run)(void *arg), void *arg)
{
	loop_post(self, run, arg);
}

static enum sg_status work_off_loop(void *self, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	return loop_work(self, run, done, arg);
}

/* ---- folders, addresses, names ---- */

static bool make_folder(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	fprintf(stderr, "segue: cannot make %s: %s\n", path, strerror(errno));
	return false;
}

bool server_make_folders(const struct settings *s)
{
	char files[PATH_MAX];

	(void)snprintf(files, sizeof(files), "%s/files", s->data);
	return make_folder(s->data) && make_folder(files);
}

static bool split_listen(struct server *v)
{
	const char *colon = strrchr(v->s->listen, ':');
	char *end;
	long port = colon ? strtol(colon + 1, &end, 10) : -1;
	size_t n = colon ? (size_t)(colon - v->s->listen) : 0;
	/* An IPv6 address stands in [], or nobody could tell where the port begins; it stays there, as in a URL. */
	bool v6 = n > 2 && v->s->listen[0] == '[' && colon[-1] == ']';

	if (!n || end == colon + 1 || *end || port < 0 || port > 65535 || n >= sizeof(v->host) ||
	    (!v6 && memchr(v->s->listen, ':', n))) {
		fprintf(stderr, "segue: listen: expected HOST:PORT or [IPV6]:PORT, got %s\n", v->s->listen);
		return false;
	}
	str_copy(v->host, sizeof(v->host), (struct str){.p = v->s->listen, .n = n});
	v->port = (uint16_t)port;
	return true;
}

static void add_name(struct server *v, unsigned *n, const char *scheme, const char *host)
{
	if (*n >= HOSTS_MAX)
		return;
	(void)snprintf(v->names[*n], sizeof(v->names[0]), "%s://%s", scheme, host);
	v->origins[*n] = v->names[*n];
	v->hosts[*n] = strstr(v->names[*n], "://") + 3;
	v->origins[++*n] = NULL;
	v->hosts[*n] = NULL;
}

/* Ours are: the public URL, and on a loopback address its usual names. */
static void name_hosts(struct server *v)
{
	char host[200];
	unsigned n = 0;
	bool https = strncmp(v->s->public_url, "https://", 8) == 0;
	const char *public = strstr(v->s->public_url, "://");

	if (public)
		add_name(v, &n, https ? "https" : "http", public + 3);
	(void)snprintf(host, sizeof(host), "%s:%u", v->host, v->port);
	add_name(v, &n, "http", host);
	if (strcmp(v->host, "127.0.0.1") == 0) {
		(void)snprintf(host, sizeof(host), "localhost:%u", v->port);
		add_name(v, &n, "http", host);
	}
	str_copy(v->url, sizeof(v->url), str_from(v->origins[0]));
}

static void split_proxies(struct server *v)
{
	unsigned n = 0;
	char *rest = NULL;

	str_copy(v->proxies_text, sizeof(v->proxies_text), str_from(v->s->trusted_proxies));
	for (char *p = strtok_r(v->proxies_text, ", ", &rest); p && n < PROXIES_MAX; p = strtok_r(NULL, ", ", &rest))
		v->proxies[n++] = p;
	v->proxies[n] = NULL;
}

/* Beside the program (build/segue -> web/), or where an installed one has it. */
static void find_web(struct server *v)
{
	static const char *const apps[] = {"portal", "desk", "console"};
	char self[PATH_MAX], root[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');

		if (slash)
			*slash = '\0';
	}
	if (v->s->web[0])
		(void)snprintf(root, sizeof(root), "%s", v->s->web);
	else if (snprintf(root, sizeof(root), "%s/web", self) >= (int)sizeof(root) || access(root, R_OK) != 0)
		(void)snprintf(root, sizeof(root), "/usr/share/segue/web");
	for (int i = 0; i < 3; i++) {
		int len = snprintf(v->web[i], sizeof(v->web[i]), "%s/%s/dist", root, apps[i]);

		SG_ASSERT(len > 0 && len < (int)sizeof(v->web[i]));
	}
}

static bool read_secret(struct server *v)
{
	const char *path = v->s->host_secret_file;
	FILE *f = *path ? fopen(path, "r") : NULL;

	if (!*path)
		return true;
	if (!f) {
		fprintf(stderr, "segue: host_secret_file: %s: %s\n", path, strerror(errno));
		return false;
	}
	size_t n = fread(v->secret, 1, sizeof(v->secret) - 1, f);

	(void)fclose(f);
	while (n && (v->secret[n - 1] == '\n' || v->secret[n - 1] == '\r'))
		n--;
	v->secret[n] = '\0';
	if (n >= 32)
		return true;
	fprintf(stderr, "segue: host_secret_file: the key must have 32 bytes or more\n");
	return false;
}

/* ---- store ---- */

struct store *server_open_store(const struct settings *s, struct loop *l, bool read_only)
{
	char path[PATH_MAX];
	struct poster poster = {.post = post_to_loop, .self = l};
	struct store_sqlite_options opt = {
		.path = path,
		.readers = (unsigned)s->readers,
		.queue_max = WRITES_WAITING_MAX,
		.read_only = read_only,
	};
	struct store *store = NULL;

	(void)snprintf(path, sizeof(path), "%s/segue.db", s->data);
	enum sg_status st = store_sqlite_open(loop_sched(l), &poster, &opt, &store);

	if (st == SG_E_STATE)
		fprintf(stderr, "segue: %s was made by another version of Segue\n", path);
	else if (st == SG_E_CONFLICT)
		fprintf(stderr, "segue: %s is in use by a Segue that runs; stop it first\n", path);
	else if (st != SG_OK)
		fprintf(stderr, "segue: cannot open %s: %s\n", path, sg_status_name(st));
	return store;
}

/* ---- start ---- */

static void on_loaded(enum sg_status st, void *arg)
{
	struct server *v = arg;

	if (v->stopping)
		return;
	if (st != SG_OK) {
		log_event(LOG_ERROR, "load_failed", LF_STR("status", sg_status_name(st)));
		v->exit_code = EXIT_IO;
		loop_stop(v->loop);
		return;
	}
	api_set_ready(v->api, true);
	log_event(LOG_INFO, "ready", LF_STR("url", v->url), LF_INT("pid", getpid()));
	if (v->ready)
		v->ready(v->url, v->ready_arg);
}

static struct app *make_app(struct server *v)
{
	struct entropy entropy = {.fill = fill_random};
	struct worker worker = {.submit = work_off_loop, .self = v->loop};

	console_init(&v->console, loop_sched(v->loop), stdout);
	v->channels[0] = &v->console.port;
	struct app_options opt = {
		.dispatch = {.agents_max = (uint32_t)v->s->agents_max,
			     .open_max = (uint32_t)v->s->open_max,
			     .gone_ms = v->s->agent_gone_ms,
			     .requeue_ms = v->s->requeue_after_ms},
		.auth = {.public_url = v->url,
			 .company = v->s->company,
			 .host_secret = v->secret[0] ? v->secret : NULL,
			 .agent_session_ms = v->s->agent_session_ms,
			 .customer_session_ms = v->s->customer_session_ms,
			 .link_ms = v->s->link_life_ms},
		.channels = v->channels,
	};

	return app_new(loop_sched(v->loop), v->store, &entropy, &worker, &opt);
}

static struct api *make_api(struct server *v)
{
	struct api_options opt = {
		.company = v->s->company,
		.public_url = v->url,
		.hosts = v->hosts,
		.origins = v->origins,
		.files_dir = v->files,
		.portal_dir = v->web[0],
		.desk_dir = v->web[1],
		.console_dir = v->web[2],
		.live_per_s = (unsigned)v->s->live_per_s,
		.secure_cookies = strncmp(v->url, "https://", 8) == 0,
		.conformance = v->conformance,
	};

	return api_new(v->app, &opt);
}

static bool open_http(struct server *v)
{
	struct http_handlers h = api_handlers(v->api);
	struct http_options opt = {
		.host = v->host,
		.port = v->port,
		.connections_max = (unsigned)v->s->connections_max,
		.per_address_max = (unsigned)v->s->per_address_max,
		.websockets_max = (unsigned)v->s->websockets_max,
		.header_ms = 10000,
		.body_ms = 30000,
		.idle_ms = 60000,
		.head_max = 32768,
		.trusted_proxies = v->proxies,
	};

	if (http_server_open(v->loop, &opt, &h, &v->http) != SG_OK) {
		fprintf(stderr, "segue: cannot listen on %s: %s\n", v->s->listen, strerror(errno));
		return false;
	}
	v->port = http_port(v->http);
	name_hosts(v);
	api_attach(v->api, v->http);
	return true;
}

static void on_rebuilt(enum sg_status st, uint64_t events, void *arg)
{
	struct server *v = arg;

	if (st != SG_OK) {
		on_loaded(st, v);
		return;
	}
	log_event(LOG_INFO, "views_rebuilt", LF_INT("events", events));
	app_load(v->app, on_loaded, v);
}

static void on_stale(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct server *v = arg;

	(void)rows;
	if (st == SG_OK && n == 1)
		rebuild_views(v->store, on_rebuilt, v);
	else if (st == SG_E_NOT_FOUND)
		app_load(v->app, on_loaded, v);
	else
		on_loaded(st, v);
}

/* A migration that changed views, or a rebuild that was broken off, leaves them to be made anew
 * before anybody reads them. */
static void load(struct server *v)
{
	struct value key = {.s = STR(REBUILD_SETTING)};

	store_get(v->store, TABLE_SETTING, &key, on_stale, v);
}

/* ---- stop: no new requests, then what is under way, then the sockets, then the store ---- */

static void on_http_closed(void *arg)
{
	struct server *v = arg;

	loop_stop(v->loop);
}

static void settle(void *arg)
{
	struct server *v = arg;
	struct sched *sched = loop_sched(v->loop);
	bool busy = api_busy(v->api) || flow_busy(v->app->flow) || outbox_busy(v->app->outbox);

	if (busy && sched_now_ms(sched) < v->stop_by_ms) {
		sched_after(sched, SETTLE_MS, settle, v);
		return;
	}
	if (busy)
		v->exit_code = EXIT_SOFTWARE;
	http_server_drain(v->http, 5000, on_http_closed, v);
}

static void on_stop(void *arg)
{
	struct server *v = arg;

	if (v->stopping)
		return;
	v->stopping = true;
	v->stop_by_ms = sched_now_ms(loop_sched(v->loop)) + v->s->drain_ms;
	log_event(LOG_INFO, "stopping", LF_INT("drain_ms", v->s->drain_ms));
	api_drain(v->api);
	settle(v);
}

static void take_apart(struct server *v)
{
	bool clean = v->exit_code == EXIT_OK;

	if (v->http)
		http_server_free(v->http);
	/* It answers all that was asked: those who asked must still be there. */
	store_close(v->store);
	if (clean) {
		api_free(v->api);
		app_free(v->app);
	}
	loop_fini_handles(v->loop);
	if (clean)
		loop_free(v->loop);
}

static void raise_file_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void set_log_level(const char *name)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	for (int i = 0; i < 4; i++) {
		if (strcmp(names[i], name) == 0)
			log_set_level((enum log_level)i);
	}
}

int server_run(const struct settings *s, bool conformance, void (*ready)(const char *url, void *arg), void *arg)
{
	static struct server server;
	struct server *v = &server;

	*v = (struct server){.s = s, .conformance = conformance, .ready = ready, .ready_arg = arg};
	set_log_level(s->log_level);
	raise_file_limit();
	(void)umask(077);
	if (sodium_init() < 0 || !split_listen(v) || !read_secret(v))
		return EXIT_CONFIG;
	if (!server_make_folders(s))
		return EXIT_IO;
	(void)snprintf(v->files, sizeof(v->files), "%s/files", s->data);
	name_hosts(v);
	split_proxies(v);
	find_web(v);
	v->loop = loop_new();
	v->store = server_open_store(s, v->loop, false);
	if (!v->store)
		return EXIT_IO;
	v->app = make_app(v);
	v->api = make_api(v);
	if (!open_http(v))
		return EXIT_UNAVAILABLE;
	loop_on_signal(v->loop, SIGTERM, on_stop, v);
	loop_on_signal(v->loop, SIGINT, on_stop, v);
	load(v);
	loop_run(v->loop);
	take_apart(v);
	log_event(LOG_INFO, "stopped", LF_INT("code", v->exit_code));
	return v->exit_code;
}
