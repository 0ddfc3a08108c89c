#include "net/static_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "net/net_priv.h"

enum {
	FILES_MAX = 2000,
	BYTES_MAX = 64 << 20,
	DEPTH_MAX = 16,
	HASH_CHARS = 8, /* what Vite puts in a name */
	CODINGS = 3,
};

static const struct {
	const char *name, *suffix, *tag;
} CODING[CODINGS] = {{NULL, "", ""}, {"br", ".br", "-br"}, {"gzip", ".gz", "-gz"}};

/* One file in one coding. */
struct variant {
	char *data; /* NULL: there is none */
	size_t size;
	char etag[40];
	struct MHD_Response *ready; /* with the headers below, for the next request */
};

struct file {
	char *path;
	struct variant in[CODINGS];
	bool has_variants, is_immutable;
	const char *type;
	char *headers; /* those of the last caller, by which `ready` was made */
};

struct static_files {
	struct file *file;
	unsigned n, cap;
	size_t bytes;
};

static const struct {
	const char *suffix, *type;
} TYPES[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".map", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".jpg", "image/jpeg"},
	{".jpeg", "image/jpeg"},
	{".gif", "image/gif"},
	{".webp", "image/webp"},
	{".avif", "image/avif"},
	{".ico", "image/vnd.microsoft.icon"},
	{".woff2", "font/woff2"},
	{".woff", "font/woff"},
	{".ttf", "font/ttf"},
	{".txt", "text/plain; charset=utf-8"},
	{".xml", "application/xml"},
	{".pdf", "application/pdf"},
	{".wasm", "application/wasm"},
	{".mp3", "audio/mpeg"},
	{".ogg", "audio/ogg"},
	{".wav", "audio/wav"},
	{".mp4", "video/mp4"},
	{".webm", "video/webm"},
};

static bool ends_in(const char *text, const char *suffix)
{
	size_t n = strlen(text), k = strlen(suffix);

	return n >= k && !strcmp(text + n - k, suffix);
}

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
		if (ends_in(path, TYPES[i].suffix))
			return TYPES[i].type;
	return "application/octet-stream";
}

static bool is_hash(const char *p)
{
	bool has_odd = false;

	for (int i = 0; i < HASH_CHARS; i++) {
		bool small = p[i] >= 'a' && p[i] <= 'z';
		bool odd = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'A' && p[i] <= 'Z');

		if (!small && !odd && p[i] != '-' && p[i] != '_')
			return false;
		has_odd = has_odd || odd;
	}
	/* A plain word of eight letters ("validate") is no hash. */
	return has_odd;
}

/* "/desk/assets/main-4fK2aX9_.js": the name changes with the content, so it may be kept for ever.
 */
static bool has_hash(const char *path)
{
	const char *assets = strstr(path, "/assets/"), *slash = strrchr(path, '/');
	const char *dot = slash ? strrchr(slash, '.') : NULL;

	if (!assets || !dot || dot - slash <= HASH_CHARS + 1)
		return false;
	if (dot[-HASH_CHARS - 1] != '-' && dot[-HASH_CHARS - 1] != '.')
		return false;
	return is_hash(dot - HASH_CHARS);
}

/* ---- reading the tree ---- */

static struct file *find(const struct static_files *f, struct str path)
{
	unsigned low = 0, high = f->n;

	while (low < high) {
		unsigned mid = (low + high) / 2;
		const char *p = f->file[mid].path;
		size_t n = strlen(p), k = n < path.n ? n : path.n;
		int order = memcmp(path.p, p, k);

		if (!order)
			order = (path.n > n) - (path.n < n);
		if (!order)
			return &f->file[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static enum sg_status read_whole(int fd, size_t size, char **data_out)
{
	char *data = malloc(size ? size : 1);
	size_t at = 0;

	SG_ASSERT(data);
	while (at < size) {
		ssize_t k = read(fd, data + at, size - at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			free(data);
			return SG_E_IO;
		}
		at += (size_t)k;
	}
	*data_out = data;
	return SG_OK;
}

static enum sg_status add_file(struct static_files *f, int dir, const char *name, const char *path)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct file file = {0};
	struct stat st;
	enum sg_status result;

	if (fd < 0)
		return errno == ELOOP ? SG_OK : SG_E_IO; /* a symbolic link is not followed */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return SG_OK;
	}
	if (f->n == FILES_MAX || (size_t)st.st_size > BYTES_MAX - f->bytes) {
		close(fd);
		return SG_E_LIMIT;
	}
	result = read_whole(fd, (size_t)st.st_size, &file.in[0].data);
	close(fd);
	if (result != SG_OK)
		return result;
	file.in[0].size = (size_t)st.st_size;
	f->bytes += file.in[0].size;
	file.path = strdup(path);
	SG_ASSERT(file.path);
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		f->file = realloc(f->file, f->cap * sizeof(*f->file));
		SG_ASSERT(f->file);
	}
	f->file[f->n++] = file;
	return SG_OK;
}

