/* auth_load.c - at start: the live sessions and the integrators' tokens come into memory, the dead
 * rows go. */
#include <stdlib.h>
#include <string.h>

#include "app/auth_priv.h"
#include "app/project.h"

enum { SWEEP_MAX = STORE_RANGE_MAX };

struct loading {
	struct auth *auth;
	unsigned n;
	struct value at; /* place of the last one read: expires_at, token_hash */
	char hash[AUTH_TOKEN_TEXT + 1];
	void (*done)(enum sg_status st, void *arg);
	void *arg;
};

static void load_page(struct loading *l);

static bool remember_row(struct loading *l, const struct row *r)
{
	struct viewer v = {
		.actor = {.role = (enum role)r->v[SESSION_COL_ROLE].i,
			  .id = r->v[SESSION_COL_SUBJECT].id},
		.expires_at_ms = r->v[SESSION_COL_EXPIRES_AT].i,
	};

	if (v.expires_at_ms <= sched_wall_ms(l->auth->app->sched))
		return false;
	if (l->n >= SESSIONS_CACHED_MAX) {
		l->auth->all_sessions = false;
		return false;
	}
	str_copy(v.token_hash, sizeof(v.token_hash), r->v[SESSION_COL_TOKEN_HASH].s);
	(void)auth_remember(l->auth, &v);
	l->n++;
	return true;
}

static void on_tokens(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct loading *l = arg;

	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		if (rows[i].v[API_TOKEN_COL_REVOKED_AT].i == 0)
			auth_know_token(l->auth, rows[i].v[API_TOKEN_COL_TOKEN_HASH].s);
	}
	l->auth->all_tokens =
		st == SG_OK && n < STORE_RANGE_MAX; /* more of them are asked of the store */
	if (st == SG_OK)
		auth_buckets_load(l->auth, l->done, l->arg);
	else
		l->done(st, l->arg);
	free(l);
}

static void load_end(struct loading *l, enum sg_status st)
{
	struct store_range q = {.index = INDEX_API_TOKEN_BY_NAME, .limit = STORE_RANGE_MAX};

	if (st == SG_OK) {
		store_range(l->auth->app->store, &q, on_tokens, l);
		return;
	}
	l->done(st, l->arg);
	free(l);
}

static void on_sessions(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct loading *l = arg;

	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		if (!remember_row(l, &rows[i])) {
			load_end(l, SG_OK);
			return;
		}
	}
	if (st != SG_OK || n < STORE_RANGE_MAX) {
		load_end(l, st);
		return;
	}
	l->at = rows[n - 1].v[SESSION_COL_EXPIRES_AT];
	str_copy(l->hash, sizeof(l->hash), rows[n - 1].v[SESSION_COL_TOKEN_HASH].s);
	load_page(l);
}

/* Those that live longest first, so that a full memory leaves out those about to end. */
static void load_page(struct loading *l)
{
	struct store_range q = {
		.index = INDEX_SESSION_BY_EXPIRY, .descending = true, .limit = STORE_RANGE_MAX};

	if (l->hash[0]) {
		q.n_after = 2;
		q.after[0] = l->at;
		q.after[1].s = str_from(l->hash);
	}
	store_range(l->auth->app->store, &q, on_sessions, l);
}

/* ---- rows whose time is over ---- */

static void on_swept(enum sg_status st, const struct store_done *done, void *arg)
{
	(void)st; /* the next start finds what was left */
	(void)done;
	(void)arg;
}

static void on_old(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct auth *a = arg;
	struct row_op *ops = st == SG_OK && n ? calloc(n, sizeof(*ops)) : NULL;
	unsigned n_ops = 0;

	for (unsigned i = 0; ops && i < n; i++) {
		unsigned expires = rows[i].table == TABLE_SESSION ? SESSION_COL_EXPIRES_AT
								  : LINK_COL_EXPIRES_AT;
		const unsigned key = 0; /* token_hash, in both */

		if (rows[i].v[expires].i > sched_wall_ms(a->app->sched))
			break;
		row_put(&ops[n_ops], rows[i].table)->is_delete = true;
		row_str(&ops[n_ops], key, rows[i].v[key].s);
		n_ops++;
	}
	if (n_ops)
		auth_write(a, ops, n_ops, on_swept, NULL);
	free(ops);
}

static void sweep(struct auth *a, enum index by_expiry)
{
	struct store_range q = {.index = by_expiry, .limit = SWEEP_MAX};

	store_range(a->app->store, &q, on_old, a);
}

void auth_load(struct auth *a, void (*done)(enum sg_status st, void *arg), void *arg)
{
	static char no_password[128]; /* costs some 30 ms: once a process */
	struct loading *l = calloc(1, sizeof(*l));

	SG_ASSERT(l != NULL);
	if (!no_password[0])
		auth_hash_password("no password at all", NULL, NULL, 0, no_password);
	memcpy(a->dummy_hash, no_password, sizeof(a->dummy_hash));
	*l = (struct loading){.auth = a, .done = done, .arg = arg};
	a->all_sessions = true; /* until one is left out */
	load_page(l);
	sweep(a, INDEX_SESSION_BY_EXPIRY);
	sweep(a, INDEX_LINK_BY_EXPIRY);
}
