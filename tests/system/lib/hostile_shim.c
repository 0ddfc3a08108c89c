/* hostile_shim.c - put before a program by LD_PRELOAD: while the first number in the file named by SEGUE_TEST_FAULTS is
 * not 0, fsync and fdatasync fail; the second one is added, in seconds, to the wall clock. The file is mapped, so that a
 * test changes both while the program runs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *control;

__attribute__((constructor)) static void open_control(void)
{
	const char *path = getenv("SEGUE_TEST_FAULTS");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd >= 0 ? mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (fd >= 0)
		close(fd);
	if (at != MAP_FAILED)
		control = at;
}

static int sync_with(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);

	if (control && control[0]) {
		errno = EIO;
		return -1;
	}
	return real(fd);
}

int fsync(int fd)
{
	return sync_with("fsync", fd);
}

int fdatasync(int fd)
{
	return sync_with("fdatasync", fd);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
	static int (*real)(clockid_t, struct timespec *);

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int rc = real(id, out);

	if (rc == 0 && control && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		out->tv_sec += control[1];
	return rc;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return -1;
	out->tv_sec = t.tv_sec;
	out->tv_usec = t.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return (time_t)-1;
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}
