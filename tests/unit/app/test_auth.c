#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "app/project.h"

#define SECRET "0123456789abcdef0123456789abcdef"

struct got {
	unsigned n;
	enum sg_status st;
	char why[32], token[AUTH_TOKEN_TEXT + 1];
	struct viewer viewer;
};

static void on_answer(const struct auth_answer *a, void *arg)
{
	struct got *g = arg;

	g->n++;
	g->st = a->st;
	g->viewer = a->viewer;
	str_copy(g->why, sizeof(g->why), str_from(a->why));
	str_copy(g->token, sizeof(g->token), str_from(a->token));
}

static void on_viewer(enum sg_status st, const struct viewer *v, void *arg)
{
	struct got *g = arg;

	g->n++;
	g->st = st;
	g->viewer = *v;
}

static struct got password(struct fx *f, const char *email, const char *secret)
{
	struct got g = {.n = 0};

	auth_password(f->app->auth, str_from(email), str_from(secret), STR("192.0.2.1"), on_answer,
		      &g);
	fx_run(f, 100);
	assert_int_equal(g.n, 1);
	return g;
}

static struct got session(struct fx *f, const char *cookie)
{
	struct got g = {.n = 0};

	auth_check_session(f->app->auth, str_from(cookie), on_viewer, &g);
	fx_run(f, 100);
	assert_int_equal(g.n, 1);
	return g;
}

static void ignore(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)done;
	(void)arg;
	assert_status(st, SG_OK);
}

static void write_row(struct fx *f, const struct row_op *op)
{
	struct store_write w = {.rows = op, .n_rows = 1};

	store_write(f->inner, &w, ignore, NULL);
	fx_run(f, 10);
}

static struct sg_id open_with_agent(struct fx *f)
{
	char hash[128];
	struct row_op op;

	fx_open(f);
	struct sg_id queue = fx_queue(f, "First");
	struct sg_id ada = fx_agent(f, &queue, "Ada@Example.com", 1);

	auth_hash_password("correct horse battery", &op, &ada, 1, hash);
	write_row(f, &op);
	return ada;
}

static void the_right_password_opens_a_session(void **state)
{
	static struct fx f;

	(void)state;
	struct sg_id ada = open_with_agent(&f);
	struct got g = password(&f, "aDA@example.COM", "correct horse battery");

	assert_status(g.st, SG_OK);
	assert_int_equal(strlen(g.token), AUTH_TOKEN_TEXT);
	assert_int_equal(g.viewer.actor.role, ROLE_AGENT);
	assert_true(sg_id_eq(&g.viewer.actor.id, &ada));
	assert_int_equal(session(&f, g.token).viewer.actor.role, ROLE_AGENT);
	fx_restart(&f);
	assert_int_equal(session(&f, g.token).viewer.actor.role, ROLE_AGENT); /* from the store */
	sched_sim_jump_wall(&f.sim, 3600000);
	assert_int_equal(session(&f, g.token).viewer.actor.role, ROLE_NONE);
	fx_close(&f);
}

static void a_wrong_password_and_an_unknown_account_hear_the_same(void **state)
{
	static struct fx f;

	(void)state;
	open_with_agent(&f);
	static const char *const tries[][2] = {{"ada@example.com", "correct horse batter"},
					       {"ada@example.com", ""},
					       {"nobody@example.com", "correct horse battery"},
					       {"nobody@example.com", "no password at all"},
					       {"", ""}};

	for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct got g = password(&f, tries[i][0], tries[i][1]);

		assert_status(g.st, SG_E_NOT_FOUND);
		assert_string_equal(g.why, "wrong_credentials");
		assert_string_equal(g.token, "");
	}
	fx_close(&f);
}

