/* auth_sign_in.c - the ways in: password, e-mailed link, token of the host site. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <jansson.h>
#include <sodium.h>

#include "app/auth_priv.h"
#include "app/project.h"
#include "base/json.h"
#include "core/person.h"

enum {
	TRIES_BURST = 10,
	TRIES_PER_MINUTE = 5,
	PEER_BURST = 20,
	PEER_PER_MINUTE = 20,
	LINKS_BURST = 5,
	LINKS_PER_MINUTE = 1,
	HOST_TOKEN_LIFE_MS = 600000,
};

/* One try to come in; copies of all it needs. */
struct try_in {
	struct auth *auth;
	char email[256];
	char secret[256]; /* password, or the link's token */
	char browser[AUTH_TOKEN_TEXT + 1];
	char hash[128];
	struct actor actor;
	bool known, right;
	auth_answer_cb *cb;
	void *arg;
};

static struct try_in *try_new(struct auth *a, auth_answer_cb *cb, void *arg)
{
	struct try_in *t = calloc(1, sizeof(*t));

	SG_ASSERT(t != NULL);
	t->auth = a;
	t->cb = cb;
	t->arg = arg;
	return t;
}

static void try_free(struct try_in *t)
{
	sodium_memzero(t, sizeof(*t));
	free(t);
}

static void try_refuse(struct try_in *t, enum sg_status st, const char *why)
{
	struct auth_answer answer = {.st = st, .why = why};

	t->cb(&answer, t->arg);
	try_free(t);
}

static void refuse_now(auth_answer_cb *cb, void *arg, enum sg_status st, const char *why)
{
	struct auth_answer answer = {.st = st, .why = why};

	cb(&answer, arg);
}

static void try_open(struct try_in *t)
{
	auth_open_session(t->auth, t->actor, t->cb, t->arg);
	try_free(t);
}

/* An IPv6 client has a whole /64 to come from: it counts as one. */
static struct str network_of(struct str peer, char out[INET6_ADDRSTRLEN])
{
	unsigned char b[16];

	str_copy(out, INET6_ADDRSTRLEN, peer);
	if (inet_pton(AF_INET6, out, b) != 1)
		return peer;
	for (unsigned i = 8; i < 16; i++)
		b[i] = 0;
	if (!inet_ntop(AF_INET6, b, out, INET6_ADDRSTRLEN))
		return peer;
	return str_from(out);
}

static bool over_limit(struct auth *a, const char *what, struct str target, int burst,
		       int per_minute)
{
	char name[BUCKET_NAME_MAX], hash[AUTH_TOKEN_TEXT + 1];

	/* The name holds a hash: addresses and accounts are personal data. */
	auth_hash_token(target, hash);
	int n = snprintf(name, sizeof(name), "%s:%s", what, hash);

	SG_ASSERT(n > 0 && (size_t)n < sizeof(name));
	return auth_take(a, name, burst, per_minute) != SG_OK;
}

static bool peer_over_limit(struct auth *a, const char *what, struct str peer, int burst,
			    int per_minute)
{
	char network[INET6_ADDRSTRLEN];

	return over_limit(a, what, network_of(peer, network), burst, per_minute);
}

/* ---- password ---- */

static void verify_run(void *arg)
{
	struct try_in *t = arg;

	t->right = crypto_pwhash_str_verify(t->hash, t->secret, strlen(t->secret)) == 0;
}

static void verify_done(void *arg)
{
	struct try_in *t = arg;

	if (t->right && t->known)
		try_open(t);
	else
		try_refuse(t, SG_E_NOT_FOUND, "wrong_credentials");
}

static void on_credential(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct try_in *t = arg;
	struct auth *a = t->auth;

	if (st != SG_OK && st != SG_E_NOT_FOUND) {
		try_refuse(t, SG_E_IO, NULL);
		return;
	}
	t->known = t->known && n == 1;
	str_copy(t->hash, sizeof(t->hash),
		 t->known ? rows[0].v[CREDENTIAL_COL_HASH].s : str_from(a->dummy_hash));
	if (a->app->worker.submit(a->app->worker.self, verify_run, verify_done, t) != SG_OK)
		try_refuse(t, SG_E_LIMIT, "too_many_tries");
}

