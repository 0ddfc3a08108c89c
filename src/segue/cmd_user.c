/* cmd_user.c - accounts and integrators' tokens, from the command line (there is no web installer,
 * rule S29). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "app/auth.h"
#include "app/flow.h"
#include "app/project.h"
#include "base/json.h"
#include "core/agent.h"
#include "core/person.h"
#include "segue/command.h"

enum { QUEUES_TEXT_MAX = 1024, LIST_MAX = 1000, SESSIONS_MAX = 100 };

struct user_args {
	const char *verb, *name, *email, *role, *queues, *capacity, *password_file;
	char password[256];
	char queues_json[QUEUES_TEXT_MAX];
	struct sg_id agent;
	bool is_new;
	struct flow *flow;
	struct row_op credential;
	char hash[128];
	char sessions[SESSIONS_MAX][AUTH_TOKEN_TEXT + 1]; /* that a new password ends */
	unsigned n_sessions;
};

static void fill_random(void *self, void *out, unsigned n)
{
	(void)self;
	randombytes_buf(out, n);
}

static const char **option_of(struct user_args *u, const char *arg)
{
	const struct {
		const char *name;
		const char **to;
	} options[] = {
		{"--name", &u->name},         {"--email", &u->email},
		{"--role", &u->role},         {"--queues", &u->queues},
		{"--capacity", &u->capacity}, {"--password-file", &u->password_file},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].name, arg) == 0)
			return options[i].to;
	}
	return NULL;
}

static bool read_args(struct user_args *u, int argc, char **argv)
{
	*u = (struct user_args){
		.verb = argc ? argv[0] : "", .role = "agent", .capacity = "3", .queues = ""};
	for (int i = 1; i < argc; i++) {
		const char **to = option_of(u, argv[i]);

		if (!to || i + 1 >= argc)
			return false;
		*to = argv[++i];
	}
	return true;
}

static bool sensible(const struct user_args *u)
{
	char *end;
	long places = strtol(u->capacity, &end, 10);

	if (!strchr(u->email, '@')) {
		fprintf(stderr, "segue user: --email: %s is no e-mail address\n", u->email);
		return false;
	}
	if (strcmp(u->role, "agent") != 0 && strcmp(u->role, "manager") != 0 &&
	    strcmp(u->role, "admin") != 0) {
		fprintf(stderr, "segue user: --role: must be agent, manager or admin, not %s\n",
			u->role);
		return false;
	}
	if (end == u->capacity || *end || places < 1) {
		fprintf(stderr, "segue user: --capacity: must be a number from 1, not %s\n",
			u->capacity);
		return false;
	}
	return true;
}

/* On a terminal: asked for, and not shown while it is typed. */
static char *ask_password(FILE *f, char *out, int size)
{
	struct termios shown, hidden;

	if (f != stdin || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
		return fgets(out, size, f);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "Password (at least %d characters, not shown): ", AUTH_PASSWORD_MIN);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	char *line = fgets(out, size, f);

	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputs("\n", stderr);
	return line;
}

static bool read_password(struct user_args *u)
{
	FILE *f = u->password_file ? fopen(u->password_file, "r") : stdin;

	if (!f || !ask_password(f, u->password, sizeof(u->password))) {
		fputs("segue user: no password on standard input or in the file\n", stderr);
		return false;
	}
	if (f != stdin)
		(void)fclose(f);
	u->password[strcspn(u->password, "\r\n")] = '\0';
	if (strlen(u->password) >= AUTH_PASSWORD_MIN)
		return true;
	fprintf(stderr, "segue user: the password must have at least %d characters\n",
		AUTH_PASSWORD_MIN);
	return false;
}

/* ---- add, password ---- */

static enum sg_status decide_put(struct work *w, void *arg)
{
	struct job *j = arg;
	struct user_args *u = j->more;
	struct decision d = {.n = 0};
	struct agent_cmd cmd = {.kind = AGENT_PUT, .id = u->agent, .now_ms = work_now(w)};
	const struct agent *a = work_agent(w, &u->agent);