/* Takes over dir_fd. */
static enum sg_status add_tree(struct static_files *f, int dir_fd, const char *prefix, int depth)
{
	DIR *dir = depth <= DEPTH_MAX ? fdopendir(dir_fd) : NULL;
	enum sg_status st = SG_OK;
	struct dirent *e;

	if (!dir) {
		close(dir_fd);
		return depth <= DEPTH_MAX ? SG_E_IO : SG_E_LIMIT;
	}
	while (st == SG_OK && (e = readdir(dir))) {
		char *path;
		int sub;

		if (*e->d_name == '.')
			continue;
		SG_ASSERT(asprintf(&path, "%s/%s", prefix, e->d_name) > 0);
		sub = openat(dirfd(dir), e->d_name,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (sub < 0 && (errno == ENOTDIR || errno == ELOOP))
			st = add_file(f, dirfd(dir), e->d_name, path);
		else if (sub >= 0)
			st = add_tree(f, sub, path, depth + 1);
		free(path);
	}
	closedir(dir);
	return st;
}

static int by_path(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void tag(struct variant *v, const char *suffix)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char text[17];

	SHA256((const uint8_t *)v->data, v->size, digest);
	for (int i = 0; i < 8; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	snprintf(v->etag, sizeof(v->etag), "\"%s%s\"", text, suffix);
}

/* Makes "x.js.br" the Brotli body of "x.js"; it then has no path of its own. */
static void join_siblings(struct static_files *f)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < f->n; i++) {
		struct file *file = &f->file[i];

		for (int c = 1; c < CODINGS; c++) {
			size_t n = strlen(file->path), k = strlen(CODING[c].suffix);
			struct file *whole;

			if (!ends_in(file->path, CODING[c].suffix))
				continue;
			whole = find(f, (struct str){file->path, n - k});
			if (!whole || whole == file)
				continue;
			whole->in[c].data = SG_TAKE(file->in[0].data);
			whole->in[c].size = file->in[0].size;
			whole->has_variants = true;
		}
	}
	for (unsigned i = 0; i < f->n; i++) {
		if (f->file[i].in[0].data)
			f->file[kept++] = f->file[i];
		else
			free(f->file[i].path);
	}
	f->n = kept;
}

enum sg_status static_files_open(const char *root, struct static_files **out)
{
	struct static_files *f;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum sg_status st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? SG_E_NOT_FOUND : SG_E_IO;
	f = calloc(1, sizeof(*f));
	SG_ASSERT(f);
	st = add_tree(f, fd, "", 0);
	if (st != SG_OK) {
		static_files_free(f);
		return st;
	}
	if (f->n)
		qsort(f->file, f->n, sizeof(*f->file), by_path);
	join_siblings(f);
	for (unsigned i = 0; i < f->n; i++) {
		struct file *file = &f->file[i];

		file->type = type_of(file->path);
		file->is_immutable = has_hash(file->path);
		for (int c = 0; c < CODINGS; c++)
			if (file->in[c].data)
				tag(&file->in[c], CODING[c].tag);
	}
	*out = f;
	return SG_OK;
}

static void forget_ready(struct file *file)
{
	for (int c = 0; c < CODINGS; c++) {
		if (file->in[c].ready)
			MHD_destroy_response(file->in[c].ready);
		file->in[c].ready = NULL;
	}
}

void static_files_free(struct static_files *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < f->n; i++) {
		forget_ready(&f->file[i]);
		for (int c = 0; c < CODINGS; c++)
			free(f->file[i].in[c].data);
		free(f->file[i].path);
		free(f->file[i].headers);
	}
	free(f->file);
	free(f);
}

