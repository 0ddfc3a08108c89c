#include "api/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { SHORT_RETRY_S = 2, RATE_RETRY_S = 10 };

static const struct {
	unsigned status;
	const char *title;
} titles[] = {
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{410, "Gone"},
	{411, "Length Required"},
	{412, "Precondition Failed"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Range Not Satisfiable"},
	{422, "Unprocessable Content"},
	{426, "Upgrade Required"},
	{428, "Precondition Required"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{507, "Insufficient Storage"},
};

/* Which reasons of SG_E_LIMIT are not "too much, too fast". */
static const struct {
	const char *why;
	unsigned status;
} limits[] = {
	{"too_large", 413},     {"body_too_large", 413}, {"file_too_large", 413},
	{"text_too_long", 413}, {"storage_full", 507},   {"disk_full", 507},
	{"quota", 507},
};

static const struct {
	unsigned status;
	const char *code, *detail;
} answers[SG_STATUS_N] = {
	[SG_E_INPUT] = {422, "invalid", "The request is understood but cannot be done as it is."},
	[SG_E_STATE] = {409, "wrong_state", "This is not possible at this moment."},
	[SG_E_NOT_FOUND] = {404, "not_found", "It does not exist, or is not yours."},
	[SG_E_CONFLICT] = {409, "conflict",
			   "Somebody else changed it first; load it again and repeat."},
	[SG_E_LIMIT] = {429, "too_many", "A limit was reached."},
	[SG_E_AGAIN] = {409, "stale",
			"This answers an older state, or changes nothing; load it again."},
	[SG_E_IO] = {503, "unavailable", "This is not possible for the moment; try again soon."},
};

/* Copies, cutting at a character even where the source was cut in the middle of one. */
static void put(char *out, size_t cap, const char *text)
{
	size_t n = strnlen(text, cap - 1);
	if (text[n])
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	memcpy(out, text, n);
	out[n] = 0;
}

__attribute__((format(printf, 3, 0))) static void put_format(char *out, size_t cap, const char *fmt,
							     va_list args)
{
	char text[512];
	int n = vsnprintf(text, sizeof(text), fmt, args);
	SG_ASSERT(n >= 0);
	put(out, cap, text);
}

const char *problem_title(unsigned status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

static struct problem blank(unsigned status, const char *code)
{
	SG_ASSERT(status >= 400 && status <= 599 && code && code[0]);
	struct problem p = {.status = status, .code = code, .title = problem_title(status)};
	if (status == 503)
		p.retry_after_s = SHORT_RETRY_S;
	if (status == 429)
		p.retry_after_s = RATE_RETRY_S;
	return p;
}

struct problem problem_make(unsigned status, const char *code, const char *detail)
{
	struct problem p = blank(status, code);
	if (detail)
		put(p.detail, sizeof(p.detail), detail);
	return p;
}

struct problem problem_format(unsigned status, const char *code, const char *fmt, ...)
{
	struct problem p = blank(status, code);
	va_list args;
	va_start(args, fmt);
	put_format(p.detail, sizeof(p.detail), fmt, args);
	va_end(args);
	return p;
}

struct problem problem_field(const char *field, const char *fmt, ...)
{
	struct problem p = blank(422, "invalid_field");
	va_list args;
	va_start(args, fmt);
	put_format(p.detail, sizeof(p.detail), fmt, args);
	va_end(args);
	put(p.field, sizeof(p.field), field);
	return p;
}

struct problem problem_from_status(enum sg_status st, const char *why)
{
	SG_ASSERT(st != SG_OK && (unsigned)st < SG_STATUS_N);
	unsigned status = answers[st].status;
	for (size_t i = 0; st == SG_E_LIMIT && why && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strcmp(limits[i].why, why) == 0)
			status = limits[i].status;
	return problem_make(status, why && why[0] ? why : answers[st].code, answers[st].detail);
}

void problem_write(struct json *j, const struct problem *p)
{
	json_cstr(j, "type", "about:blank");
	json_cstr(j, "title", p->title);
	json_int(j, "status", p->status);
	if (p->detail[0])
		json_cstr(j, "detail", p->detail);
	json_cstr(j, "code", p->code);
	if (p->field[0])
		json_cstr(j, "field", p->field);
}
