/* api_priv.h - shared inside api/: the front's state, calls, and the live hub. */
#ifndef SG_API_API_PRIV_H
#define SG_API_API_PRIV_H

#include "api/api.h"
#include "api/call.h"
#include "base/idmap.h"

struct live;

struct api {
	struct app *app;
	struct api_options opt;
	struct http_server *server;
	struct live *live;
	struct static_files *portal, *desk, *console;
	bool ready;
	unsigned n_calls;
	struct idmap busy;    /* by actor: struct busy */
	char spool_dir[4096]; /* where uploads arrive */
	struct probe *probes; /* they wait for the one probe that is under way */
	bool probe_ok;
	int64_t probe_at_ms; /* when that was found out; 0: never */
};

enum { CALLS_MAX = 10000, ANSWER_MAX = 8 << 20, UPLOAD_MAX = 10 << 20, UPLOADS_PER_MINUTE = 30 };

/* Of one owner in 24 hours (rule S4). */
enum { UPLOAD_DAY_MS = 86400000, UPLOAD_DAY_BYTES = 200 << 20 };

/* Of one person. */
enum { OPEN_INTERACTIONS_MAX = 10 };

#define COOKIE_CUSTOMER "segue_customer"
#define COOKIE_STAFF "segue_staff"
#define COOKIE_BROWSER "segue_browser"

/* front.c: headers that every answer carries. */
extern const struct http_header_out front_headers[];
extern const unsigned front_n_headers;
bool front_origin_ok(const struct api *a, struct str origin);
/* An answer of our own making, as problem+json. */
void front_problem(struct api *a, uint64_t request, const struct problem *p);
/* Which sign-in the page means: header Segue-As or query `as` is "staff". */
bool front_is_staff(const struct http_request *rq);

/* call.c */
struct call *call_new(struct api *a, enum api_op op, const struct viewer *v);
/* Rights, then the operation; params are taken over. */
void call_run(struct call *c, json_t *params);

/* live.c */
struct live *live_new(struct api *a);
void live_free(struct live *l);
void live_open(struct live *l, const struct http_request *rq, const struct viewer *v);
/* A live command's answer. */
void live_ack(struct live *l, uint64_t ws, const char *id, struct str result);
void live_error(struct live *l, uint64_t ws, const char *id, const struct problem *p);
/* Tells the others in the interaction that somebody types; false: this socket does not watch it. */
void live_typing(struct live *l, uint64_t ws, const struct sg_id *interaction, struct actor actor);
void live_drain(struct live *l);

/* ops_staff.c, for operations and the hub's snapshots: write one object under `key`; it takes looks
 * into the store, j must live until done. */
typedef void ops_written_fn(enum sg_status st, void *arg);
void ops_write_desk(struct json *j, const char *key, const struct app *a, const struct sg_id *agent,
		    ops_written_fn *done, void *arg);
void ops_write_board(struct json *j, const char *key, const struct app *a, ops_written_fn *done,
		     void *arg);

/* ops_stuff.c: likewise, what is open for a person; the object's members only. */
void ops_write_open(struct json *j, const struct app *a, const struct sg_id *person,
		    ops_written_fn *done, void *arg);

#endif
