/* Lets the disk of one directory fail, while a file says how.
 *
 * DISK_ROOT   the directory
 * DISK_FAULT  the file; its first letter is
 *             w  writes fail, the first of them after half of it was written: no space is left
 *             s  syncs fail
 *             m  all is well, but hardly any space is free
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

static int halved;

static char fault(void) {
    const char *path = getenv("DISK_FAULT");
    char letter = 0;
    if (!path) return 0;
    int saved = errno, fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (syscall(SYS_read, fd, &letter, 1) != 1) letter = 0;
        syscall(SYS_close, fd);
    }
    errno = saved;
    return letter;
}

static int ours(int fd) {
    const char *root = getenv("DISK_ROOT");
    char name[64], path[PATH_MAX];
    if (!root) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, root, strlen(root));
}

/* How much of a write is done, or -1. */
static ssize_t allowed(int fd, size_t length) {
    if (length == 0 || fault() != 'w' || !ours(fd)) return (ssize_t)length;
    if (length > 1 && !__atomic_exchange_n(&halved, 1, __ATOMIC_SEQ_CST)) return (ssize_t)(length / 2);
    errno = ENOSPC;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t part = allowed(fd, length);
    return part < 0 ? -1 : syscall(SYS_write, fd, bytes, part);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (fault() != 'w' || !ours(fd)) return syscall(SYS_writev, fd, parts, count);
    return count > 0 ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    ssize_t part = allowed(fd, length);
    return part < 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, part, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

static int sync_with(long call, int fd) {
    if (fault() == 's' && ours(fd)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, fd);
}

int fsync(int fd) { return sync_with(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }

int statvfs64(const char *path, struct statvfs64 *stat) {
    struct statfs64 found;
    if (statfs64(path, &found)) return -1;
    memset(stat, 0, sizeof *stat);
    stat->f_bsize = (unsigned long)found.f_bsize;
    stat->f_frsize = (unsigned long)(found.f_frsize ? found.f_frsize : found.f_bsize);
    stat->f_blocks = found.f_blocks;
    stat->f_bfree = found.f_bfree;
    stat->f_bavail = fault() == 'm' ? 1 : found.f_bavail;
    return 0;
}

int statvfs(const char *path, struct statvfs *stat) { return statvfs64(path, (struct statvfs64 *)stat); }
