#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "check.h"
#include "helpers.h"

static FILE *sink;
static int real_stderr = -1;

/* Standard error goes to a file from here to the end of the test. */
static int sink_open(void **unused)
{
	(void)unused;
	(void)fflush(stderr);
	sink = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	log_set_level(LOG_INFO);
	return sink && real_stderr >= 0 && dup2(fileno(sink), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int sink_close(void **unused)
{
	(void)unused;
	(void)dup2(real_stderr, STDERR_FILENO);
	(void)close(real_stderr);
	return fclose(sink);
}

/* What was logged since the last call. */
static const char *logged(struct buf *b)
{
	char part[4096];
	ssize_t n;

	b->len = 0;
	assert_status(buf_add(b, "", 0), SG_OK);
	assert_int_equal(lseek(fileno(sink), 0, SEEK_SET), 0);
	while ((n = read(fileno(sink), part, sizeof(part))) > 0)
		assert_status(buf_add(b, part, (size_t)n), SG_OK);
	assert_int_equal(ftruncate(fileno(sink), 0), 0);
	assert_int_equal(lseek(fileno(sink), 0, SEEK_SET), 0);
	return b->data;
}

/* The line after its time stamp, which is checked and cut off. */
static const char *logged_after_ts(struct buf *b)
{
	const char *line = logged(b);
	int64_t ms;

	assert_memory_equal(line, "ts=", 3);
	assert_status(json_parse_time((struct str){line + 3, 24}, &ms), SG_OK);
	assert_true(ms > INT64_C(1700000000000));
	return line + 3 + 24;
}

static void a_line_has_time_level_event_and_fields(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	buf_init(&b, 1 << 20);
	log_event(LOG_INFO, "started", LF_STR("listen", "127.0.0.1:8080"), LF_INT("ms", -12));
	assert_string_equal(logged_after_ts(&b),
			    " level=info event=started listen=127.0.0.1:8080 ms=-12\n");
	log_event(LOG_ERROR, "stopped");
	assert_string_equal(logged_after_ts(&b), " level=error event=stopped\n");
	log_event(LOG_WARN, "range", LF_INT("least", INT64_MIN), LF_INT("most", INT64_MAX));
	assert_string_equal(logged_after_ts(&b),
			    " level=warn event=range least=-9223372036854775808 "
			    "most=9223372036854775807\n");
}

static void values_cannot_forge_fields_or_lines(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"plain/text:1.2,3", "plain/text:1.2,3"},
		{"", "\"\""},
		{NULL, "\"\""},
		{"two words", "\"two words\""},
		{"a=b", "\"a=b\""},
		{"say \"hi\"", "\"say \\\"hi\\\"\""},
		{"back\\slash", "\"back\\\\slash\""},
		{"one\nlevel=error event=forged", "\"one\\nlevel=error event=forged\""},
		{"\r\t\x1b[31m\x7f", "\"\\u000d\\u0009\\u001b[31m\\u007f\""},
		{"\xc2\x9b"
		 "31m",
		 "\"\\u009b31m\""},
		{"caf\xc3\xa9 \xe2\x82\xac", "\"caf\xc3\xa9 \xe2\x82\xac\""},
		{"bad \xff\xe2\x82", "\"bad \\ufffd\\ufffd\""},
	};

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char want[256];
		log_event(LOG_INFO, "e", LF_STR("v", cases[i].value));
		(void)snprintf(want, sizeof(want), " level=info event=e v=%s\n", cases[i].want);
		assert_string_equal(logged_after_ts(&b), want);
	}
}

static void levels_below_the_least_are_silent(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	buf_init(&b, 1 << 20);
	for (int least = LOG_DEBUG; least <= LOG_ERROR; least++) {
		log_set_level((enum log_level)least);
		for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
			log_event((enum log_level)level, "e");
			assert_int_equal(strlen(logged(&b)) > 0, level >= least);
		}
	}
}

