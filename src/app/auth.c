#include "app/auth.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "app/auth_priv.h"
#include "app/project.h"
#include "base/idmap.h"

void auth_hash_token(struct str token, char hash_out[AUTH_TOKEN_TEXT + 1])
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)(token.p ? token.p : ""),
			   token.n, NULL, 0);
	sodium_bin2hex(hash_out, AUTH_TOKEN_TEXT + 1, hash, sizeof(hash));
}

void auth_make_token(const struct entropy *e, char token_out[AUTH_TOKEN_TEXT + 1])
{
	unsigned char raw[32];

	e->fill(e->self, raw, sizeof(raw));
	sodium_bin2hex(token_out, AUTH_TOKEN_TEXT + 1, raw, sizeof(raw));
	sodium_memzero(raw, sizeof(raw));
}

void auth_hash_password(const char *password, struct row_op *credential_out,
			const struct sg_id *agent, int64_t now_ms, char hash_out[128])
{
	enum { PASSES = 2, MEMORY = 19 << 20 };

	SG_ASSERT(crypto_pwhash_STRBYTES <= 128);
	int failed = crypto_pwhash_str(hash_out, password, strlen(password), PASSES, MEMORY);

	SG_ASSERT(!failed); /* only for want of memory */
	if (!credential_out)
		return;
	row_put(credential_out, TABLE_CREDENTIAL);
	row_id(credential_out, CREDENTIAL_COL_AGENT, agent);
	row_str(credential_out, CREDENTIAL_COL_HASH, str_from(hash_out));
	row_int(credential_out, CREDENTIAL_COL_CHANGED_AT, now_ms);
}

struct auth *auth_new(struct app *app, const struct auth_options *opt)
{
	struct auth *a = calloc(1, sizeof(*a));
	int failed = sodium_init() < 0;

	SG_ASSERT(a != NULL && !failed);
	a->app = app;
	a->opt = *opt;
	idmap_init(&a->sessions);
	idmap_init(&a->tokens);
	auth_buckets_init(a);
	return a;
}

const struct auth_options *auth_options(const struct auth *a)
{
	return &a->opt;
}

static void drop_oldest(struct auth *a)
{
	struct cached_session *s = a->oldest;

	a->oldest = s->next;
	if (!a->oldest)
		a->newest = NULL;
	if (idmap_find(&a->sessions, &s->key) == s)
		idmap_remove(&a->sessions, &s->key);
	free(s);
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	while (a->oldest)
		drop_oldest(a);
	auth_buckets_free(a);
	idmap_fini(&a->sessions);
	while (a->first_token) {
		struct cached_token *t = a->first_token;

		a->first_token = t->next;
		free(t);
	}
	idmap_fini(&a->tokens);
	free(a);
}

/* ---- the sessions in memory ---- */

static struct sg_id key_of(const char *token_hash)
{
	struct sg_id key;
	size_t n;
	int bad = sodium_hex2bin(key.b, sizeof(key.b), token_hash, 32, NULL, &n, NULL);

	SG_ASSERT(!bad && n == sizeof(key.b));
	return key;
}

const struct viewer *auth_remember(struct auth *a, const struct viewer *v)
{
	struct sg_id key = key_of(v->token_hash);
	struct cached_session *s = idmap_find(&a->sessions, &key);

	if (s)
		return &s->viewer;
	s = calloc(1, sizeof(*s));
	SG_ASSERT(s != NULL);
	s->key = key;
	s->viewer = *v;
	idmap_put(&a->sessions, &s->key, s);
	*(a->newest ? &a->newest->next : &a->oldest) = s;
	a->newest = s;
	if (a->sessions.n > SESSIONS_CACHED_MAX) {
		drop_oldest(a);
		a->all_sessions = false;
	}
	return &s->viewer;
}

void auth_forget(struct auth *a, const char *token_hash)
{
	struct viewer over = {.expires_at_ms = 0};
	struct sg_id key = key_of(token_hash);
	struct cached_session *s = idmap_find(&a->sessions, &key);

	/* Remembered as ended: its row may still be read until it is deleted. */
	str_copy(over.token_hash, sizeof(over.token_hash), str_from(token_hash));
	if (s)
		s->viewer.expires_at_ms = 0;
	else
		(void)auth_remember(a, &over);
	if (a->ended)
		a->ended(token_hash, a->ended_arg);
}

