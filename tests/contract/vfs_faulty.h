/* vfs_faulty.h - a disk that can be told to fail: SQLite's default VFS with faults on demand. */
#ifndef SG_TESTS_CONTRACT_VFS_FAULTY_H
#define SG_TESTS_CONTRACT_VFS_FAULTY_H

#include <stdbool.h>

enum vfs_fault {
	VFS_SOUND,
	VFS_SYNC_FAILS,  /* each sync: SQLITE_IOERR_FSYNC */
	VFS_WRITE_FAILS, /* each write: SQLITE_IOERR_WRITE */
	VFS_FULL,        /* each write: SQLITE_FULL */
	VFS_SYNC_WAITS,  /* each sync waits until the fault is another one */
};

#define VFS_FAULTY "faulty"

void vfs_faulty_register(void); /* once or more */
void vfs_faulty_set(enum vfs_fault fault);

/* Waits until somebody waits in VFS_SYNC_WAITS; false at the deadline. */
bool vfs_faulty_wait(int within_ms);

#endif