static void fields_beyond_twelve_are_left_out(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	struct log_field fields[15] = {{0}};

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 14; i++)
		fields[i] = LF_INT("f", i);
	log_write(LOG_INFO, "e", fields);
	const char *line = logged(&b);
	assert_non_null(strstr(line, " f=11\n"));
	assert_null(strstr(line, "f=12"));
}

static void a_line_that_is_too_long_stays_well_formed(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	char text[3000];
	struct log_field fields[13] = {{0}};

	buf_init(&b, 1 << 20);
	memset(text, '\x01', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 12; i++)
		fields[i] = LF_STR("f", text);
	log_write(LOG_INFO, "e", fields);
	const char *line = logged(&b);
	size_t n = strlen(line);
	assert_true(n > 1024 && n <= 8192);
	/* One whole field of escapes fitted, the next did not, and the line says so. */
	assert_string_equal(line + n - 12, "1\" cut=true\n");
	assert_int_equal(strcspn(line, "\n"), n - 1);
	size_t fields_there = 0, escapes = 0;
	for (const char *p = line; (p = strstr(p, " f=\"")) != NULL; p++)
		fields_there++;
	for (const char *p = line; (p = strstr(p, "\\u0001")) != NULL; p++)
		escapes++;
	assert_true(fields_there > 0);
	assert_int_equal(escapes, fields_there * 1024);
}

static void errno_survives_a_closed_standard_error(void **unused)
{
	(void)unused;
	(void)close(STDERR_FILENO);
	errno = ENOENT;
	log_event(LOG_INFO, "e");
	assert_int_equal(errno, ENOENT);
}

/* Each write to a datagram socket is a message of its own. */
static void a_line_is_one_write(void **unused)
{
	(void)unused;
	char text[1000], got[4096];
	int pair[2];

	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_int_equal(dup2(pair[0], STDERR_FILENO), STDERR_FILENO);
	log_event(LOG_INFO, "e", LF_STR("a", text), LF_STR("b", text));
	ssize_t n = recv(pair[1], got, sizeof(got), MSG_DONTWAIT);
	assert_true(n > 2000);
	assert_int_equal(got[n - 1], '\n');
	assert_int_equal(recv(pair[1], got, sizeof(got), MSG_DONTWAIT), -1);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

enum { THREADS = 4, LINES = 300 };

static void *chatter(void *arg)
{
	char text[200];

	memset(text, *(const char *)arg, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < LINES; i++)
		log_event(LOG_INFO, "chatter", LF_STR("text", text), LF_INT("i", i));
	return NULL;
}

static void lines_of_several_threads_do_not_mix(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;
	pthread_t thread[THREADS];
	char letter[THREADS];
	size_t lines = 0;

	buf_init(&b, 4 << 20);
	for (int i = 0; i < THREADS; i++) {
		letter[i] = (char)('a' + i);
		assert_int_equal(pthread_create(&thread[i], NULL, chatter, &letter[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (const char *p = logged(&b), *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		const char *text = strstr(p, " event=chatter text=");
		assert_memory_equal(p, "ts=", 3);
		assert_true(text && text < end);
		text += strlen(" event=chatter text=");
		char one[] = {*text, '\0'};
		assert_int_equal(strspn(text, one), 199);
		assert_memory_equal(text + 199, " i=", 3);
		lines++;
	}
	assert_int_equal(lines, THREADS * LINES);
}

#define sink_test(fn) cmocka_unit_test_setup_teardown(fn, sink_open, sink_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sink_test(a_line_has_time_level_event_and_fields),
		sink_test(values_cannot_forge_fields_or_lines),
		sink_test(levels_below_the_least_are_silent),
		sink_test(fields_beyond_twelve_are_left_out),
		sink_test(a_line_that_is_too_long_stays_well_formed),
		sink_test(errno_survives_a_closed_standard_error),
		sink_test(a_line_is_one_write),
		sink_test(lines_of_several_threads_do_not_mix),
	};
	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
