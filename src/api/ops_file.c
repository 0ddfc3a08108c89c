/* ops_file.c - uploads and downloads. A file lies under its id, never under a name somebody gave
 * (rules S4, S5, S18). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "app/project.h"

enum { PATH_MAX_BYTES = 4096 };

static void file_path(const struct call *c, const struct sg_id *id, char out[PATH_MAX_BYTES])
{
	char name[SG_ID_TEXT + 1];

	sg_id_text(id, name);
	int n = snprintf(out, PATH_MAX_BYTES, "%s/%s", c->api->opt.files_dir, name);

	SG_ASSERT(n > 0 && n < PATH_MAX_BYTES);
}

/* What it is, from its first bytes; what we do not know is just bytes. Only told, never served as.
 */
static const char *mime_of(const char *path)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *mime;
	} known[] = {
		{"\x89PNG\r\n", 6, "image/png"},
		{"\xff\xd8\xff", 3, "image/jpeg"},
		{"GIF8", 4, "image/gif"},
		{"%PDF-", 5, "application/pdf"},
		{"PK\x03\x04", 4, "application/zip"},
	};
	char head[16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : 0;

	if (fd >= 0)
		(void)close(fd);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (n >= (ssize_t)known[i].n && memcmp(head, known[i].magic, known[i].n) == 0)
			return known[i].mime;
	}
	return "application/octet-stream";
}

/* The bytes are on the disk before anybody is told of them. */
static bool settle(const char *from, const char *to, const char *dir)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	if (!ok || rename(from, to) != 0)
		return false;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static void on_written(enum sg_status st, const struct store_done *done, void *arg)
{
	struct call *c = arg;
	char path[PATH_MAX_BYTES];

	(void)done;
	file_path(c, &c->id, path);
	if (st != SG_OK) {
		(void)unlink(path);
		call_refuse(c, st, NULL);
		return;
	}
	call_begin(c);
	json_id(&c->j, "id", &c->id);
	json_str(&c->j, "name", params_str(c->params, "name"));
	json_cstr(&c->j, "mime", mime_of(path));
	json_int(&c->j, "size", (int64_t)c->body_size);
	json_close(&c->j);
	call_answer(c);
}

struct settling {
	struct call *call;
	char path[PATH_MAX_BYTES];
	bool ok;
};

static void settle_run(void *arg)
{
	struct settling *s = arg;

	s->ok = settle(s->call->spool_path, s->path, s->call->api->opt.files_dir);
}

static void settle_done(void *arg)
{
	struct settling *s = arg;
	struct call *c = s->call;
	struct row_op op;
	const char *mime = s->ok ? mime_of(s->path) : "";

	if (!s->ok) {
		free(s);
		call_refuse(c, SG_E_IO, NULL);
		return;
	}
	row_put(&op, TABLE_FILE);
	row_id(&op, FILE_COL_ID, &c->id);
	row_id(&op, FILE_COL_OWNER, &c->viewer.actor.id);
	row_int(&op, FILE_COL_OWNER_ROLE, c->viewer.actor.role);
	row_str(&op, FILE_COL_NAME, params_str(c->params, "name"));
	row_str(&op, FILE_COL_MIME, str_from(mime));
	row_int(&op, FILE_COL_SIZE, (int64_t)c->body_size);
	row_int(&op, FILE_COL_CREATED_AT, sched_wall_ms(c->app->sched));
	struct store_write w = {.rows = &op, .n_rows = 1};

	free(s);
	store_write(c->app->store, &w, on_written, c);
}

static void settle_upload(struct call *c)
{
	struct settling *s = calloc(1, sizeof(*s));

	SG_ASSERT(s != NULL);
	s->call = c;
	c->id = sg_id_make(sched_wall_ms(c->app->sched), &c->app->entropy);
	file_path(c, &c->id, s->path);
	if (c->app->worker.submit(c->app->worker.self, settle_run, settle_done, s) == SG_OK)
		return;
	free(s);
	call_refuse(c, SG_E_LIMIT, "busy");
}

/* ---- how much one owner may bring ---- */

static void on_recent(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	int64_t since = sched_wall_ms(c->app->sched) - UPLOAD_DAY_MS;
	int64_t bytes = *(const int64_t *)c->more;
	unsigned recent = 0;

	if (call_got(c, st) != SG_OK)
		return;
	for (; recent < n && rows[recent].v[FILE_COL_CREATED_AT].i > since; recent++)
		bytes += rows[recent].v[FILE_COL_SIZE].i;
	if (bytes <= UPLOAD_DAY_BYTES && recent < STORE_RANGE_MAX) {
		settle_upload(c);
		return;
	}
	struct problem p = problem_make(429, "quota",
					"That is all the files for today. Send the rest tomorrow.");

	p.retry_after_s = 3600;
	call_problem(c, &p);
}

/* Files that are still on their way to the store count, too. */
static void check_quota(struct call *c)
{
	struct store_range q = call_range(INDEX_FILE_BY_OWNER, &c->viewer.actor.id);
	int64_t *bytes = malloc(sizeof(*bytes));

	SG_ASSERT(bytes != NULL);
	*bytes = call_busy(c, 0, (int64_t)c->body_size).upload_bytes + (int64_t)c->body_size;
	c->more = bytes;
	q.limit = STORE_RANGE_MAX;
	call_ask(c, &q, on_recent);
}

void op_upload_file(struct call *c)
{
	char bucket[64], owner[SG_ID_TEXT + 1];

	sg_id_text(&c->viewer.actor.id, owner);
	(void)snprintf(bucket, sizeof(bucket), "upload:%s", owner);
	if (auth_take(c->app->auth, bucket, UPLOADS_PER_MINUTE, UPLOADS_PER_MINUTE) != SG_OK) {
		struct problem p =
			problem_make(429, "too_many_uploads", "Too many files. Wait a minute.");

		p.retry_after_s = 60;
		call_problem(c, &p);
		return;
	}
	if (!c->spool_path || c->body_size == 0) {
		struct problem p = problem_make(422, "empty_file", "The file is empty.");

		call_problem(c, &p);
		return;
	}
	check_quota(c);
}

/* ---- download: who may see the interaction it was sent in, or who sent it ---- */

static void send_file(struct call *c)
{
	char path[PATH_MAX_BYTES];

	file_path(c, &c->id, path);
	call_file(c, path, c->more);
}

static void on_file_interaction(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	if (st == SG_OK && c->viewer.actor.role == ROLE_CUSTOMER &&
	    !sg_id_eq(&rows[0].v[INTERACTION_COL_PERSON].id, &c->viewer.actor.id))
		st = SG_E_NOT_FOUND;
	if (call_got(c, st) == SG_OK)
		send_file(c);
}

static void on_file(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	char name[256];

	(void)n;
	if (call_got(c, st) != SG_OK)
		return;
	const struct sg_id in = rows[0].v[FILE_COL_INTERACTION].id;
	bool mine = sg_id_eq(&rows[0].v[FILE_COL_OWNER].id, &c->viewer.actor.id);

	str_copy(name, sizeof(name), rows[0].v[FILE_COL_NAME].s);
	c->more = strdup(name);
	SG_ASSERT(c->more != NULL);
	if (mine)
		send_file(c);
	else if (sg_id_is_none(&in))
		call_refuse(c, SG_E_NOT_FOUND, "not_found");
	else
		call_get(c, TABLE_INTERACTION, &in, on_file_interaction);
}

void op_get_file(struct call *c)
{
	c->id = params_id(c->params, "file");
	call_get(c, TABLE_FILE, &c->id, on_file);
}
