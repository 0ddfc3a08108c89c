/* helpers.h - what several tests of base need. */
#ifndef SG_TESTS_BASE_HELPERS_H
#define SG_TESTS_BASE_HELPERS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

/* True when fn ends its process by a panic; it runs in a child. */
static inline bool panics(void (*fn)(void))
{
	int st = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		signal(SIGABRT, SIG_DFL); /* cmocka's own handler would go on with the tests */
		fn();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT;
}

/* The bytes of a file of the shared test data, or false after saying what was left out. */
static inline bool shared_file(const char *name, struct buf *out)
{
	char path[1024], part[4096];
	const char *dir = getenv("SEGUE_SHARED");
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", dir ? dir : "", name);
	FILE *f = dir ? fopen(path, "r") : NULL;
	if (!f) {
		printf("# left out, no test data: %s\n", name);
		return false;
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		if (buf_add(out, part, n) != SG_OK)
			abort();
	(void)fclose(f);
	return true;
}

/* An independent reading of UTF-8: decode by shifting, then judge the number. Length, or 0. */
static inline size_t utf8_oracle(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = p[0] < 0x80 ? 1
				 : ((p[0] & 0xe0) == 0xc0   ? 2
				    : (p[0] & 0xf0) == 0xe0 ? 3
				    : (p[0] & 0xf8) == 0xf0 ? 4
							    : 0);
	uint32_t code = len > 1 ? p[0] & (0x7fu >> len) : p[0];

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

static inline bool utf8_oracle_all(const uint8_t *p, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_oracle(p + i, n - i);
		if (len == 0)
			return false;
	}
	return true;
}

#endif