	if (!a)
		return SG_E_AGAIN;
	if (u->is_new) {
		cmd.f.name = str_from(u->name);
		cmd.f.email = str_from(u->email);
		cmd.f.role = (enum role)enum_parse(role_names, ROLE_N, str_from(u->role));
		cmd.f.capacity = strtol(u->capacity, NULL, 10);
		cmd.f.queues = str_from(u->queues_json);
		cmd.f.active = true;
		enum sg_status st = agent_decide(a, &cmd, &d);

		if (st != SG_OK)
			return work_refuse(w, st, d.why);
		work_emit(w, &d);
	}
	work_row(w, &u->credential);
	for (unsigned i = 0; i < u->n_sessions; i++) {
		struct row_op end;

		row_put(&end, TABLE_SESSION);
		end.is_delete = true;
		row_str(&end, SESSION_COL_TOKEN_HASH, str_from(u->sessions[i]));
		work_row(w, &end);
	}
	return SG_OK;
}

static void on_put(const struct work_answer *answer, void *arg)
{
	struct job *j = arg;
	struct user_args *u = j->more;

	if (answer->st != SG_OK) {
		fprintf(stderr, "segue user: refused: %s\n",
			answer->why ? answer->why : sg_status_name(answer->st));
		job_end(j, EXIT_DATA);
		return;
	}
	printf("%s %s\n", u->is_new ? "added" : "changed the password of", u->email);
	job_end(j, EXIT_OK);
}

static void put(struct job *j)
{
	struct user_args *u = j->more;
	struct entropy entropy = {.fill = fill_random};
	struct work_spec spec = {.decide = decide_put, .done = on_put, .arg = j};

	auth_hash_password(u->password, &u->credential, &u->agent, sched_wall_ms(j->sched),
			   u->hash);
	u->flow = flow_new(j->sched, j->store, &entropy);
	if (flow_submit(u->flow, &spec) != SG_OK)
		job_end(j, EXIT_SOFTWARE);
}

static void on_sessions(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct job *j = arg;
	struct user_args *u = j->more;

	for (unsigned i = 0; st == SG_OK && i < n; i++)
		str_copy(u->sessions[u->n_sessions++], AUTH_TOKEN_TEXT + 1,
			 rows[i].v[SESSION_COL_TOKEN_HASH].s);
	put(j);
}

static void end_sessions(struct job *j)
{
	struct user_args *u = j->more;
	struct store_range q = {.index = INDEX_SESSION_BY_SUBJECT,
				.n_eq = 1,
				.limit = SESSIONS_MAX,
				.descending = true};

	q.eq[0].id = u->agent;
	store_range(j->store, &q, on_sessions, j);
}

static bool named(const char *list, struct str name)
{
	size_t n;

	for (const char *p = list; *p; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		if (n == name.n && strncmp(p, name.p, n) == 0)
			return true;
	}
	return false;
}

/* An agent in a queue that does not exist would wait for ever: false, and printed which it is. */
static bool queues_known(const char *list, const struct row *rows, unsigned n_rows)
{
	size_t n;

	for (const char *p = list; *p; p += n + (p[n] == ',')) {
		bool found = false;

		n = strcspn(p, ",");
		for (unsigned i = 0; i < n_rows && !found; i++)
			found = rows[i].v[QUEUE_COL_NAME].s.n == n &&
				strncmp(rows[i].v[QUEUE_COL_NAME].s.p, p, n) == 0;
		if (found)
			continue;
		fprintf(stderr, "segue user: --queues: there is no queue %.*s%s", (int)n, p,
			n_rows ? "; there are:" : " yet");
		for (unsigned i = 0; i < n_rows; i++)
			fprintf(stderr, "%s %.*s", i ? "," : "", (int)rows[i].v[QUEUE_COL_NAME].s.n,
				rows[i].v[QUEUE_COL_NAME].s.p);
		fputs("\n", stderr);
		return false;
	}
	return true;
}

static void on_queues(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct job *j = arg;
	struct user_args *u = j->more;
	size_t len = 0;
	char id[SG_ID_TEXT + 1];

	if (st != SG_OK) {
		job_end(j, EXIT_IO);
		return;
	}
	if (!queues_known(u->queues, rows, n)) {
		job_end(j, EXIT_DATA);
		return;
	}
	u->queues_json[len++] = '[';
	for (unsigned i = 0; i < n && len + 64 < sizeof(u->queues_json); i++) {
		if (!named(u->queues, rows[i].v[QUEUE_COL_NAME].s))
			continue;
		sg_id_text(&rows[i].v[QUEUE_COL_ID].id, id);
		len += (size_t)snprintf(u->queues_json + len, sizeof(u->queues_json) - len,
					"%s\"%s\"", len > 1 ? "," : "", id);
	}
	u->queues_json[len++] = ']';
	u->queues_json[len] = '\0';
	end_sessions(j);
}

