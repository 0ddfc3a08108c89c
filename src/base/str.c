#include "base/str.h"

#include <stdint.h>
#include <string.h>

#include "base/base_priv.h"
#include "base/status.h"

struct str str_from(const char *s)
{
	return s ? (struct str){.p = s, .n = strlen(s)} : (struct str){0};
}

bool str_eq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	if (!a.p || !b.p)
		return a.p == b.p;
	return memcmp(a.p, b.p, a.n) == 0;
}

/* What the second byte may be narrows with the first: that is where overlong forms, surrogates and
 * numbers past U+10FFFF are refused (RFC 3629 section 4). */
static size_t lead(uint8_t c, uint8_t *low_out, uint8_t *high_out)
{
	*low_out = 0x80;
	*high_out = 0xbf;
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		*low_out = c == 0xe0 ? 0xa0 : 0x80;
		*high_out = c == 0xed ? 0x9f : 0xbf;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*low_out = c == 0xf0 ? 0x90 : 0x80;
		*high_out = c == 0xf4 ? 0x8f : 0xbf;
		return 4;
	}
	return 0;
}

bool str_char_at(const char *p, size_t n, size_t *len_out)
{
	const uint8_t *u = (const uint8_t *)p;
	uint8_t low, high;
	size_t want = lead(u[0], &low, &high);

	for (size_t i = 1; i < want; i++) {
		if (i == n || u[i] < low || u[i] > high) {
			*len_out = i;
			return false;
		}
		low = 0x80;
		high = 0xbf;
	}
	*len_out = want ? want : 1;
	return want != 0;
}

/* Bytes at the start that are ASCII, found eight at a time: nearly all text is. */
static size_t ascii_run(const char *p, size_t n)
{
	size_t i = 0;
	uint64_t eight;

	for (; i + sizeof(eight) <= n; i += sizeof(eight)) {
		memcpy(&eight, p + i, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (i < n && (uint8_t)p[i] < 0x80)
		i++;
	return i;
}

bool str_is_utf8(struct str s)
{
	size_t i = 0, len;

	while ((i += ascii_run(s.p + i, s.n - i)) < s.n) {
		if (!str_char_at(s.p + i, s.n - i, &len))
			return false;
		i += len;
	}
	return true;
}

bool str_is_clean(struct str s, bool allow_lines)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];
		uint8_t next = i + 1 < s.n ? (uint8_t)s.p[i + 1] : 0;

		if (c < 0x20 && !(allow_lines && (c == '\n' || c == '\t')))
			return false;
		/* U+0080..U+009F, which terminals obey like C0, are C2 80..C2 9F. */
		if (c == 0x7f || (c == 0xc2 && next >= 0x80 && next <= 0x9f))
			return false;
	}
	return true;
}

static bool is_continuation(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

size_t str_chars(struct str s)
{
	size_t chars = 0;

	for (size_t i = 0; i < s.n; i++)
		chars += !is_continuation(s.p[i]);
	return chars;
}

size_t str_copy(char *out, size_t cap, struct str s)
{
	SG_ASSERT(cap >= 1);
	size_t n = s.n;

	if (n > cap - 1) {
		n = cap - 1;
		while (n > 0 && is_continuation(s.p[n]))
			n--;
	}
	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
	return n;
}
