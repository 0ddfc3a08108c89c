/* auth_priv.h - shared by auth.c (sessions), auth_sign_in.c (ways in) and auth_bucket.c (limits).
 */
#ifndef SG_APP_AUTH_PRIV_H
#define SG_APP_AUTH_PRIV_H

#include "app/app.h"
#include "base/idmap.h"

enum { SESSIONS_CACHED_MAX = 20000, BUCKETS_MAX = 20000, BUCKET_NAME_MAX = 120 };

struct cached_session {
	struct sg_id key; /* first 128 bits of the hash */
	struct viewer viewer;
	struct cached_session *next; /* in order of arrival, oldest first */
};

struct bucket {
	struct sg_id key; /* hash of its name */
	char name[BUCKET_NAME_MAX];
	int64_t level_milli;          /* thousandths of a token */
	int64_t at_ms;                /* wall clock, so that it survives a restart */
	struct bucket *newer, *older; /* by last use */
};

struct buckets {
	struct idmap map;
	struct bucket *newest, *oldest;
};

/* An integrator's token that is not revoked. */
struct cached_token {
	struct sg_id key; /* first 128 bits of the hash */
	char hash[AUTH_TOKEN_TEXT + 1];
	struct cached_token *next;
};

struct auth {
	struct app *app;
	struct auth_options opt;
	struct idmap sessions;
	struct cached_session *oldest, *newest;
	bool all_sessions; /* each that lives is in memory */
	struct idmap tokens;
	struct cached_token *first_token;
	bool all_tokens;
	struct buckets buckets; /* also in the store */
	struct buckets rates;   /* in memory only */
	void (*ended)(const char *token_hash, void *arg);
	void *ended_arg;
	char dummy_hash[128]; /* of no password: verified for unknown accounts */
	void (*loaded)(enum sg_status st, void *arg);
	void *loaded_arg;
};

/* What is known of this session now: it may have ended while the store was asked. */
const struct viewer *auth_remember(struct auth *a, const struct viewer *v);
void auth_forget(struct auth *a, const char *token_hash);
/* Makes a session for v->actor: writes it, remembers it, answers. */
void auth_open_session(struct auth *a, struct actor actor, auth_answer_cb *cb, void *arg);
/* One more integrator's token that is good. */
void auth_know_token(struct auth *a, struct str hash);
void auth_buckets_init(struct auth *a);
void auth_buckets_load(struct auth *a, void (*done)(enum sg_status st, void *arg), void *arg);
void auth_buckets_free(struct auth *a);

/* A record written on its own; done may be NULL. */
void auth_write(struct auth *a, const struct row_op *rows, unsigned n, store_done_cb *done,
		void *arg);

#endif
