/* ops_session.c - signing in and out. */
#include "api/api_priv.h"
#include "api/ops.h"
#include "api/resource.h"

enum { BROWSER_COOKIE_S = 3600 };

struct named {
	struct str name, email;
};

static void answer_session(struct call *c, struct named n)
{
	resource_session(&c->j, NULL, c->app, &c->viewer, n.name, n.email);
	call_answer(c);
}

static void on_person(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct named who = {{0}, {0}};

	if (st == SG_OK && n == 1)
		who = (struct named){rows[0].v[PERSON_COL_NAME].s, rows[0].v[PERSON_COL_EMAIL].s};
	answer_session(c, who);
}

static void answer_who(struct call *c)
{
	if (c->viewer.actor.role == ROLE_CUSTOMER)
		call_get(c, TABLE_PERSON, &c->viewer.actor.id, on_person);
	else
		answer_session(c, (struct named){{0}, {0}});
}

void op_get_session(struct call *c)
{
	answer_who(c);
}

static void refuse_sign_in(struct call *c, const struct auth_answer *a)
{
	struct problem p = a->st == SG_E_LIMIT ? problem_make(429, "too_many_tries", "Too many tries. Wait a minute.")
			   : a->st == SG_E_NOT_FOUND
				   ? problem_make(401, a->why, "That did not work. Check it and try again.")
				   : problem_from_status(a->st, a->why);

	if (p.status == 429)
		p.retry_after_s = 60;
	call_problem(c, &p);
}

static void on_signed_in(const struct auth_answer *a, void *arg)
{
	struct call *c = arg;

	if (a->st != SG_OK) {
		refuse_sign_in(c, a);
		return;
	}
	c->viewer = a->viewer;
	call_set_cookie(c, a->viewer.actor.role == ROLE_CUSTOMER ? COOKIE_CUSTOMER : COOKIE_STAFF, a->token,
			(a->viewer.expires_at_ms - sched_wall_ms(c->app->sched)) / 1000);
	answer_who(c);
}

void op_sign_in(struct call *c)
{
	auth_password(c->app->auth, params_str(c->params, "email"), params_str(c->params, "password"), str_from(c->peer),
		      on_signed_in, c);
}

static void on_asked(const struct auth_answer *a, void *arg)
{
	struct call *c = arg;

	if (a->st != SG_OK) {
		refuse_sign_in(c, a);
		return;
	}
	call_set_cookie(c, COOKIE_BROWSER, a->token, BROWSER_COOKIE_S);
	call_begin(c);
	json_cstr(&c->j, "detail", "If we know this address, a sign-in link is on its way to it.");
	json_close(&c->j);
	call_answer(c);
}

void op_ask_link(struct call *c)
{
	auth_ask_link(c->app->auth, params_str(c->params, "email"), str_from(c->peer), on_asked, c);
}

void op_redeem_link(struct call *c)
{
	auth_redeem_link(c->app->auth, params_str(c->params, "token"), str_from(c->browser), str_from(c->peer),
			 on_signed_in, c);
}

void op_host_sign_in(struct call *c)
{
	auth_host_token(c->app->auth, params_str(c->params, "token"), str_from(c->peer), on_signed_in, c);
}

static void on_signed_out(const struct auth_answer *a, void *arg)
{
	struct call *c = arg;

	if (a->st != SG_OK) {
		refuse_sign_in(c, a);
		return;
	}
	call_set_cookie(c, c->viewer.actor.role == ROLE_CUSTOMER ? COOKIE_CUSTOMER : COOKIE_STAFF, "", 0);
	call_ok(c);
}

void op_sign_out(struct call *c)
{
	if (c->viewer.token_hash[0])
		auth_sign_out(c->app->auth, &c->viewer, on_signed_out, c);
	else
		call_ok(c);
}
