/* Of the C servers tried, none refuses every head that two parsers can read in two ways. So before
 * a request touches anything, all its headers are walked and whatever is not plain is refused (rule
 * S26). */
#include "net/net_priv.h"

#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 100 };

struct walk {
	unsigned n, lengths, encodings, hosts;
	size_t bytes;
	const char *last;   /* value */
	uintptr_t line_end; /* first byte after the line before: where its line end was */
	const char *wrong;
	struct http_head *head;
};

static const char TOKEN[] =
	"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char HOST[] =
	"-._~%!$&'()*+;=:[]0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* libmicrohttpd cuts the head in place: CR LF become two NULs. A gap of one is a bare LF; a gap
 * with anything but those two and blanks is text behind a NUL. (Should a later version keep heads
 * elsewhere, the gaps are wild and prove nothing.) The line end of the last header cannot be seen
 * in this way. */
static const char *odd_gap(uintptr_t end, const char *next)
{
	uintptr_t gap = (uintptr_t)next - end;
	const char *p = next - gap;
	int nuls = 0;

	if (!end || (uintptr_t)next < end || gap > 65536)
		return NULL;
	if (gap == 1)
		return "a line ends in a bare LF";
	for (; p < next; p++) {
		nuls += !*p;
		if ((*p && *p != ' ' && *p != '\t') || nuls > 2)
			return "NUL in a header";
	}
	return NULL;
}

/* After the last header's value: its CR LF and the empty line's, again as NULs. Anything else is a
 * line that 0.9.75 took for the empty one, such as one that begins with a colon. Looks past what it
 * was given, so only in the version whose heads are known to lie so. */
static bool is_odd_end(uintptr_t end, const char *last)
{
	static const char known[] = "0.9.75";
	const char *p = last + (end - (uintptr_t)last);

	if (strcmp(MHD_get_version(), known) != 0)
		return false;
	return p[0] || p[1] || p[2] || p[3];
}

static void take_length(struct walk *w, const char *value)
{
	uint64_t v = 0;
	const char *p = value;

	w->lengths++;
	for (; *p >= '0' && *p <= '9' && p - value < 18; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (*p || p == value)
		w->wrong = "Content-Length is not a number";
	w->head->has_length = true;
	w->head->length = v;
}

static enum MHD_Result each_header(void *cls, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct walk *w = cls;
	const char *odd = odd_gap(w->line_end, name);

	(void)kind;
	w->last = value;
	value = value ? value : "";
	w->n++;
	w->bytes += strlen(name) + strlen(value) + 4;
	w->line_end = (uintptr_t)value + strlen(value);
	if (odd)
		w->wrong = odd;
	if (!*name || name[strspn(name, TOKEN)])
		w->wrong = "a header name has characters that are no token";
	for (const char *p = value; *p; p++)
		if ((*(const unsigned char *)p < ' ' && *p != '\t') || *p == 127)
			w->wrong = "control character in a header";
	if (!strcasecmp(name, "Content-Length")) {
		take_length(w, value);
	} else if (!strcasecmp(name, "Host")) {
		w->hosts++;
		if (!*value || value[strspn(value, HOST)])
			w->wrong = "Host is not a host";
	} else if (!strcasecmp(name, "Transfer-Encoding")) {
		w->encodings++;
		w->head->is_chunked = true;
		if (strcasecmp(value, "chunked") != 0)
			w->wrong = "Transfer-Encoding other than chunked";
	}
	return MHD_YES;
}

static void refuse(struct http_head *h, unsigned status, const char *detail)
{
	if (!h->refuse) {
		h->refuse = status;
		h->detail = detail;
	}
}

static void judge_lengths(struct http_head *h, const struct walk *w, bool is_old)
{
	if (w->lengths > 1)
		refuse(h, 400, "Content-Length given twice");
	if (w->encodings > 1)
		refuse(h, 400, "Transfer-Encoding given twice");
	if (w->lengths && w->encodings)
		refuse(h, 400, "Content-Length and Transfer-Encoding together");
	if (w->encodings && is_old)
		refuse(h, 400, "Transfer-Encoding in HTTP/1.0");
}

void http_framing_check(struct MHD_Connection *c, const char *version, size_t head_max,
			struct http_head *out)
{
	struct walk w = {.head = out};
	bool is_old = !strcmp(version, "HTTP/1.0");

	*out = (struct http_head){0};
	w.line_end = (uintptr_t)version + strlen(version);
	MHD_get_connection_values(c, MHD_HEADER_KIND, each_header, &w);
	if (w.wrong)
		refuse(out, 400, w.wrong);
	if (w.last && is_odd_end(w.line_end, w.last))
		refuse(out, 400, "the head does not end in an empty line");
	judge_lengths(out, &w, is_old);
	if (w.hosts > 1 || (!w.hosts && !is_old))
		refuse(out, 400, "exactly one Host is needed");
	if (!is_old && strcmp(version, "HTTP/1.1") != 0)
		refuse(out, 505, "only versions 1.0 and 1.1 are spoken");
	if (w.n > HEADERS_MAX || w.bytes > head_max)
		refuse(out, 431, "the head of the request is too large");
}
