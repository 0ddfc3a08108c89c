/* problem.h - why something was refused: problem+json (RFC 9457), for HTTP and for the live
 * connection.
 *
 * `code` is what programs look at: a short stable token, always a literal. The type is
 * "about:blank", so the title is that of the status. detail and field are for people, and may
 * repeat what the peer sent.
 */
#ifndef SG_API_PROBLEM_H
#define SG_API_PROBLEM_H

#include "base/status.h"

struct json;

#define PROBLEM_MEDIA_TYPE "application/problem+json"

struct problem {
	unsigned status;        /* HTTP */
	unsigned retry_after_s; /* for the header Retry-After; 0: none */
	const char *code;
	const char *title;
	char detail[200]; /* "" for none */
	char field[100];  /* "articles[2].helped", "" for none */
};

/* code lives for ever. The texts are cut where they are too long, at a character. */
struct problem problem_make(unsigned status, const char *code, const char *detail);
struct problem problem_format(unsigned status, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* 422 invalid_field. */
struct problem problem_field(const char *field, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What a refused command is told. why: the core's token, or NULL; it becomes the code, and for
 * SG_E_LIMIT it chooses the status: 413 for what is too large, 507 for full storage, 429 else.
 * SG_E_INPUT is 422, SG_E_STATE, SG_E_CONFLICT and SG_E_AGAIN ("stale") are 409, SG_E_NOT_FOUND
 * 404, SG_E_IO 503. Not for SG_OK. */
struct problem problem_from_status(enum sg_status st, const char *why);

/* The reason phrase of RFC 9110, or "Error". */
const char *problem_title(unsigned status);

/* Writes the members into the object that is open. */
void problem_write(struct json *j, const struct problem *p);

#endif