void auth_on_end(struct auth *a, void (*fn)(const char *token_hash, void *arg), void *arg)
{
	a->ended = fn;
	a->ended_arg = arg;
}

/* ---- checking ---- */

static const struct viewer nobody = {.actor = {.role = ROLE_NONE}};

/* A session is worth what its account is worth now: time left, still active, the role of today
 * (rule S27). */
static const struct viewer *still(const struct auth *a, const struct viewer *v)
{
	if (v->expires_at_ms <= sched_wall_ms(a->app->sched))
		return &nobody;
	if (v->actor.role == ROLE_CUSTOMER || v->actor.role == ROLE_INTEGRATOR ||
	    v->actor.role == ROLE_NONE)
		return v;
	const struct catalog_entry *e = catalog_find(a->app->catalog, TABLE_AGENT, &v->actor.id);
	bool same = e && e->row.v[AGENT_COL_ACTIVE].i &&
		    e->row.v[AGENT_COL_ROLE].i == (int64_t)v->actor.role;

	return same ? v : &nobody;
}

bool auth_is_over(const struct auth *a, const struct viewer *v)
{
	return still(a, v) == &nobody;
}

static const struct cached_session *find_session(const struct auth *a,
						 const char hash[AUTH_TOKEN_TEXT + 1])
{
	struct sg_id key = key_of(hash);
	const struct cached_session *s = idmap_find(&a->sessions, &key);

	return s && memcmp(s->viewer.token_hash, hash, AUTH_TOKEN_TEXT + 1) == 0 ? s : NULL;
}

bool auth_is_nobody(const struct auth *a, struct str cookie)
{
	char hash[AUTH_TOKEN_TEXT + 1];

	if (cookie.n != AUTH_TOKEN_TEXT)
		return true;
	auth_hash_token(cookie, hash);
	const struct cached_session *s = find_session(a, hash);

	return s ? auth_is_over(a, &s->viewer) : a->all_sessions;
}

struct check {
	struct auth *auth;
	char hash[AUTH_TOKEN_TEXT + 1];
	auth_viewer_cb *cb;
	void *arg;
};

static struct check *check_new(struct auth *a, const char *hash, auth_viewer_cb *cb, void *arg)
{
	struct check *c = calloc(1, sizeof(*c));

	SG_ASSERT(c != NULL);
	c->auth = a;
	memcpy(c->hash, hash, sizeof(c->hash));
	c->cb = cb;
	c->arg = arg;
	return c;
}

static void answer_check(struct check *c, enum sg_status st, const struct viewer *v)
{
	c->cb(st, v, c->arg);
	free(c);
}

static void on_session(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct check *c = arg;
	struct viewer v = nobody;

	if (st != SG_OK && st != SG_E_NOT_FOUND) {
		answer_check(c, SG_E_IO, &nobody);
		return;
	}
	if (n == 1 && rows[0].v[SESSION_COL_EXPIRES_AT].i > sched_wall_ms(c->auth->app->sched)) {
		v.actor.role = (enum role)rows[0].v[SESSION_COL_ROLE].i;
		v.actor.id = rows[0].v[SESSION_COL_SUBJECT].id;
		v.expires_at_ms = rows[0].v[SESSION_COL_EXPIRES_AT].i;
		memcpy(v.token_hash, c->hash, sizeof(v.token_hash));
		v = *auth_remember(c->auth, &v);
	}
	answer_check(c, SG_OK, v.token_hash[0] ? still(c->auth, &v) : &v);
}

void auth_check_session(struct auth *a, struct str cookie, auth_viewer_cb *cb, void *arg)
{
	char hash[AUTH_TOKEN_TEXT + 1];

	if (cookie.n != AUTH_TOKEN_TEXT) {
		cb(SG_OK, &nobody, arg);
		return;
	}
	auth_hash_token(cookie, hash);
	const struct cached_session *s = find_session(a, hash);

	if (s) {
		cb(SG_OK, still(a, &s->viewer), arg);
		return;
	}
	struct value row_key = {.s = str_from(hash)};

	store_get(a->app->store, TABLE_SESSION, &row_key, on_session, check_new(a, hash, cb, arg));
}

void auth_know_token(struct auth *a, struct str hash)
{
	struct cached_token *t = calloc(1, sizeof(*t));

	SG_ASSERT(t != NULL);
	str_copy(t->hash, sizeof(t->hash), hash);
	t->key = key_of(t->hash);
	t->next = a->first_token;
	a->first_token = t;
	idmap_put(&a->tokens, &t->key, t);
}