static void on_found(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct job *j = arg;
	struct user_args *u = j->more;
	struct entropy entropy = {.fill = fill_random};
	struct store_range q = {.index = INDEX_QUEUE_BY_NAME, .limit = LIST_MAX};
	bool add = strcmp(u->verb, "add") == 0;

	if (st != SG_OK || (n > 0) == add) {
		fprintf(stderr, "segue user: %s\n",
			st != SG_OK ? sg_status_name(st)
			: add       ? "there is such an account already"
				    : "there is no such account");
		job_end(j, st != SG_OK ? EXIT_IO : EXIT_DATA);
		return;
	}
	u->is_new = add;
	u->agent = add ? sg_id_make(sched_wall_ms(j->sched), &entropy) : rows[0].v[AGENT_COL_ID].id;
	store_range(j->store, &q, on_queues, j);
}

static void find_from(struct job *j, struct str after);

/* Signing in does not look at the case of an address, so neither do we here: each account is looked
 * at. */
static void on_accounts(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct job *j = arg;
	struct user_args *u = j->more;
	char key[256], want[256];

	person_email_key(want, sizeof(want), str_from(u->email));
	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		person_email_key(key, sizeof(key), rows[i].v[AGENT_COL_EMAIL].s);
		if (strcmp(key, want) == 0) {
			on_found(SG_OK, &rows[i], 1, j);
			return;
		}
	}
	if (st == SG_OK && n == LIST_MAX)
		find_from(j, rows[n - 1].v[AGENT_COL_EMAIL].s);
	else
		on_found(st, NULL, 0, j);
}

static void find_from(struct job *j, struct str after)
{
	struct store_range q = {
		.index = INDEX_AGENT_BY_EMAIL, .limit = LIST_MAX, .n_after = after.n ? 1 : 0};

	q.after[0].s = after;
	store_range(j->store, &q, on_accounts, j);
}

static void find(struct job *j)
{
	find_from(j, (struct str){0});
}

/* ---- list ---- */

static void on_list(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		const struct value *v = rows[i].v;

		printf("%-8s %-30.*s %.*s%s\n", role_names[v[AGENT_COL_ROLE].i],
		       (int)v[AGENT_COL_EMAIL].s.n, v[AGENT_COL_EMAIL].s.p,
		       (int)v[AGENT_COL_NAME].s.n, v[AGENT_COL_NAME].s.p,
		       v[AGENT_COL_ACTIVE].i ? "" : " (off)");
	}
	job_end(arg, st == SG_OK ? EXIT_OK : EXIT_IO);
}

static void list(struct job *j)
{
	struct store_range q = {.index = INDEX_AGENT_BY_NAME, .limit = LIST_MAX};

	store_range(j->store, &q, on_list, j);
}

static int user(struct config *c, int argc, char **argv)
{
	struct user_args u;
	int code;

	if (!read_args(&u, argc, argv))
		return command_misused(&cmd_user, "unknown option, or one without its value");
	if (strcmp(u.verb, "list") == 0)
		return job_read(c, list, &u);
	if (strcmp(u.verb, "add") != 0 && strcmp(u.verb, "password") != 0)
		return command_misused(&cmd_user, "say add, password or list");
	if (!u.email || (strcmp(u.verb, "add") == 0 && !u.name))
		return command_misused(&cmd_user, "--email (and for add --name) is needed");
	if (!sensible(&u) || !read_password(&u))
		return EXIT_DATA;
	code = job_run(c, find, &u);
	sodium_memzero(u.password, sizeof(u.password));
	flow_free(u.flow);
	return code;
}

const struct command cmd_user = {
	.name = "user",
	.usage = "add --email E --name N [--role agent|manager|admin] [--queues A,B] [--capacity "
		 "3] | password --email E | list",
	.summary = "Accounts of agents, managers and admins",
	.help = "The password is read from standard input, or from --password-file. A new password "
		"ends the account's\n"
		"sessions. The server must be stopped for add and password.",
	.run = user,
};

/* ---- tokens ---- */

struct token_args {
	const char *name;
	char token[AUTH_TOKEN_TEXT + 1], hash[AUTH_TOKEN_TEXT + 1];
};

