/* What can be said of the table without a client; the answers are tested in tests/system/net. */
#include "net/static_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static void put(const char *dir, const char *name, size_t size)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	for (size_t i = 0; i < size; i++)
		fputc('x', f);
	assert_int_equal(fclose(f), 0);
}

static void clear(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static void a_folder_that_is_not_there_is_told(void **unused)
{
	struct static_files *f = NULL;

	(void)unused;
	assert_status(static_files_open("/nonexistent/folder", &f), SG_E_NOT_FOUND);
	assert_status(static_files_open("/dev/null", &f), SG_E_NOT_FOUND);
	assert_null(f);
	static_files_free(NULL);
}

static void an_empty_folder_is_an_empty_table(void **unused)
{
	char dir[] = "/tmp/static-test-XXXXXX";
	struct static_files *f = NULL;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	assert_status(static_files_open(dir, &f), SG_OK);
	static_files_free(f);
	assert_int_equal(rmdir(dir), 0);
}

static void more_than_2000_files_are_refused(void **unused)
{
	char dir[] = "/tmp/static-test-XXXXXX", name[32];
	struct static_files *f = NULL;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		put(dir, name, 1);
	}
	assert_status(static_files_open(dir, &f), SG_OK);
	static_files_free(f);
	f = NULL;
	put(dir, "one-more", 1);
	assert_status(static_files_open(dir, &f), SG_E_LIMIT);
	assert_null(f);
	clear(dir, "one-more");
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		clear(dir, name);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void more_than_64_mib_are_refused(void **unused)
{
	char dir[] = "/tmp/static-test-XXXXXX", path[64];
	struct static_files *f = NULL;

	(void)unused;
	assert_non_null(mkdtemp(dir));
	put(dir, "big", 1);
	snprintf(path, sizeof(path), "%s/big", dir);
	assert_int_equal(truncate(path, (64 << 20) + 1), 0);
	assert_status(static_files_open(dir, &f), SG_E_LIMIT);
	assert_null(f);
	clear(dir, "big");
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_that_is_not_there_is_told),
		cmocka_unit_test(an_empty_folder_is_an_empty_table),
		cmocka_unit_test(more_than_2000_files_are_refused),
		cmocka_unit_test(more_than_64_mib_are_refused),
	};

	return cmocka_run_group_tests_name("static_files", tests, NULL, NULL);
}
