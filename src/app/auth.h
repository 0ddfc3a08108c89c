/* auth.h - who is asking: sessions, passwords, sign-in links, host-signed tokens, integrators'
 * tokens, rate limits.
 *
 * Tokens are 256 random bits in hex, stored only as BLAKE2b hashes, compared by looking the hash
 * up. Every answer to an unknown account costs and says the same as to a known one (rule S11).
 * Limits are token buckets per address and per account or target that survive a restart (S12).
 */
#ifndef SG_APP_AUTH_H
#define SG_APP_AUTH_H

#include "core/event.h"
#include "store/store.h"

struct app;
struct auth;

enum { AUTH_TOKEN_TEXT = 64, AUTH_PASSWORD_MIN = 10 };

struct auth_options {
	const char *public_url; /* "https://help.example.com": links are built from it and nothing
				   else */
	const char *company;
	const char *host_secret; /* HS256 key of the host site, at least 32 bytes, or NULL: not
				    accepted */
	int64_t agent_session_ms, customer_session_ms, link_ms;
};

struct auth *auth_new(struct app *app, const struct auth_options *opt);
void auth_free(struct auth *a);
void auth_load(struct auth *a, void (*done)(enum sg_status st, void *arg), void *arg);

/* A signed-in caller, or role ROLE_NONE. */
struct viewer {
	struct actor actor;
	int64_t expires_at_ms;
	char token_hash[AUTH_TOKEN_TEXT + 1]; /* of the session; "" for a bearer token */
};

/* Calls back now when the session is known in memory, else soon. SG_OK also for nobody (ROLE_NONE);
 * SG_E_IO: the store does not answer. */
typedef void auth_viewer_cb(enum sg_status st, const struct viewer *v, void *arg);
void auth_check_session(struct auth *a, struct str cookie, auth_viewer_cb *cb, void *arg);
void auth_check_bearer(struct auth *a, struct str token, auth_viewer_cb *cb, void *arg);

/* At once: is this cookie surely nobody's? false also where only the store can tell. */
bool auth_is_nobody(const struct auth *a, struct str cookie);
/* The session's time is up, or its account is not what it was any more. */
bool auth_is_over(const struct auth *a, const struct viewer *v);

/* Sign-in results: token is the new session's, lent. Statuses: SG_E_NOT_FOUND wrong (why:
 * "wrong_credentials", "bad_link", "bad_token"), SG_E_LIMIT "too_many_tries", SG_E_IO. */
struct auth_answer {
	enum sg_status st;
	const char *why;
	const char *token; /* session cookie to set, or the browser's cookie of auth_ask_link */
	struct viewer viewer;
};
typedef void auth_answer_cb(const struct auth_answer *answer, void *arg);

void auth_password(struct auth *a, struct str email, struct str password, struct str peer,
		   auth_answer_cb *cb, void *arg);
/* The token is for a cookie that binds the link to this browser. SG_OK whether or not the address
 * is known. */
void auth_ask_link(struct auth *a, struct str email, struct str peer, auth_answer_cb *cb,
		   void *arg);
void auth_redeem_link(struct auth *a, struct str token, struct str browser, struct str peer,
		      auth_answer_cb *cb, void *arg);
void auth_host_token(struct auth *a, struct str jwt, struct str peer, auth_answer_cb *cb,
		     void *arg);
void auth_sign_out(struct auth *a, const struct viewer *v, auth_answer_cb *cb, void *arg);

/* fn is told of each session that ends before its time. */
void auth_on_end(struct auth *a, void (*fn)(const char *token_hash, void *arg), void *arg);

/* Takes one from the bucket `name` (any text up to 100 bytes) of `burst`, refilled at per_minute;
 * SG_E_LIMIT. */
SG_CHECKED enum sg_status auth_take(struct auth *a, const char *name, int burst, int per_minute);
/* The same for what comes often: kept in memory only. */
SG_CHECKED enum sg_status auth_take_rate(struct auth *a, const char *name, int burst,
					 int per_minute);

/* ---- for the command line and the demo: rows to write ---- */

/* Argon2id (RFC 9106; OWASP's 19 MiB, 2 passes). Blocks for some 30 ms. */
void auth_hash_password(const char *password, struct row_op *credential_out,
			const struct sg_id *agent, int64_t now_ms, char hash_out[128]);
/* Hash of a token as stored. */
void auth_hash_token(struct str token, char hash_out[AUTH_TOKEN_TEXT + 1]);
void auth_make_token(const struct entropy *e, char token_out[AUTH_TOKEN_TEXT + 1]);

const struct auth_options *auth_options(const struct auth *a);

#endif
