/* call.h - one request of an operation, from HTTP or from a live command, until it is answered.
 *
 * An operation is a function that gets a checked call and answers it exactly once, now or later,
 * with one of the call_ functions; that ends the call's life.
 */
#ifndef SG_API_CALL_H
#define SG_API_CALL_H

#include <jansson.h>

#include "api/api.gen.h"
#include "api/params.h"
#include "api/problem.h"
#include "app/app.h"
#include "app/contact.h"
#include "base/json.h"

struct api;

struct call {
	struct api *api;
	struct app *app;
	enum api_op op;
	struct viewer viewer;
	json_t *params;       /* path, query and body in one object, checked */
	uint64_t request, ws; /* one of them: whom to answer */
	char peer[64];
	char scoped_key[160]; /* the key within its operation */
	char key[101];                     /* idempotency key, "" for none */
	char browser[AUTH_TOKEN_TEXT + 1]; /* cookie that binds sign-in links */
	bool staff;                        /* which of the two sign-ins the page means */
	char *spool_path;                  /* upload_file: where the body lies */
	size_t body_size;
	const char
		*set_cookie; /* name of the cookie to set with the answer, and its value and age */
	char cookie_value[AUTH_TOKEN_TEXT + 1];
	int64_t cookie_age_s;
	unsigned retry_after_s; /* told with a refusal; 0: none */
	struct buf body;        /* of the answer, being written through j */
	struct json j;
	/* what the operation keeps while it asks the store: */
	struct sg_id id, id2;
	int step;
	void *more;        /* freed with the call */
	struct busy *busy; /* call_busy: this call's part in it ends with the call */
	unsigned busy_starts;
	int64_t busy_bytes;
};

/* What one actor has under way that the store does not know of yet. */
struct busy {
	struct sg_id actor;
	unsigned calls, starts;
	int64_t upload_bytes;
};

typedef void call_fn(struct call *c);

/* ---- answering ---- */
void call_answer(struct call *c); /* what was written through c->j, with the operation's status */
void call_ok(struct call *c);     /* {"ok":true} */
void call_members(struct call *c, struct str members, bool repeated); /* {members,"repeated":…} */
void call_refuse(struct call *c, enum sg_status st, const char *why);
void call_problem(struct call *c, const struct problem *p);
/* Sends a file as a download, of no type that a browser would run; name is escaped. */
void call_file(struct call *c, const char *path, const char *name);

/* SG_OK: go on. Else the call has been answered (SG_E_NOT_FOUND as 404). */
SG_CHECKED enum sg_status call_got(struct call *c, enum sg_status st);

/* ---- helpers ---- */
bool call_is_staff(const struct call *c); /* agent, manager, admin */
/* With the answer; value is copied, age 0 deletes it. */
void call_set_cookie(struct call *c, const char *name, const char *value, int64_t age_s);
/* Starts the answer: an object is open. */
void call_begin(struct call *c);
/* For contact_…: actor, key, and a done that answers with the result's members. */
struct contact_call call_contact(struct call *c);
/* The idempotency key within this operation, lent as long as the call; absent for none. */
struct str call_idem_key(struct call *c);
void call_contact_done(const struct work_answer *answer, void *arg);
/* The same, answering {"ok":true}; an answer that changes nothing is fine, too. */
void call_contact_ok(const struct work_answer *answer, void *arg);
void call_get(struct call *c, enum table table, const struct sg_id *id, store_rows_cb *cb);
struct store_range call_range(enum index index, const struct sg_id *eq);
void call_ask(struct call *c, const struct store_range *q, store_rows_cb *cb);
/* Notes that this call starts an interaction, or brings so many bytes, and lends what its actor has
 * under way beside it. */
struct busy call_busy(struct call *c, unsigned starts, int64_t bytes);
/* A page's cursor is the last row's place: "ms.uuid". Reads the parameter `cursor`, if there is
 * one; false: the call has been refused. */
bool call_read_cursor(struct call *c, struct store_range *q);
/* Writes `next`. */
void call_write_cursor(struct call *c, const struct value *at, const struct value *id);

#endif
