/* sq_gather.c - a layer between SQLite and its VFS that gathers the writes of the write-ahead log.
 *
 * SQLite appends each changed page in two small writes, some nine system calls a chat message. Here
 * what is appended waits in a buffer until the log is synced, read, measured or cut. Nobody can
 * miss it: with synchronous=FULL every commit syncs the log before other connections are told of
 * the new frames (the index in shared memory comes after), and the writer itself reads through the
 * same file. A write that fails late fails that sync, and so the commit. */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "store/sqlite/sqlite_priv.h"

enum { GATHER_BYTES = 128 * 1024, NAME_MAX_BYTES = 64, LAYERS_MAX = 4 };

struct layer {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	char name[NAME_MAX_BYTES];
};

/* The log. The real file lies behind it. */
struct gather {
	sqlite3_file base;
	sqlite3_file *real;
	char *bytes; /* GATHER_BYTES from the first write on */
	int n;
	sqlite3_int64 at; /* of bytes in the file */
};

static struct gather *gather(sqlite3_file *f)
{
	return (struct gather *)f;
}

/* What could not be written is forgotten: SQLite gives the transaction up. */
static int flush(struct gather *g)
{
	int n = g->n;

	g->n = 0;
	return n ? g->real->pMethods->xWrite(g->real, g->bytes, n, g->at) : SQLITE_OK;
}

static int g_close(sqlite3_file *f)
{
	struct gather *g = gather(f);
	int rc = flush(g), closed = g->real->pMethods->xClose(g->real);

	free(g->bytes);
	g->bytes = NULL;
	return rc ? rc : closed;
}

static int g_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	struct gather *g = gather(f);
	int rc = flush(g);

	return rc ? rc : g->real->pMethods->xRead(g->real, to, n, at);
}

static int g_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	struct gather *g = gather(f);

	if (at != g->at + g->n || n > GATHER_BYTES - g->n) {
		int rc = flush(g);

		if (rc)
			return rc;
		g->at = at;
	}
	if (n > GATHER_BYTES)
		return g->real->pMethods->xWrite(g->real, from, n, at);
	if (!g->bytes)
		g->bytes = malloc(GATHER_BYTES);
	SG_ASSERT(g->bytes != NULL);
	memcpy(g->bytes + g->n, from, (size_t)n);
	g->n += n;
	return SQLITE_OK;
}

static int g_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct gather *g = gather(f);
	int rc = flush(g);

	return rc ? rc : g->real->pMethods->xTruncate(g->real, size);
}

static int g_sync(sqlite3_file *f, int flags)
{
	struct gather *g = gather(f);
	int rc = flush(g);

	return rc ? rc : g->real->pMethods->xSync(g->real, flags);
}

static int g_size(sqlite3_file *f, sqlite3_int64 *size_out)
{
	struct gather *g = gather(f);
	int rc = flush(g);

	return rc ? rc : g->real->pMethods->xFileSize(g->real, size_out);
}

static int g_lock(sqlite3_file *f, int how)
{
	return gather(f)->real->pMethods->xLock(gather(f)->real, how);
}

static int g_unlock(sqlite3_file *f, int how)
{
	return gather(f)->real->pMethods->xUnlock(gather(f)->real, how);
}

static int g_reserved(sqlite3_file *f, int *out)
{
	return gather(f)->real->pMethods->xCheckReservedLock(gather(f)->real, out);
}

static int g_control(sqlite3_file *f, int op, void *arg)
{
	return gather(f)->real->pMethods->xFileControl(gather(f)->real, op, arg);
}

static int g_sector(sqlite3_file *f)
{
	return gather(f)->real->pMethods->xSectorSize(gather(f)->real);
}

static int g_device(sqlite3_file *f)
{
	return gather(f)->real->pMethods->xDeviceCharacteristics(gather(f)->real);
}

static const sqlite3_io_methods log_methods = {.iVersion = 1,
					       .xClose = g_close,
					       .xRead = g_read,
					       .xWrite = g_write,
					       .xTruncate = g_truncate,
					       .xSync = g_sync,
					       .xFileSize = g_size,
					       .xLock = g_lock,
					       .xUnlock = g_unlock,
					       .xCheckReservedLock = g_reserved,
					       .xFileControl = g_control,
					       .xSectorSize = g_sector,
					       .xDeviceCharacteristics = g_device};

static int layer_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags,
		      int *flags_out)
{
	sqlite3_vfs *real = ((struct layer *)v)->real;

	if (!(flags & SQLITE_OPEN_WAL))
		return real->xOpen(real, name, f, flags, flags_out);
	struct gather *g = gather(f);

	*g = (struct gather){.real = (sqlite3_file *)(g + 1)};
	int rc = real->xOpen(real, name, g->real, flags, flags_out);

	g->base.pMethods = g->real->pMethods ? &log_methods : NULL;
	return rc;
}

/* Its other methods are the real one's, which look at nothing that we change. */
const char *sq_gather_vfs(const char *under)
{
	static struct layer layers[LAYERS_MAX];
	static unsigned n;
	sqlite3_vfs *real = sqlite3_vfs_find(under);

	if (!real)
		return under; /* opening will say so */
	for (unsigned i = 0; i < n; i++) {
		if (layers[i].real == real)
			return layers[i].name;
	}
	SG_ASSERT(n < LAYERS_MAX);
	struct layer *l = &layers[n++];

	*l = (struct layer){.vfs = *real, .real = real};
	sqlite3_snprintf(sizeof(l->name), l->name, "segue-%s", real->zName);
	l->vfs.zName = l->name;
	l->vfs.szOsFile = (int)sizeof(struct gather) + real->szOsFile;
	l->vfs.xOpen = layer_open;
	l->vfs.pNext = NULL;
	return sqlite3_vfs_register(&l->vfs, 0) == SQLITE_OK ? l->name : under;
}
