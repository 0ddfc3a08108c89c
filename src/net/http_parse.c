#include "net/net_priv.h"

#include <string.h>
#include <strings.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One byte of percent-encoded text; -1 for a bad escape. Moves *at. */
static int unescape(struct str s, size_t *at, bool plus_is_space)
{
	char c = s.p[(*at)++];
	int high, low;

	if (c == '+' && plus_is_space)
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (*at + 2 > s.n)
		return -1;
	high = hex(s.p[*at]);
	low = hex(s.p[*at + 1]);
	if (high < 0 || low < 0)
		return -1;
	*at += 2;
	return high * 16 + low;
}

static bool has_dot_dot(struct str path)
{
	for (size_t i = 0; i + 2 < path.n; i++) {
		if (path.p[i] != '/' || path.p[i + 1] != '.' || path.p[i + 2] != '.')
			continue;
		if (i + 3 == path.n || path.p[i + 3] == '/')
			return true;
	}
	return false;
}

enum sg_status http_parse_target(char *target, struct str *path_out, struct str *query_out)
{
	struct str raw = str_from(target), query = STR("");
	char *mark = strchr(target, '?');
	size_t at = 0, n = 0;

	for (size_t i = 0; i < raw.n; i++)
		if (target[i] <= ' ' || target[i] > '~' || target[i] == '#' || target[i] == '\\')
			return SG_E_INPUT;
	if (mark) {
		query = str_from(mark + 1);
		raw.n = (size_t)(mark - target);
	}
	if (!raw.n || target[0] != '/')
		return SG_E_INPUT;
	while (at < raw.n) {
		int c = unescape(raw, &at, false);

		if (c < ' ' || c == 127 || c == '\\')
			return SG_E_INPUT;
		target[n++] = (char)c;
	}
	raw.n = n;
	if (!str_is_utf8(raw) || has_dot_dot(raw))
		return SG_E_INPUT;
	*path_out = raw;
	*query_out = query;
	return SG_OK;
}