/* ---- answering ---- */

static int choose(const struct file *file, struct str accept)
{
	int best = 0, best_weight = 0;

	if (!accept.p)
		return 0;
	for (int c = 1; c < CODINGS; c++) {
		int w = file->in[c].data ? http_parse_coding(accept, CODING[c].name) : -1;

		if (w > best_weight) {
			best = c;
			best_weight = w;
		}
	}
	return http_parse_coding(accept, "identity") > best_weight ? 0 : best;
}

static char *join_headers(const struct http_header_out *headers, unsigned n)
{
	SG_AUTO(buf) b;
	char *text;

	buf_init(&b, 65536);
	for (unsigned i = 0; i < n; i++)
		SG_ASSERT(buf_addf(&b, "%s: %s\n", headers[i].name, headers[i].value) == SG_OK);
	text = strdup(b.len ? b.data : "");
	SG_ASSERT(text);
	return text;
}

/* Does `joined` say the same as these headers? Without allocating: this runs for every request. */
static bool same_headers(const char *joined, const struct http_header_out *headers, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t name = strlen(headers[i].name), value = strlen(headers[i].value);

		if (strncmp(joined, headers[i].name, name) != 0 ||
		    strncmp(joined + name, ": ", 2) != 0)
			return false;
		joined += name + 2;
		if (strncmp(joined, headers[i].value, value) != 0 || joined[value] != '\n')
			return false;
		joined += value + 1;
	}
	return !*joined;
}

static struct MHD_Response *make(const struct file *file, int coding, bool with_body,
				 const struct http_header_out *headers, unsigned n)
{
	const struct variant *v = &file->in[coding];
	struct MHD_Response *r;

	/* The bytes live as long as the table, so nothing is copied. */
	r = MHD_create_response_from_buffer(v->size, v->data, MHD_RESPMEM_PERSISTENT);
	SG_ASSERT(r);
	if (with_body) {
		http_answer_header(r, "Content-Type", file->type);
		if (coding)
			http_answer_header(r, "Content-Encoding", CODING[coding].name);
	}
	http_answer_header(r, "ETag", v->etag);
	http_answer_header(r, "Cache-Control",
			   file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (file->has_variants)
		http_answer_header(r, "Vary", "Accept-Encoding");
	for (unsigned i = 0; i < n; i++)
		http_answer_header(r, headers[i].name, headers[i].value);
	return r;
}

static struct MHD_Response *ready_answer(struct file *file, int coding,
					 const struct http_header_out *headers, unsigned n)
{
	struct variant *v = &file->in[coding];

	if (!file->headers || !same_headers(file->headers, headers, n)) {
		forget_ready(file);
		free(file->headers);
		file->headers = join_headers(headers, n);
	}
	if (!v->ready)
		v->ready = make(file, coding, true, headers, n);
	return v->ready;
}

enum sg_status static_files_answer(struct static_files *f, struct http_server *s,
				   const struct http_request *rq, struct str path,
				   const struct http_header_out *headers, unsigned n_headers)
{
	struct http_req *r = rq->handle;
	char index[512];
	struct file *file;
	struct str known;
	int coding;

	(void)s;
	SG_ASSERT(rq->method == HTTP_GET || rq->method == HTTP_HEAD);
	if (path.n && path.p[path.n - 1] == '/') {
		int n = snprintf(index, sizeof(index), "%.*sindex.html", (int)path.n, path.p);

		if (n < 0 || (size_t)n >= sizeof(index))
			return SG_E_NOT_FOUND;
		path = (struct str){index, (size_t)n};
	}
	file = find(f, path);
	if (!file)
		return SG_E_NOT_FOUND;
	coding = choose(file, http_header(rq, "Accept-Encoding"));
	known = http_header(rq, "If-None-Match");
	if (known.p && http_parse_etag(known, file->in[coding].etag)) {
		http_answer_with(r, 304, make(file, coding, false, headers, n_headers), 0);
		return SG_OK;
	}
	http_answer_shared(r, 200, ready_answer(file, coding, headers, n_headers),
			   file->in[coding].size);
	return SG_OK;
}