void auth_password(struct auth *a, struct str email, struct str password, struct str peer,
		   auth_answer_cb *cb, void *arg)
{
	struct try_in *t = try_new(a, cb, arg);

	person_email_key(t->email, sizeof(t->email), email);
	str_copy(t->secret, sizeof(t->secret), password);
	if (peer_over_limit(a, "peer", peer, PEER_BURST, PEER_PER_MINUTE) ||
	    over_limit(a, "account", str_from(t->email), TRIES_BURST, TRIES_PER_MINUTE)) {
		try_refuse(t, SG_E_LIMIT, "too_many_tries");
		return;
	}
	const struct catalog_entry *e = catalog_agent_by_email(a->app->catalog, str_from(t->email));
	struct value key = {.id = e ? e->id : SG_ID_NONE};

	if (e && e->row.v[AGENT_COL_ACTIVE].i) {
		t->known = true;
		t->actor.role = (enum role)e->row.v[AGENT_COL_ROLE].i;
		t->actor.id = e->id;
	}
	store_get(a->app->store, TABLE_CREDENTIAL, &key, on_credential, t);
}

/* ---- e-mailed link ---- */

struct asked {
	struct auth *auth;
	char browser[AUTH_TOKEN_TEXT + 1];
	auth_answer_cb *cb;
	void *arg;
};

static void on_link_saved(enum sg_status st, const struct store_done *done, void *arg)
{
	struct asked *q = arg;
	struct auth_answer answer = {.st = st, .token = q->browser};

	(void)done;
	if (st == SG_OK || st == SG_E_IO) /* after an I/O error it may be owed all the same */
		outbox_kick(q->auth->app->outbox);
	q->cb(&answer, q->arg);
	free(q);
}

static struct outbox_op link_mail(struct auth *a, const char *to, const char *token,
				  struct buf *body)
{
	struct json j;
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "Sign in to %s with this link, in the browser where you asked for "
			 "it:\n\n%s/sign-in#token=%s\n\n"
			 "It works once, for %lld minutes. If you did not ask for it, do nothing.",
			 a->opt.company, a->opt.public_url, token,
			 (long long)(a->opt.link_ms / 60000));

	SG_ASSERT(n > 0 && (size_t)n < sizeof(text));
	json_init(&j, body);
	json_begin_object(&j, NULL);
	json_cstr(&j, "to", to);
	json_cstr(&j, "subject", "Your sign-in link");
	json_cstr(&j, "text", text);
	json_close(&j);
	enum sg_status st = json_end(&j);

	SG_ASSERT(st == SG_OK);
	return (struct outbox_op){
		.id = sg_id_make(sched_wall_ms(a->app->sched), &a->app->entropy),
		.channel = STR("email"),
		.body = {.p = body->data, .n = body->len},
		.due_ms = 0, /* at once, whatever the clock does meanwhile */
	};
}

/* For an unknown address the same is written, only no mail: neither words nor time tell the
 * difference. */
static void on_identity(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct try_in *t = arg;
	struct auth *a = t->auth;
	char token[AUTH_TOKEN_TEXT + 1], hash[AUTH_TOKEN_TEXT + 1],
		browser_hash[AUTH_TOKEN_TEXT + 1];
	struct row_op op;
	struct buf body;

	if (st != SG_OK && st != SG_E_NOT_FOUND) {
		try_refuse(t, SG_E_IO, NULL);
		return;
	}
	bool known = n == 1 && rows[0].v[IDENTITY_COL_VERIFIED].i;
	struct asked *q = calloc(1, sizeof(*q));

	SG_ASSERT(q != NULL);
	*q = (struct asked){.auth = a, .cb = t->cb, .arg = t->arg};
	memcpy(q->browser, t->browser, sizeof(q->browser));
	auth_make_token(&a->app->entropy, token);
	auth_hash_token(str_from(token), hash);
	auth_hash_token(str_from(t->browser), browser_hash);
	row_put(&op, TABLE_LINK);
	row_str(&op, LINK_COL_TOKEN_HASH, str_from(hash));
	row_str(&op, LINK_COL_BROWSER_HASH, str_from(browser_hash));
	row_id(&op, LINK_COL_PERSON, known ? &rows[0].v[IDENTITY_COL_PERSON].id : &SG_ID_NONE);
	row_int(&op, LINK_COL_EXPIRES_AT, sched_wall_ms(a->app->sched) + a->opt.link_ms);
	buf_init(&body, 8192);
	struct outbox_op mail = link_mail(a, t->email, token, &body);
	struct store_write w = {
		.rows = &op, .n_rows = 1, .outbox = &mail, .n_outbox = known ? 1 : 0};

	store_write(a->app->store, &w, on_link_saved, q);
	buf_fini(&body);
	try_free(t);
}