static struct str trimmed(struct str s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Cuts the next item off *rest at that separator. False: nothing is left. */
static bool next_item(struct str *rest, char separator, struct str *item_out)
{
	const char *end;

	if (!rest->n)
		return false;
	end = memchr(rest->p, separator, rest->n);
	*item_out = *rest;
	if (end) {
		item_out->n = (size_t)(end - rest->p);
		rest->n -= item_out->n + 1;
		rest->p = end + 1;
	} else {
		rest->p += rest->n;
		rest->n = 0;
	}
	return true;
}

/* Splits at the first "="; the value is absent when there is none. */
static struct str value_of(struct str *item)
{
	const char *eq = item->n ? memchr(item->p, '=', item->n) : NULL;
	struct str value = {NULL, 0};

	if (!eq)
		return value;
	value.p = eq + 1;
	value.n = (size_t)(item->p + item->n - value.p);
	item->n = (size_t)(eq - item->p);
	return value;
}

struct str http_parse_cookie(struct str header, const char *name)
{
	struct str item, absent = {NULL, 0}, wanted = str_from(name);

	while (next_item(&header, ';', &item)) {
		struct str value;

		item = trimmed(item);
		value = value_of(&item);
		if (value.p && str_eq(item, wanted))
			return value;
	}
	return absent;
}

/* SG_E_NOT_FOUND: another name. */
static enum sg_status match_name(struct str raw, const char *name)
{
	size_t at = 0, i = 0, n = strlen(name);

	while (at < raw.n) {
		int c = unescape(raw, &at, true);

		if (c < 0)
			return SG_E_INPUT;
		if (i >= n || (unsigned char)name[i] != c)
			return SG_E_NOT_FOUND;
		i++;
	}
	return i == n ? SG_OK : SG_E_NOT_FOUND;
}

static enum sg_status decode_value(struct str raw, char *out, size_t cap)
{
	size_t at = 0, n = 0;

	while (at < raw.n) {
		int c = unescape(raw, &at, true);

		if (c <= 0)
			return SG_E_INPUT;
		if (n + 1 >= cap)
			return SG_E_LIMIT;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return str_is_utf8((struct str){out, n}) ? SG_OK : SG_E_INPUT;
}

enum sg_status http_parse_query(struct str query, const char *name, char *out, size_t cap)
{
	struct str item, found = {NULL, 0};

	SG_ASSERT(cap);
	while (next_item(&query, '&', &item)) {
		struct str value = value_of(&item);
		enum sg_status st = match_name(item, name);

		if (st == SG_E_NOT_FOUND)
			continue;
		if (st != SG_OK || found.p)
			return SG_E_INPUT;
		found = value.p ? value : STR("");
	}
	return found.p ? decode_value(found, out, cap) : SG_E_NOT_FOUND;
}

static bool eq_nocase(struct str a, const char *b)
{
	return strlen(b) == a.n && !strncasecmp(a.p, b, a.n);
}

bool http_parse_has_token(struct str list, const char *token)
{
	struct str item;

	while (next_item(&list, ',', &item))
		if (eq_nocase(trimmed(item), token))
			return true;
	return false;
}

/* "q=0.5" to 500; what is malformed counts as 0, so it is never chosen. */
static int weight(struct str q)
{
	int w = 0, scale = 100;

	if (!q.n || (*q.p != '0' && *q.p != '1'))
		return 0;
	w = (*q.p - '0') * 1000;
	if (q.n == 1)
		return w;
	if (q.p[1] != '.' || q.n > 5)
		return 0;
	for (size_t i = 2; i < q.n; i++, scale /= 10) {
		if (q.p[i] < '0' || q.p[i] > '9')
			return 0;
		w += (q.p[i] - '0') * scale;
	}
	return w > 1000 ? 0 : w;
}

int http_parse_coding(struct str accept, const char *coding)
{
	struct str item, part;
	int any = -1;

	while (next_item(&accept, ',', &item)) {
		struct str name = {NULL, 0};
		int w = 1000;

		if (next_item(&item, ';', &part))
			name = trimmed(part);
		while (next_item(&item, ';', &part)) {
			struct str v;

			part = trimmed(part);
			v = value_of(&part);
			if (v.p && eq_nocase(part, "q"))
				w = weight(v);
		}
		if (name.n && eq_nocase(name, coding))
			return w;
		if (name.n == 1 && *name.p == '*')
			any = w;
	}
	return any;
}

bool http_parse_etag(struct str list, const char *etag)
{
	struct str item, wanted = str_from(etag);

	while (next_item(&list, ',', &item)) {
		item = trimmed(item);
		if (item.n == 1 && *item.p == '*')
			return true;
		if (item.n > 2 && item.p[0] == 'W' && item.p[1] == '/') {
			item.p += 2;
			item.n -= 2;
		}
		if (str_eq(item, wanted))
			return true;
	}
	return false;
}

static bool digits(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (!s.n || s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = v;
	return true;
}

/* "3-5", "3-", "-5"; to is exclusive. */
static bool parse_span(struct str span, uint64_t size, uint64_t *from, uint64_t *to)
{
	struct str first;
	uint64_t v = 0;

	if (!span.n || !memchr(span.p, '-', span.n) || !next_item(&span, '-', &first))
		return false;
	if (!first.n) {
		if (!digits(span, &v))
			return false;
		*from = v > size ? 0 : size - v;
		*to = size;
		return true;
	}
	if (!digits(first, from) || (span.n && !digits(span, &v)) || (span.n && v < *from))
		return false;
	*to = !span.n || v >= size ? size : v + 1;
	return true;
}

enum http_range http_parse_range(struct str v, uint64_t size, uint64_t *from_out, uint64_t *to_out)
{
	static const char unit[] = "bytes=";
	size_t n = sizeof(unit) - 1;
	uint64_t from, to;

	if (v.n <= n || strncasecmp(v.p, unit, n) != 0 ||
	    !parse_span(trimmed((struct str){v.p + n, v.n - n}), size, &from, &to))
		return HTTP_RANGE_NONE;
	if (from >= to)
		return HTTP_RANGE_BAD;
	*from_out = from;
	*to_out = to;
	return HTTP_RANGE_PART;
}

struct str http_header(const struct http_request *rq, const char *name)
{
	const struct http_req *r = rq->handle;

	return str_from(MHD_lookup_connection_value(r->c, MHD_HEADER_KIND, name));
}

struct str http_cookie(const struct http_request *rq, const char *name)
{
	return http_parse_cookie(http_header(rq, "Cookie"), name);
}

enum sg_status http_query(const struct http_request *rq, const char *name, char *out, size_t cap)
{
	return http_parse_query(rq->query, name, out, cap);
}