static void tries_at_one_account_are_counted_through_a_restart(void **state)
{
	static struct fx f;

	(void)state;
	open_with_agent(&f);
	for (unsigned i = 0; i < 10; i++)
		assert_status(password(&f, "ada@example.com", "wrong").st, SG_E_NOT_FOUND);
	assert_status(password(&f, "ada@example.com", "correct horse battery").st, SG_E_LIMIT);
	fx_restart(&f);
	sched_sim_jump_wall(&f.sim, -86400000); /* a clock set back refills nothing */
	assert_status(password(&f, "ada@example.com", "correct horse battery").st, SG_E_LIMIT);
	fx_run(&f, 13000); /* one in twelve seconds */
	assert_status(password(&f, "ada@example.com", "correct horse battery").st, SG_OK);
	assert_status(password(&f, "ada@example.com", "correct horse battery").st, SG_E_LIMIT);
	fx_close(&f);
}

static void a_bucket_refills_at_its_rate_whatever_the_rhythm(void **state)
{
	static struct fx f;
	unsigned taken = 0;

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < 5; i++)
		assert_status(auth_take(f.app->auth, "b", 5, 5), SG_OK);
	assert_status(auth_take(f.app->auth, "b", 5, 5), SG_E_LIMIT);
	for (unsigned ms = 0; ms < 120000;
	     ms += 7) { /* too often for a whole thousandth each time */
		fx_run(&f, 7);
		taken += auth_take(f.app->auth, "b", 5, 5) == SG_OK;
	}
	assert_in_range(taken, 8, 10);
	fx_close(&f);
}

static void a_rate_is_kept_in_memory_and_apart(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < 3; i++)
		assert_status(auth_take_rate(f.app->auth, "r", 3, 600), SG_OK);
	assert_status(auth_take_rate(f.app->auth, "r", 3, 600), SG_E_LIMIT);
	assert_status(auth_take_rate(f.app->auth, "other", 3, 600), SG_OK);
	assert_status(auth_take(f.app->auth, "r", 3, 600), SG_OK);
	fx_run(&f, 100); /* one in a tenth of a second */
	assert_status(auth_take_rate(f.app->auth, "r", 3, 600), SG_OK);
	assert_status(auth_take_rate(f.app->auth, "r", 3, 600), SG_E_LIMIT);
	fx_restart(&f);
	assert_status(auth_take_rate(f.app->auth, "r", 3, 600), SG_OK);
	fx_close(&f);
}

static void a_bucket_in_use_is_not_given_up_for_new_ones(void **state)
{
	static struct fx f;
	char name[32];

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < 3; i++)
		assert_status(auth_take_rate(f.app->auth, "busy", 3, 1), SG_OK);
	for (unsigned i = 0; i < 30000; i++) {
		(void)snprintf(name, sizeof(name), "flood-%u", i);
		assert_status(auth_take_rate(f.app->auth, name, 3, 1), SG_OK);
		if (i % 1000 == 0)
			assert_status(auth_take_rate(f.app->auth, "busy", 3, 1), SG_E_LIMIT);
	}
	assert_status(auth_take_rate(f.app->auth, "busy", 3, 1), SG_E_LIMIT);
	assert_status(auth_take_rate(f.app->auth, "flood-0", 1, 1), SG_OK); /* forgotten */
	fx_close(&f);
}

static enum sg_status guess_from(struct fx *f, const char *peer, unsigned n)
{
	struct got g = {.n = 0};
	char email[64];

	(void)snprintf(email, sizeof(email), "nobody%u@example.com", n);
	auth_password(f->app->auth, str_from(email), STR("a wrong guess"), str_from(peer),
		      on_answer, &g);
	fx_run(f, 1);
	assert_int_equal(g.n, 1);
	return g.st;
}

static void addresses_of_one_ipv6_network_share_a_limit(void **state)
{
	static struct fx f;
	char peer[64];

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(peer, sizeof(peer), "2001:db8:1:2:%x::%x", i, i);
		assert_status(guess_from(&f, peer, i), SG_E_NOT_FOUND);
	}
	assert_status(guess_from(&f, "2001:db8:1:2:ffff::1", 90), SG_E_LIMIT);
	assert_status(guess_from(&f, "2001:db8:1:3::1", 91), SG_E_NOT_FOUND);
	assert_status(guess_from(&f, "192.0.2.7", 92), SG_E_NOT_FOUND);
	fx_close(&f);
}