static struct viewer integrator(const char *hash)
{
	return (struct viewer){
		.actor = {.role = ROLE_INTEGRATOR, .id = key_of(hash)},
		.expires_at_ms = INT64_MAX,
	};
}

static void on_bearer(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct check *c = arg;
	struct viewer v = nobody;

	if (st != SG_OK && st != SG_E_NOT_FOUND) {
		answer_check(c, SG_E_IO, &nobody);
		return;
	}
	if (n == 1 && rows[0].v[API_TOKEN_COL_REVOKED_AT].i == 0)
		v = integrator(c->hash);
	answer_check(c, SG_OK, &v);
}

void auth_check_bearer(struct auth *a, struct str token, auth_viewer_cb *cb, void *arg)
{
	char hash[AUTH_TOKEN_TEXT + 1];

	if (token.n != AUTH_TOKEN_TEXT) {
		cb(SG_OK, &nobody, arg);
		return;
	}
	auth_hash_token(token, hash);
	struct sg_id key = key_of(hash);
	const struct cached_token *t = idmap_find(&a->tokens, &key);
	bool known = t && memcmp(t->hash, hash, sizeof(hash)) == 0;

	if (known || a->all_tokens) {
		struct viewer v = known ? integrator(hash) : nobody;

		cb(SG_OK, &v, arg);
		return;
	}
	struct value row_key = {.s = str_from(hash)};

	store_get(a->app->store, TABLE_API_TOKEN, &row_key, on_bearer, check_new(a, hash, cb, arg));
}

/* ---- opening and ending ---- */

void auth_write(struct auth *a, const struct row_op *rows, unsigned n, store_done_cb *done,
		void *arg)
{
	struct store_write w = {.rows = rows, .n_rows = n};

	store_write(a->app->store, &w, done, arg);
}

struct opening {
	struct auth *auth;
	struct viewer viewer;
	char token[AUTH_TOKEN_TEXT + 1];
	auth_answer_cb *cb;
	void *arg;
	bool ending;
};

static void on_opened(enum sg_status st, const struct store_done *done, void *arg)
{
	struct opening *o = arg;
	struct auth_answer answer = {.st = st, .token = o->token, .viewer = o->viewer};

	(void)done;
	if (st == SG_OK && !o->ending)
		(void)auth_remember(o->auth, &o->viewer);
	o->cb(&answer, o->arg);
	sodium_memzero(o->token, sizeof(o->token));
	free(o);
}

static struct opening *opening_new(struct auth *a, auth_answer_cb *cb, void *arg)
{
	struct opening *o = calloc(1, sizeof(*o));

	SG_ASSERT(o != NULL);
	o->auth = a;
	o->cb = cb;
	o->arg = arg;
	return o;
}

void auth_open_session(struct auth *a, struct actor actor, auth_answer_cb *cb, void *arg)
{
	struct opening *o = opening_new(a, cb, arg);
	int64_t now = sched_wall_ms(a->app->sched);
	struct row_op op;

	auth_make_token(&a->app->entropy, o->token);
	auth_hash_token(str_from(o->token), o->viewer.token_hash);
	o->viewer.actor = actor;
	o->viewer.expires_at_ms = now + (actor.role == ROLE_CUSTOMER ? a->opt.customer_session_ms
								     : a->opt.agent_session_ms);
	row_put(&op, TABLE_SESSION);
	row_str(&op, SESSION_COL_TOKEN_HASH, str_from(o->viewer.token_hash));
	row_int(&op, SESSION_COL_ROLE, actor.role);
	row_id(&op, SESSION_COL_SUBJECT, &actor.id);
	row_int(&op, SESSION_COL_CREATED_AT, now);
	row_int(&op, SESSION_COL_EXPIRES_AT, o->viewer.expires_at_ms);
	auth_write(a, &op, 1, on_opened, o);
}

void auth_sign_out(struct auth *a, const struct viewer *v, auth_answer_cb *cb, void *arg)
{
	struct opening *o = opening_new(a, cb, arg);
	struct row_op op;

	o->ending = true;
	row_put(&op, TABLE_SESSION);
	op.is_delete = true;
	row_str(&op, SESSION_COL_TOKEN_HASH, str_from(v->token_hash));
	auth_forget(a, v->token_hash);
	auth_write(a, &op, 1, on_opened, o);
}