void auth_ask_link(struct auth *a, struct str email, struct str peer, auth_answer_cb *cb, void *arg)
{
	struct try_in *t = try_new(a, cb, arg);

	person_email_key(t->email, sizeof(t->email), email);
	auth_make_token(&a->app->entropy, t->browser);
	if (peer_over_limit(a, "peer", peer, PEER_BURST, PEER_PER_MINUTE) ||
	    over_limit(a, "link", str_from(t->email), LINKS_BURST, LINKS_PER_MINUTE)) {
		try_refuse(t, SG_E_LIMIT, "too_many_tries");
		return;
	}
	struct value key[2] = {{.i = IDENTITY_KIND_EMAIL}, {.s = str_from(t->email)}};

	store_get(a->app->store, TABLE_IDENTITY, key, on_identity, t);
}

/* The store does it once: the idempotency key is the link itself. */
static void on_link_used(enum sg_status st, const struct store_done *done, void *arg)
{
	struct try_in *t = arg;

	if (st == SG_OK && !done->repeated)
		try_open(t);
	else
		try_refuse(t, st == SG_OK ? SG_E_NOT_FOUND : st, "bad_link");
}

static bool link_fits(const struct try_in *t, const struct row *link)
{
	char browser_hash[AUTH_TOKEN_TEXT + 1];
	struct str want = link->v[LINK_COL_BROWSER_HASH].s;

	auth_hash_token(str_from(t->browser), browser_hash);
	return want.n == AUTH_TOKEN_TEXT &&
	       sodium_memcmp(want.p, browser_hash, AUTH_TOKEN_TEXT) == 0 &&
	       link->v[LINK_COL_USED_AT].i == 0 && !sg_id_is_none(&link->v[LINK_COL_PERSON].id) &&
	       link->v[LINK_COL_EXPIRES_AT].i > sched_wall_ms(t->auth->app->sched);
}

static void on_link(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct try_in *t = arg;
	struct row_op op;

	if (st != SG_OK && st != SG_E_NOT_FOUND) {
		try_refuse(t, SG_E_IO, NULL);
		return;
	}
	if (n != 1 || !link_fits(t, rows)) {
		try_refuse(t, SG_E_NOT_FOUND, "bad_link");
		return;
	}
	t->actor = (struct actor){.role = ROLE_CUSTOMER, .id = rows[0].v[LINK_COL_PERSON].id};
	row_put(&op, TABLE_LINK);
	row_str(&op, LINK_COL_TOKEN_HASH, str_from(t->hash));
	row_int(&op, LINK_COL_USED_AT, sched_wall_ms(t->auth->app->sched));
	struct store_write w = {
		.idem_source = STR("link"),
		.idem_key = str_from(t->hash),
		.rows = &op,
		.n_rows = 1,
	};

	store_write(t->auth->app->store, &w, on_link_used, t);
}

void auth_redeem_link(struct auth *a, struct str token, struct str browser, struct str peer,
		      auth_answer_cb *cb, void *arg)
{
	if (peer_over_limit(a, "peer", peer, PEER_BURST, PEER_PER_MINUTE)) {
		refuse_now(cb, arg, SG_E_LIMIT, "too_many_tries");
		return;
	}
	if (token.n != AUTH_TOKEN_TEXT || browser.n != AUTH_TOKEN_TEXT) {
		refuse_now(cb, arg, SG_E_NOT_FOUND, "bad_link");
		return;
	}
	struct try_in *t = try_new(a, cb, arg);

	str_copy(t->browser, sizeof(t->browser), browser);
	auth_hash_token(token, t->hash);
	struct value key = {.s = str_from(t->hash)};

	store_get(a->app->store, TABLE_LINK, &key, on_link, t);
}

/* ---- token of the host site: JWT (RFC 7519), HS256 (RFC 7518 section 3.2) ---- */

struct host_claims {
	char sub[200], jti[100];
	int64_t exp_s;
};

