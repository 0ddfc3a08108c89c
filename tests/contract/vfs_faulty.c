#include "contract/vfs_faulty.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

/* An open file: ours, with the real one behind it. */
struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum vfs_fault fault_now;
static unsigned waiting;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty_vfs;

static enum vfs_fault fault(void)
{
	pthread_mutex_lock(&lock);
	enum vfs_fault f = fault_now;

	pthread_mutex_unlock(&lock);
	return f;
}

static sqlite3_file *real(sqlite3_file *f)
{
	return ((struct faulty_file *)f)->real;
}

static int f_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), to, n, at);
}

static int f_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	enum vfs_fault now = fault();

	if (now == VFS_WRITE_FAILS)
		return SQLITE_IOERR_WRITE;
	if (now == VFS_FULL)
		return SQLITE_FULL;
	return real(f)->pMethods->xWrite(real(f), from, n, at);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real(f)->pMethods->xTruncate(real(f), size);
}

static int f_sync(sqlite3_file *f, int flags)
{
	pthread_mutex_lock(&lock);
	while (fault_now == VFS_SYNC_WAITS) {
		waiting++;
		pthread_cond_broadcast(&changed);
		pthread_cond_wait(&changed, &lock);
		waiting--;
	}
	enum vfs_fault now = fault_now;

	pthread_mutex_unlock(&lock);
	return now == VFS_SYNC_FAILS ? SQLITE_IOERR_FSYNC
				     : real(f)->pMethods->xSync(real(f), flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int f_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int f_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int f_check(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int f_device(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int f_shm_unmap(sqlite3_file *f, int remove)
{
	return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods faulty_methods = {.iVersion = 2,
						  .xClose = f_close,
						  .xRead = f_read,
						  .xWrite = f_write,
						  .xTruncate = f_truncate,
						  .xSync = f_sync,
						  .xFileSize = f_size,
						  .xLock = f_lock,
						  .xUnlock = f_unlock,
						  .xCheckReservedLock = f_check,
						  .xFileControl = f_control,
						  .xSectorSize = f_sector,
						  .xDeviceCharacteristics = f_device,
						  .xShmMap = f_shm_map,
						  .xShmLock = f_shm_lock,
						  .xShmBarrier = f_shm_barrier,
						  .xShmUnmap = f_shm_unmap};

static int v_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *flags_out)
{
	struct faulty_file *ff = (struct faulty_file *)f;

	(void)v;
	ff->real = (sqlite3_file *)(ff + 1);
	int rc = real_vfs->xOpen(real_vfs, name, ff->real, flags, flags_out);

	ff->base.pMethods = ff->real->pMethods ? &faulty_methods : NULL;
	return rc;
}

void vfs_faulty_register(void)
{
	if (real_vfs)
		return;
	real_vfs = sqlite3_vfs_find(NULL);
	faulty_vfs = *real_vfs;
	faulty_vfs.zName = VFS_FAULTY;
	faulty_vfs.szOsFile = (int)sizeof(struct faulty_file) + real_vfs->szOsFile;
	faulty_vfs.xOpen = v_open;
	faulty_vfs.pNext = NULL;
	sqlite3_vfs_register(&faulty_vfs, 0);
}

void vfs_faulty_set(enum vfs_fault f)
{
	pthread_mutex_lock(&lock);
	fault_now = f;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

bool vfs_faulty_wait(int within_ms)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1 + within_ms / 1000;
	pthread_mutex_lock(&lock);
	while (waiting == 0 && rc == 0)
		rc = pthread_cond_timedwait(&changed, &lock, &until);
	bool ok = waiting > 0;

	pthread_mutex_unlock(&lock);
	return ok;
}
