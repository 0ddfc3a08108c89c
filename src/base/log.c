#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base_priv.h"
#include "base/json.h"
#include "base/status.h"

enum { LOG_FIELDS = 12, LOG_LINE = 8192, LOG_VALUE = 1024, LOG_ESCAPED = 8 };

/* What stays free for " cut=true" and the line feed. */
enum { LOG_TAIL = 16 };

struct line {
	char text[LOG_LINE];
	size_t n;
	bool cut;
};

static atomic_int least_level = LOG_INFO;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

void log_set_level(enum log_level least)
{
	atomic_store(&least_level, (int)least);
}

static void line_add(struct line *l, const char *bytes, size_t n)
{
	if (n > sizeof(l->text) - LOG_TAIL - l->n) {
		l->cut = true;
		return;
	}
	memcpy(l->text + l->n, bytes, n);
	l->n += n;
}

/* The character at p as a reader, a terminal and a parser may see it. Returns the bytes in out;
 * len_out is what was taken of p. */
static size_t escape(const char *p, size_t n, char out[LOG_ESCAPED], size_t *len_out)
{
	unsigned char c = (unsigned char)p[0];

	if (!str_char_at(p, n, len_out))
		return (size_t)snprintf(out, LOG_ESCAPED, "\\ufffd");
	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, LOG_ESCAPED, "\\%c", c);
	if (c == '\n')
		return (size_t)snprintf(out, LOG_ESCAPED, "\\n");
	if (c < 0x20 || c == 0x7f)
		return (size_t)snprintf(out, LOG_ESCAPED, "\\u%04x", (unsigned)c);
	if (c == 0xc2 && (unsigned char)p[1] < 0xa0) /* C1: terminals obey it */
		return (size_t)snprintf(out, LOG_ESCAPED, "\\u%04x", (unsigned)(unsigned char)p[1]);
	memcpy(out, p, *len_out);
	return *len_out;
}

static bool is_bare(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return false;
	}
	return n > 0;
}

/* One field whole or none of it, so that a line that is too long is still logfmt. */
static void line_field(struct line *l, const char *name, const char *value)
{
	size_t before = l->n, n = strnlen(value, LOG_VALUE), len;
	char out[LOG_ESCAPED];

	if (l->cut)
		return;
	if (l->n > 0)
		line_add(l, " ", 1);
	line_add(l, name, strlen(name));
	line_add(l, "=", 1);
	if (is_bare(value, n)) {
		line_add(l, value, n);
	} else {
		line_add(l, "\"", 1);
		for (size_t i = 0; i < n; i += len) {
			size_t escaped = escape(value + i, n - i, out, &len);
			line_add(l, out, escaped);
		}
		line_add(l, "\"", 1);
	}
	if (l->cut)
		l->n = before;
}

static void line_write(const struct line *l)
{
	size_t done = 0;

	/* One write a line keeps threads from mixing; only a signal or a full pipe needs a second.
	 */
	while (done < l->n) {
		ssize_t n = write(STDERR_FILENO, l->text + done, l->n - done);
		if (n < 0 && errno != EINTR)
			return; /* nobody is left to be told */
		if (n > 0)
			done += (size_t)n;
	}
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	struct line l;
	struct timespec now = {0};
	char text[32];
	int saved_errno = errno;

	SG_ASSERT((unsigned)level <= LOG_ERROR);
	if ((int)level < atomic_load(&least_level))
		return;
	l.n = 0;
	l.cut = false;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		now = (struct timespec){0};
	json_format_time((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, text);
	line_field(&l, "ts", text);
	line_field(&l, "level", level_names[level]);
	line_field(&l, "event", event);
	for (int i = 0; i < LOG_FIELDS && fields[i].kind != LOG_FIELD_END; i++) {
		if (fields[i].kind == LOG_FIELD_STR) {
			line_field(&l, fields[i].name, fields[i].s ? fields[i].s : "");
		} else {
			(void)snprintf(text, sizeof(text), "%lld", (long long)fields[i].i);
			line_field(&l, fields[i].name, text);
		}
	}
	/* Past line_add, which guards this room. */
	l.n += (size_t)snprintf(l.text + l.n, LOG_TAIL, "%s\n", l.cut ? " cut=true" : "");
	line_write(&l);
	errno = saved_errno;
}