static bool read_part(struct str part, json_t **out)
{
	unsigned char raw[4096];
	size_t n;

	if (sodium_base642bin(raw, sizeof(raw), part.p, part.n, NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING))
		return false;
	*out = json_loadb((const char *)raw, n, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(*out);
}

static bool header_ok(struct str part)
{
	json_t *head = NULL;
	const char *alg = NULL;
	bool ok = read_part(part, &head) && json_unpack(head, "{s:s}", "alg", &alg) == 0 &&
		  strcmp(alg, "HS256") == 0 && !json_object_get(head, "crit");

	json_decref(head);
	return ok;
}

static bool claims_ok(struct str part, struct host_claims *out)
{
	json_t *body = NULL;
	const char *sub = NULL, *jti = NULL;
	json_int_t exp = 0;
	bool ok = read_part(part, &body) &&
		  json_unpack(body, "{s:s,s:s,s:I}", "sub", &sub, "jti", &jti, "exp", &exp) == 0 &&
		  *sub && *jti && strlen(sub) < sizeof(out->sub) && strlen(jti) < sizeof(out->jti);

	if (ok) {
		str_copy(out->sub, sizeof(out->sub), str_from(sub));
		str_copy(out->jti, sizeof(out->jti), str_from(jti));
		out->exp_s = exp;
	}
	json_decref(body);
	return ok;
}

static bool signature_ok(const char *secret, struct str signed_part, struct str signature)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES], given[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;
	size_t n;

	if (sodium_base642bin(given, sizeof(given), signature.p, signature.n, NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
	    n != sizeof(given))
		return false;
	crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)signed_part.p, signed_part.n);
	crypto_auth_hmacsha256_final(&st, mac);
	return sodium_memcmp(mac, given, sizeof(mac)) == 0;
}

static bool jwt_ok(const struct auth *a, struct str jwt, struct host_claims *out)
{
	const char *dot = memchr(jwt.p, '.', jwt.n);
	const char *dot2 = dot ? memchr(dot + 1, '.', jwt.n - (size_t)(dot + 1 - jwt.p)) : NULL;

	if (!a->opt.host_secret || !dot2)
		return false;
	struct str head = {.p = jwt.p, .n = (size_t)(dot - jwt.p)};
	struct str body = {.p = dot + 1, .n = (size_t)(dot2 - dot - 1)};
	struct str both = {.p = jwt.p, .n = (size_t)(dot2 - jwt.p)};
	struct str mac = {.p = dot2 + 1, .n = jwt.n - (size_t)(dot2 + 1 - jwt.p)};

	if (!header_ok(head) || !signature_ok(a->opt.host_secret, both, mac) ||
	    !claims_ok(body, out))
		return false;
	if (out->exp_s < 0 || out->exp_s >= INT64_C(1) << 40)
		return false;
	int64_t left_ms = out->exp_s * 1000 - sched_wall_ms(a->app->sched);

	return left_ms > 0 && left_ms <= HOST_TOKEN_LIFE_MS;
}

static void on_jti(enum sg_status st, const struct store_done *done, void *arg)
{
	struct try_in *t = arg;

	if (st == SG_OK && !done->repeated)
		try_open(t);
	else
		try_refuse(t, st == SG_OK ? SG_E_NOT_FOUND : st, "bad_token");
}

static void on_host_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct try_in *t = arg;

	if (st != SG_OK || n != 1) {
		try_refuse(t, st == SG_OK ? SG_E_NOT_FOUND : SG_E_IO, "bad_token");
		return;
	}
	t->actor = (struct actor){.role = ROLE_CUSTOMER, .id = rows[0].v[PERSON_COL_ID].id};
	struct row_op op;

	/* The write is there for its key: a token used before is a repeat. */
	row_put(&op, TABLE_SETTING);
	row_str(&op, SETTING_COL_NAME, STR("host_token_used"));
	row_str(&op, SETTING_COL_VALUE, str_from(t->secret));
	struct store_write w = {
		.idem_source = STR("host-token"),
		.idem_key = str_from(t->secret),
		.rows = &op,
		.n_rows = 1,
	};

	store_write(t->auth->app->store, &w, on_jti, t);
}

void auth_host_token(struct auth *a, struct str jwt, struct str peer, auth_answer_cb *cb, void *arg)
{
	struct host_claims claims;

	if (peer_over_limit(a, "host", peer, PEER_BURST * 5, PEER_PER_MINUTE * 5)) {
		refuse_now(cb, arg, SG_E_LIMIT, "too_many_tries");
		return;
	}
	if (!jwt.p || !jwt_ok(a, jwt, &claims)) {
		refuse_now(cb, arg, SG_E_NOT_FOUND, "bad_token");
		return;
	}
	struct try_in *t = try_new(a, cb, arg);
	struct store_range q = {.index = INDEX_PERSON_BY_EXTERNAL, .n_eq = 1, .limit = 1};

	str_copy(t->secret, sizeof(t->secret), str_from(claims.jti));
	q.eq[0].s = str_from(claims.sub);
	store_range(a->app->store, &q, on_host_person, t);
}