static void on_token(enum sg_status st, const struct store_done *done, void *arg)
{
	struct job *j = arg;
	struct token_args *t = j->more;

	(void)done;
	if (st == SG_OK)
		printf("%s\n", t->token);
	else
		fprintf(stderr, "segue token: %s\n", sg_status_name(st));
	job_end(j, st == SG_OK ? EXIT_OK : EXIT_IO);
}

static void make_token(struct job *j)
{
	struct token_args *t = j->more;
	struct entropy entropy = {.fill = fill_random};
	struct row_op op;
	struct store_write w = {.rows = &op, .n_rows = 1};

	auth_make_token(&entropy, t->token);
	auth_hash_token(str_from(t->token), t->hash);
	row_put(&op, TABLE_API_TOKEN);
	row_str(&op, API_TOKEN_COL_TOKEN_HASH, str_from(t->hash));
	row_str(&op, API_TOKEN_COL_NAME, str_from(t->name));
	row_int(&op, API_TOKEN_COL_CREATED_AT, sched_wall_ms(j->sched));
	store_write(j->store, &w, on_token, j);
}

static void on_tokens(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		const struct value *v = rows[i].v;
		char at[32];

		json_format_time(v[API_TOKEN_COL_CREATED_AT].i, at);
		printf("%s %.*s%s\n", at, (int)v[API_TOKEN_COL_NAME].s.n, v[API_TOKEN_COL_NAME].s.p,
		       v[API_TOKEN_COL_REVOKED_AT].i ? " (revoked)" : "");
	}
	job_end(arg, st == SG_OK ? EXIT_OK : EXIT_IO);
}

static void list_tokens(struct job *j)
{
	struct store_range q = {.index = INDEX_API_TOKEN_BY_NAME, .limit = LIST_MAX};

	store_range(j->store, &q, on_tokens, j);
}

static void on_revoked(enum sg_status st, const struct store_done *done, void *arg)
{
	struct job *j = arg;
	const struct token_args *t = j->more;

	(void)done;
	if (st == SG_OK)
		printf("revoked %s\n", t->name);
	else
		fprintf(stderr, "segue token: %s\n", sg_status_name(st));
	job_end(j, st == SG_OK ? EXIT_OK : EXIT_IO);
}

/* All of that name. */
static void on_named(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct job *j = arg;
	struct row_op *ops = calloc(n + 1, sizeof(*ops));
	struct store_write w = {.rows = ops};

	SG_ASSERT(ops != NULL);
	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		if (rows[i].v[API_TOKEN_COL_REVOKED_AT].i)
			continue;
		struct row_op *op = row_put(&ops[w.n_rows++], TABLE_API_TOKEN);

		row_str(op, API_TOKEN_COL_TOKEN_HASH, rows[i].v[API_TOKEN_COL_TOKEN_HASH].s);
		row_int(op, API_TOKEN_COL_REVOKED_AT, sched_wall_ms(j->sched));
	}
	if (w.n_rows) {
		store_write(j->store, &w, on_revoked, j);
	} else {
		fprintf(stderr, "segue token: %s\n",
			st == SG_OK ? "there is no such token" : sg_status_name(st));
		job_end(j, st == SG_OK ? EXIT_DATA : EXIT_IO);
	}
	free(ops);
}

static void revoke_token(struct job *j)
{
	const struct token_args *t = j->more;
	struct store_range q = {.index = INDEX_API_TOKEN_BY_NAME, .n_eq = 1, .limit = LIST_MAX};

	q.eq[0].s = str_from(t->name);
	store_range(j->store, &q, on_named, j);
}

static int token(struct config *c, int argc, char **argv)
{
	struct token_args t = {.name = argc == 2 ? argv[1] : ""};

	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return job_read(c, list_tokens, &t);
	if (argc == 2 && strcmp(argv[0], "add") == 0 && argv[1][0] != '-')
		return job_run(c, make_token, &t);
	if (argc == 2 && strcmp(argv[0], "revoke") == 0)
		return job_run(c, revoke_token, &t);
	return command_misused(&cmd_token, "say add NAME, revoke NAME or list");
}

const struct command cmd_token = {
	.name = "token",
	.usage = "add NAME | revoke NAME | list [--data DIR]",
	.summary = "Bearer tokens of integrators",
	.help = "add prints the token, once. The server must be stopped for add and revoke. "
		"Requests carry it as\n"
		"Authorization: Bearer TOKEN; see /api/docs.",
	.run = token,
};
