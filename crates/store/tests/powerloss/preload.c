/* Records, in order, what a process does to the files below one directory, and what it answers on its
 * standard output, so that a test can rebuild the directory as it was on the disk at any answer. Syncs are
 * recorded and not done: the test decides what they kept.
 *
 * POWERLOSS_ROOT  the directory
 * POWERLOSS_LOG   the file of events: kind (1), a (8), b (8), length (4), text, length (4), text
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int events = -1;
static char root[PATH_MAX];
static size_t root_length;

__attribute__((constructor)) static void start(void) {
    const char *directory = getenv("POWERLOSS_ROOT"), *path = getenv("POWERLOSS_LOG");
    if (!directory || !path) return;
    snprintf(root, sizeof root, "%s", directory);
    root_length = strlen(root);
    events = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (events < 0) abort();
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        long done = syscall(SYS_write, events, at, length);
        if (done <= 0) abort();
        at += done;
        length -= (size_t)done;
    }
}

static void event(char kind, uint64_t a, uint64_t b, const void *one, size_t one_length, const char *two) {
    char head[21];
    uint32_t length = (uint32_t)one_length, two_length = two ? (uint32_t)strlen(two) : 0;
    int saved = errno;
    head[0] = kind;
    memcpy(head + 1, &a, 8);
    memcpy(head + 9, &b, 8);
    memcpy(head + 17, &length, 4);
    put(head, sizeof head);
    put(one, one_length);
    put(&two_length, 4);
    if (two_length) put(two, two_length);
    errno = saved;
}

static int below_root(const char *path) {
    return events >= 0 && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* The absolute path of a file descriptor; 0 where it is not below the root. */
static int path_of_fd(int fd, char *path) {
    char name[64];
    if (events < 0) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below_root(path);
}

static int path_at(int directory, const char *path, char *out) {
    if (events < 0) return 0;
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX];
        if (directory == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else if (!path_of_fd(directory, base)) {
            return 0;
        }
        if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    return below_root(out);
}

static uint64_t inode(int fd) {
    struct stat stat;
    return fstat(fd, &stat) ? 0 : (uint64_t)stat.st_ino;
}

static int is_file(int fd) {
    struct stat stat;
    return !fstat(fd, &stat) && S_ISREG(stat.st_mode);
}

static int open_at(int directory, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    if (!path_at(directory, path, full)) return (int)syscall(SYS_openat, directory, path, flags, mode);
    pthread_mutex_lock(&lock);
    int there = syscall(SYS_faccessat, AT_FDCWD, full, F_OK) == 0;
    int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd >= 0 && is_file(fd)) {
        uint64_t made = !there, cut = (flags & O_TRUNC) != 0;
        event('O', inode(fd), made | cut << 1, full, strlen(full), NULL);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                     \
    int name(const char *path, int flags, ...) {       \
        va_list arguments;                             \
        va_start(arguments, flags);                    \
        mode_t mode = mode_of(flags, arguments);       \
        va_end(arguments);                             \
        return open_at(AT_FDCWD, path, flags, mode);   \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                              \
    int name(int directory, const char *path, int flags, ...) {   \
        va_list arguments;                                        \
        va_start(arguments, flags);                               \
        mode_t mode = mode_of(flags, arguments);                  \
        va_end(arguments);                                        \
        return open_at(directory, path, flags, mode);             \
    }
OPENAT(openat)
OPENAT(openat64)

static ssize_t written(int fd, const struct iovec *parts, int count, off_t offset, int placed) {
    char path[PATH_MAX];
    int ours = events >= 0 && ((fd == 1) || (path_of_fd(fd, path) && is_file(fd)));
    if (!ours) return placed ? syscall(SYS_pwritev, fd, parts, count, (long)offset, 0L) : syscall(SYS_writev, fd, parts, count);
    pthread_mutex_lock(&lock);
    if (fd != 1 && !placed) {
        offset = (fcntl(fd, F_GETFL) & O_APPEND) ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = placed ? syscall(SYS_pwritev, fd, parts, count, (long)offset, 0L) : syscall(SYS_writev, fd, parts, count);
    ssize_t left = done;
    for (int index = 0; index < count && left > 0; index++) {
        size_t length = parts[index].iov_len < (size_t)left ? parts[index].iov_len : (size_t)left;
        if (fd == 1) event('A', 0, 0, parts[index].iov_base, length, NULL);
        else event('W', inode(fd), (uint64_t)offset, parts[index].iov_base, length, NULL);
        offset += (off_t)length;
        left -= (ssize_t)length;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct iovec part = {(void *)bytes, length};
    return written(fd, &part, 1, 0, 0);
}

ssize_t writev(int fd, const struct iovec *parts, int count) { return written(fd, parts, count, 0, 0); }

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    struct iovec part = {(void *)bytes, length};
    return written(fd, &part, 1, offset, 1);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return pwrite(fd, bytes, length, offset);
}

int ftruncate(int fd, off_t length) {
    char path[PATH_MAX];
    if (!path_of_fd(fd, path)) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_ftruncate, fd, length);
    if (!result) event('T', inode(fd), (uint64_t)length, "", 0, NULL);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

static int synced(int fd, int data_only) {
    char path[PATH_MAX];
    if (!path_of_fd(fd, path)) return (int)syscall(data_only ? SYS_fdatasync : SYS_fsync, fd);
    pthread_mutex_lock(&lock);
    event('F', inode(fd), (uint64_t)!is_file(fd), path, strlen(path), NULL);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return synced(fd, 0); }
int fdatasync(int fd) { return synced(fd, 1); }

static int renamed(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    int ours = path_at(from_directory, from, old) | path_at(to_directory, to, new);
    if (!ours) return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    if (!result) event('R', 0, 0, old, strlen(old), new);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int one, const char *from, int other, const char *to) { return renamed(one, from, other, to, 0); }
int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
    return renamed(one, from, other, to, flags);
}

int unlinkat(int directory, const char *path, int flags) {
    char full[PATH_MAX];
    if (!path_at(directory, path, full)) return (int)syscall(SYS_unlinkat, directory, path, flags);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_unlinkat, directory, path, flags);
    if (!result) event('U', 0, 0, full, strlen(full), NULL);
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdir(const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (!path_at(AT_FDCWD, path, full)) return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (!result) event('D', 0, 0, full, strlen(full), NULL);
    pthread_mutex_unlock(&lock);
    return result;
}

/* Ways around the record: refused, so that nothing goes by unseen. Programs fall back to the above. */
static int refuse(int fd) {
    char path[PATH_MAX];
    return path_of_fd(fd, path);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags) {
    if (refuse(to)) { errno = ENOSYS; return -1; }
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    if (refuse(fd)) { errno = EOPNOTSUPP; return -1; }
    return (int)syscall(SYS_fallocate, fd, mode, at, length);
}

int link(const char *from, const char *to) {
    char full[PATH_MAX];
    if (path_at(AT_FDCWD, to, full)) { errno = EPERM; return -1; }
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}