static void write_token(struct fx *f, const char *token, int64_t revoked_at)
{
	char hash[AUTH_TOKEN_TEXT + 1];
	struct row_op op;

	auth_hash_token(str_from(token), hash);
	row_put(&op, TABLE_API_TOKEN);
	row_str(&op, API_TOKEN_COL_TOKEN_HASH, str_from(hash));
	row_str(&op, API_TOKEN_COL_NAME, STR("shop"));
	row_int(&op, API_TOKEN_COL_REVOKED_AT, revoked_at);
	write_row(f, &op);
}

static struct got bearer_at_once(struct fx *f, const char *token)
{
	struct got g = {.n = 0};

	auth_check_bearer(f->app->auth, str_from(token), on_viewer, &g);
	assert_int_equal(g.n, 1);
	return g;
}

static void an_integrator_is_known_at_once_until_revoked(void **state)
{
	static const char good[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char old[] =
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	static struct fx f;

	(void)state;
	fx_open(&f);
	write_token(&f, good, 0);
	write_token(&f, old, 5);
	fx_restart(&f);
	struct got g = bearer_at_once(&f, good);

	assert_int_equal(g.viewer.actor.role, ROLE_INTEGRATOR);
	assert_false(auth_is_over(f.app->auth, &g.viewer));
	assert_int_equal(bearer_at_once(&f, old).viewer.actor.role, ROLE_NONE);
	assert_true(auth_is_nobody(f.app->auth, str_from(good))); /* a token is no cookie */
	write_token(&f, good, 6);
	fx_restart(&f);
	assert_int_equal(bearer_at_once(&f, good).viewer.actor.role, ROLE_NONE);
	fx_close(&f);
}

static void a_cookie_is_known_to_be_nobodys_at_once(void **state)
{
	static struct fx f;

	(void)state;
	open_with_agent(&f);
	struct got g = password(&f, "ada@example.com", "correct horse battery");

	assert_false(auth_is_nobody(f.app->auth, str_from(g.token)));
	assert_true(auth_is_nobody(f.app->auth, STR("")));
	assert_true(auth_is_nobody(
		f.app->auth,
		STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")));
	fx_restart(&f);
	assert_false(auth_is_nobody(f.app->auth, str_from(g.token)));
	assert_false(auth_is_over(f.app->auth, &g.viewer));
	sched_sim_jump_wall(&f.sim, 3600000);
	assert_true(auth_is_nobody(f.app->auth, str_from(g.token)));
	assert_true(auth_is_over(f.app->auth, &g.viewer));
	fx_close(&f);
}

static void signing_out_ends_the_session(void **state)
{
	static struct fx f;
	struct got out = {.n = 0};

	(void)state;
	open_with_agent(&f);
	struct got g = password(&f, "ada@example.com", "correct horse battery");

	auth_sign_out(f.app->auth, &g.viewer, on_answer, &out);
	fx_run(&f, 100);
	assert_status(out.st, SG_OK);
	assert_int_equal(session(&f, g.token).viewer.actor.role, ROLE_NONE);
	fx_restart(&f);
	assert_int_equal(session(&f, g.token).viewer.actor.role, ROLE_NONE);
	fx_close(&f);
}

static void tokens_that_are_none_are_nobody(void **state)
{
	static struct fx f;
	static const char *const tokens[] = {
		"", "x", "' OR 1=1 --",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"};

	(void)state;
	fx_open(&f);
	for (unsigned i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct got g = {.n = 0};

		assert_int_equal(session(&f, tokens[i]).viewer.actor.role, ROLE_NONE);
		auth_check_bearer(f.app->auth, str_from(tokens[i]), on_viewer, &g);
		fx_run(&f, 10);
		assert_int_equal(g.n, 1);
		assert_int_equal(g.viewer.actor.role, ROLE_NONE);
	}
	fx_close(&f);
}

/* ---- links ---- */

static struct got ask(struct fx *f, const char *email)
{
	struct got g = {.n = 0};

	auth_ask_link(f->app->auth, str_from(email), STR("192.0.2.1"), on_answer, &g);
	fx_run(f, 200);
	assert_int_equal(g.n, 1);
	return g;
}

static void token_of_mail(const struct fx *f, char out[AUTH_TOKEN_TEXT + 1])
{
	const char *at =
		strstr(f->mails[f->n_mails - 1].body, "https://help.example.com/sign-in#token=");

	assert_non_null(at);
	memcpy(out, at + strlen("https://help.example.com/sign-in#token="), AUTH_TOKEN_TEXT);
	out[AUTH_TOKEN_TEXT] = '\0';
}

static struct got redeem(struct fx *f, const char *token, const char *browser)
{
	struct got g = {.n = 0};

	auth_redeem_link(f->app->auth, str_from(token), str_from(browser), STR("192.0.2.1"),
			 on_answer, &g);
	fx_run(f, 100);
	assert_int_equal(g.n, 1);
	return g;
}

static void a_link_opens_once_in_the_browser_that_asked(void **state)
{
	static struct fx f;
	char token[AUTH_TOKEN_TEXT + 1], other[AUTH_TOKEN_TEXT + 1];

	(void)state;
	fx_open(&f);
	struct sg_id pat = fx_person(&f, "pat@example.com", "ext-1");
	struct got asked = ask(&f, "Pat@example.com");

	assert_status(asked.st, SG_OK);
	assert_int_equal(f.n_mails, 1);
	assert_non_null(strstr(f.mails[0].body, "\"to\":\"pat@example.com\""));
	token_of_mail(&f, token);
	memset(other, 'a', AUTH_TOKEN_TEXT);
	other[AUTH_TOKEN_TEXT] = '\0';
	assert_string_equal(redeem(&f, token, other).why, "bad_link");
	assert_string_equal(redeem(&f, other, asked.token).why, "bad_link");
	assert_string_equal(redeem(&f, token, "").why, "bad_link");
	assert_string_equal(redeem(&f, asked.token, token).why, "bad_link");
	struct got in = redeem(&f, token, asked.token);

	assert_status(in.st, SG_OK);
	assert_int_equal(in.viewer.actor.role, ROLE_CUSTOMER);
	assert_true(sg_id_eq(&in.viewer.actor.id, &pat));
	assert_string_equal(redeem(&f, token, asked.token).why, "bad_link");
	assert_int_equal(session(&f, in.token).viewer.actor.role, ROLE_CUSTOMER);
	/* A link is no session, nor a browser's cookie. */
	assert_int_equal(session(&f, token).viewer.actor.role, ROLE_NONE);
	assert_int_equal(session(&f, asked.token).viewer.actor.role, ROLE_NONE);
	fx_close(&f);
}

static void two_who_redeem_at_once_open_one_session(void **state)
{
	static struct fx f;
	struct got a = {.n = 0}, b = {.n = 0};
	char token[AUTH_TOKEN_TEXT + 1];

	(void)state;
	fx_open(&f);
	fx_person(&f, "pat@example.com", "ext-1");
	struct got asked = ask(&f, "pat@example.com");

	token_of_mail(&f, token);
	auth_redeem_link(f.app->auth, str_from(token), str_from(asked.token), STR("1"), on_answer,
			 &a);
	auth_redeem_link(f.app->auth, str_from(token), str_from(asked.token), STR("1"), on_answer,
			 &b);
	fx_run(&f, 100);
	assert_int_equal((a.st == SG_OK) + (b.st == SG_OK), 1);
	fx_close(&f);
}

/* Whatever became of the key of its use: what the row says counts. */
static void a_link_marked_as_used_is_refused(void **state)
{
	static struct fx f;
	char token[AUTH_TOKEN_TEXT + 1], hash[AUTH_TOKEN_TEXT + 1];
	struct row_op op;

	(void)state;
	fx_open(&f);
	fx_person(&f, "pat@example.com", "ext-1");
	struct got asked = ask(&f, "pat@example.com");

	token_of_mail(&f, token);
	auth_hash_token(str_from(token), hash);
	row_put(&op, TABLE_LINK);
	row_str(&op, LINK_COL_TOKEN_HASH, str_from(hash));
	row_int(&op, LINK_COL_USED_AT, 1);
	write_row(&f, &op);
	assert_string_equal(redeem(&f, token, asked.token).why, "bad_link");
	fx_close(&f);
}

static void an_old_link_is_refused(void **state)
{
	static struct fx f;
	char token[AUTH_TOKEN_TEXT + 1];

	(void)state;
	fx_open(&f);
	fx_person(&f, "pat@example.com", "ext-1");
	struct got asked = ask(&f, "pat@example.com");

	token_of_mail(&f, token);
	fx_run(&f, 900000);
	assert_string_equal(redeem(&f, token, asked.token).why, "bad_link");
	fx_close(&f);
}

static void an_unknown_address_hears_the_same_and_gets_no_mail(void **state)
{
	static struct fx f;

	(void)state;
	fx_open(&f);
	fx_person(&f, "pat@example.com", "ext-1");
	struct got known = ask(&f, "pat@example.com"), unknown = ask(&f, "nobody@example.com");

	assert_status(unknown.st, known.st);
	assert_int_equal(strlen(unknown.token), strlen(known.token));
	assert_int_equal(f.n_mails, 1);
	for (unsigned i = 0; i < 4; i++)
		ask(&f, "nobody@example.com");
	assert_string_equal(ask(&f, "nobody@example.com").why, "too_many_tries");
	fx_close(&f);
}

/* ---- tokens of the host site ---- */

static void base64url(const void *bytes, size_t n, char *out, size_t cap)
{
	sodium_bin2base64(out, cap, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void make_jwt(char out[2048], const char *head, const char *body, const char *secret)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;
	char h[512], b[1024], m[64];

	base64url(head, strlen(head), h, sizeof(h));
	base64url(body, strlen(body), b, sizeof(b));
	int n = snprintf(out, 2048, "%s.%s", h, b);

	crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)out, (size_t)n);
	crypto_auth_hmacsha256_final(&st, mac);
	base64url(mac, sizeof(mac), m, sizeof(m));
	snprintf(out + n, 2048 - (size_t)n, ".%s", m);
}

static struct got host(struct fx *f, const char *jwt)
{
	struct got g = {.n = 0};

	auth_host_token(f->app->auth, str_from(jwt), STR("192.0.2.1"), on_answer, &g);
	fx_run(f, 100);
	assert_int_equal(g.n, 1);
	return g;
}

static const char *claims(struct fx *f, const char *sub, const char *jti, int64_t in_s)
{
	static char body[512];

	snprintf(body, sizeof(body), "{\"sub\":\"%s\",\"jti\":\"%s\",\"exp\":%lld}", sub, jti,
		 (long long)(sched_wall_ms(&f->sim.sched) / 1000 + in_s));
	return body;
}

static void a_signed_token_of_the_host_site_signs_its_person_in_once(void **state)
{
	static struct fx f;
	char jwt[2048];

	(void)state;
	fx_open(&f);
	struct sg_id pat = fx_person(&f, "pat@example.com", "ext-1");

	make_jwt(jwt, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims(&f, "ext-1", "j1", 60), SECRET);
	struct got in = host(&f, jwt);

	assert_status(in.st, SG_OK);
	assert_true(sg_id_eq(&in.viewer.actor.id, &pat));
	assert_int_equal(in.viewer.actor.role, ROLE_CUSTOMER);
	assert_string_equal(host(&f, jwt).why, "bad_token");
	fx_restart(&f);
	assert_string_equal(host(&f, jwt).why, "bad_token");
	make_jwt(jwt, "{\"alg\":\"HS256\"}", claims(&f, "ext-1", "j2", 600), SECRET);
	assert_status(host(&f, jwt).st, SG_OK);
	fx_close(&f);
}

static void any_other_token_is_refused(void **state)
{
	static struct fx f;
	char jwt[2048], good[2048];
	const char *hs = "{\"alg\":\"HS256\"}";

	(void)state;
	fx_open(&f);
	fx_person(&f, "pat@example.com", "ext-1");
	make_jwt(good, hs, claims(&f, "ext-1", "g", 60), SECRET);
	struct {
		const char *head, *body, *secret;
	} bad[] = {
		{"{\"alg\":\"none\"}", strdup(claims(&f, "ext-1", "a", 60)), SECRET},
		{"{\"alg\":\"HS512\"}", strdup(claims(&f, "ext-1", "b", 60)), SECRET},
		{"{\"alg\":\"hs256\"}", strdup(claims(&f, "ext-1", "c", 60)), SECRET},
		{"{}", strdup(claims(&f, "ext-1", "d", 60)), SECRET},
		{"{\"alg\":\"HS256\",\"crit\":[\"x\"]}", strdup(claims(&f, "ext-1", "e", 60)),
		 SECRET},
		{"{\"alg\":\"none\",\"alg\":\"HS256\"}", strdup(claims(&f, "ext-1", "f", 60)),
		 SECRET},
		{hs, strdup(claims(&f, "ext-1", "h", 60)), "another secret of thirty-two chars"},
		{hs, strdup(claims(&f, "ext-1", "h", 60)), ""},
		{hs, strdup(claims(&f, "ext-1", "i", -1)), SECRET},
		{hs, strdup(claims(&f, "ext-1", "j", 700)), SECRET},
		{hs, strdup(claims(&f, "ext-1", "k", INT64_C(1) << 45)), SECRET},
		{hs, strdup("{\"sub\":\"ext-1\",\"jti\":\"p\",\"exp\":9223372036854775807}"),
		 SECRET},
		{hs, strdup("{\"sub\":\"ext-1\",\"jti\":\"q\",\"exp\":-9223372036854775807}"),
		 SECRET},
		{hs, strdup(claims(&f, "ext-9", "l", 60)), SECRET},
		{hs, strdup(claims(&f, "", "m", 60)), SECRET},
		{hs, strdup(claims(&f, "ext-1", "", 60)), SECRET},
		{hs, strdup("{\"sub\":\"ext-1\",\"jti\":\"n\"}"), SECRET},
		{hs, strdup("[]"), SECRET},
		{hs, strdup("{\"sub\":\"ext-1\",\"jti\":\"o\",\"exp\":\"9999999999\"}"), SECRET},
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_jwt(jwt, bad[i].head, bad[i].body, bad[i].secret);
		struct got g = host(&f, jwt);

		if (g.st != SG_E_NOT_FOUND)
			fail_msg("%s %s: %s", bad[i].head, bad[i].body, sg_status_name(g.st));
		assert_string_equal(g.why, "bad_token");
		free((char *)(uintptr_t)bad[i].body);
	}
	static const char *const shapes[] = {"",    ".",     "..",       "...",
					     "a.b", "a.b.c", "e30.e30.", "\xff.\xff.\xff"};

	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		assert_string_equal(host(&f, shapes[i]).why, "bad_token");
	good[strlen(good) - 1] = good[strlen(good) - 1] == 'A' ? 'E' : 'A';
	assert_string_equal(host(&f, good).why, "bad_token");
	fx_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_password_opens_a_session),
		cmocka_unit_test(a_wrong_password_and_an_unknown_account_hear_the_same),
		cmocka_unit_test(tries_at_one_account_are_counted_through_a_restart),
		cmocka_unit_test(a_bucket_refills_at_its_rate_whatever_the_rhythm),
		cmocka_unit_test(a_rate_is_kept_in_memory_and_apart),
		cmocka_unit_test(a_bucket_in_use_is_not_given_up_for_new_ones),
		cmocka_unit_test(addresses_of_one_ipv6_network_share_a_limit),
		cmocka_unit_test(an_integrator_is_known_at_once_until_revoked),
		cmocka_unit_test(a_cookie_is_known_to_be_nobodys_at_once),
		cmocka_unit_test(signing_out_ends_the_session),
		cmocka_unit_test(tokens_that_are_none_are_nobody),
		cmocka_unit_test(a_link_opens_once_in_the_browser_that_asked),
		cmocka_unit_test(two_who_redeem_at_once_open_one_session),
		cmocka_unit_test(a_link_marked_as_used_is_refused),
		cmocka_unit_test(an_old_link_is_refused),
		cmocka_unit_test(an_unknown_address_hears_the_same_and_gets_no_mail),
		cmocka_unit_test(a_signed_token_of_the_host_site_signs_its_person_in_once),
		cmocka_unit_test(any_other_token_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
