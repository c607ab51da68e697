/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the linker puts between our objects and libc: fails when fail.c says so, else passes on. The
 * __*_chk names are what _FORTIFY_SOURCE makes of calls. A wrapper is here because src/ makes the
 * call; meson.build lists the names. Meson compiles with _FILE_OFFSET_BITS=64: hence open64 and its
 * like.
 */
#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#endif
#endif

/* What an allocation leaves in @ret_text when it fails is undefined: asprintf(3). */
#define UNDEFINED ((char *)(uintptr_t)0x5ca)

/* What libc fills in. MemorySanitizer of clang 14 does not know glibc's stat64 and its like. */
static int filled(int result, const struct stat *st)
{
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
    if (result == 0)
        __msan_unpoison(st, sizeof *st);
#endif
#endif
    (void)st;
    return result;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return fail_now_memory("malloc") ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return fail_now_memory("calloc") ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_realloc(void *old, size_t size)
{
    return fail_now_memory("realloc") ? NULL : __real_realloc(old, size);
}

void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fail_now_memory("reallocarray") ? NULL : __real_reallocarray(old, count, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
    return fail_now_memory("strdup") ? NULL : __real_strdup(text);
}

char *__real_strndup(const char *text, size_t max);
char *__wrap_strndup(const char *text, size_t max);

char *__wrap_strndup(const char *text, size_t max)
{
    return fail_now_memory("strndup") ? NULL : __real_strndup(text, max);
}

char *__real_getcwd(char *space, size_t size);
char *__wrap_getcwd(char *space, size_t size);

char *__wrap_getcwd(char *space, size_t size)
{
    return fail_now_call("getcwd") ? NULL : __real_getcwd(space, size);
}

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);

FILE *__wrap_fopen64(const char *path, const char *mode)
{
    return fail_now_call("fopen") ? NULL : __real_fopen64(path, mode);
}

FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);

FILE *__wrap_fdopen(int fd, const char *mode)
{
    return fail_now_call("fdopen") ? NULL : __real_fdopen(fd, mode);
}

int __real_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);

int __wrap_stat64(const char *path, struct stat *st)
{
    return fail_now_call("stat") ? -1 : filled(__real_stat64(path, st), st);
}

int __real_lstat64(const char *path, struct stat *st);
int __wrap_lstat64(const char *path, struct stat *st);

int __wrap_lstat64(const char *path, struct stat *st)
{
    return fail_now_call("lstat") ? -1 : filled(__real_lstat64(path, st), st);
}

int __real_fstat64(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);

int __wrap_fstat64(int fd, struct stat *st)
{
    return fail_now_call("fstat") ? -1 : filled(__real_fstat64(fd, st), st);
}

off_t __real_lseek64(int fd, off_t offset, int whence);
off_t __wrap_lseek64(int fd, off_t offset, int whence);

off_t __wrap_lseek64(int fd, off_t offset, int whence)
{
    return fail_now_call("lseek") ? -1 : __real_lseek64(fd, offset, whence);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    if (fail_now_call("fsync"))
        return -1;
    return fail_now_fsync() ? 0 : __real_fsync(fd);
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

int __wrap_flock(int fd, int operation)
{
    return fail_now_call("flock") ? -1 : __real_flock(fd, operation);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

int __wrap_rename(const char *from, const char *to)
{
    return fail_now_call("rename") ? -1 : __real_rename(from, to);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_unlink(const char *path)
{
    return fail_now_call("unlink") ? -1 : __real_unlink(path);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);

int __wrap_mkdir(const char *path, mode_t mode)
{
    return fail_now_call("mkdir") ? -1 : __real_mkdir(path, mode);
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
    return fail_now_call("access") ? -1 : __real_access(path, mode);
}

int __real_mkostemp64(char *pattern, int flags);
int __wrap_mkostemp64(char *pattern, int flags);

int __wrap_mkostemp64(char *pattern, int flags)
{
    return fail_now_call("mkostemp") ? -1 : __real_mkostemp64(pattern, flags);
}

ssize_t __real_readlink(const char *path, char *space, size_t size);
ssize_t __wrap_readlink(const char *path, char *space, size_t size);

ssize_t __wrap_readlink(const char *path, char *space, size_t size)
{
    return fail_now_call("readlink") ? -1 : __real_readlink(path, space, size);
}

int __real_pipe2(int *ends, int flags);
int __wrap_pipe2(int *ends, int flags);

int __wrap_pipe2(int *ends, int flags)
{
    return fail_now_call("pipe2") ? -1 : __real_pipe2(ends, flags);
}

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);

int __wrap_socket(int family, int type, int protocol)
{
    return fail_now_call("socket") ? -1 : __real_socket(family, type, protocol);
}

int __real_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    return fail_now_call("connect") ? -1 : __real_connect(fd, address, len);
}

int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    return fail_now_call("bind") ? -1 : __real_bind(fd, address, len);
}

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);

int __wrap_listen(int fd, int backlog)
{
    return fail_now_call("listen") ? -1 : __real_listen(fd, backlog);
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
    return fail_now_call("getsockopt") ? -1 : __real_getsockopt(fd, level, name, value, len);
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    return fail_now_call("poll") ? -1 : __real_poll(fds, count, timeout_ms);
}

int __real_mlock(const void *space, size_t len);
int __wrap_mlock(const void *space, size_t len);

int __wrap_mlock(const void *space, size_t len)
{
    return fail_now_call("mlock") ? -1 : __real_mlock(space, len);
}

void *__real_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset);

void *__wrap_mmap64(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
    return fail_now_call("mmap") ? (void *)-1 : __real_mmap64(at, len, prot, flags, fd, offset);
}

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    return fail_now_call("waitpid") ? -1 : __real_waitpid(pid, status, options);
}

ssize_t __real_getrandom(void *space, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *space, size_t len, unsigned flags);

ssize_t __wrap_getrandom(void *space, size_t len, unsigned flags)
{
    return fail_now_call("getrandom") ? -1 : __real_getrandom(space, len, flags);
}

int __real_gethostname(char *space, size_t len);
int __wrap_gethostname(char *space, size_t len);

int __wrap_gethostname(char *space, size_t len)
{
    return fail_now_call("gethostname") ? -1 : __real_gethostname(space, len);
}

/* ---- transfers ------------------------------------------------------------------------------- */

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);
ssize_t __wrap___read_chk(int fd, void *data, size_t len, size_t room);

ssize_t __wrap_read(int fd, void *data, size_t len)
{
    return fail_now_call("read") ? -1 : __real_read(fd, data, fail_now_length(len));
}

ssize_t __wrap___read_chk(int fd, void *data, size_t len, size_t room)
{
    (void)room;
    return __wrap_read(fd, data, len);
}

ssize_t __real_pread64(int fd, void *data, size_t len, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t len, off_t offset);
ssize_t __wrap___pread64_chk(int fd, void *data, size_t len, off_t offset, size_t room);

ssize_t __wrap_pread64(int fd, void *data, size_t len, off_t offset)
{
    return fail_now_call("pread") ? -1 : __real_pread64(fd, data, fail_now_length(len), offset);
}

ssize_t __wrap___pread64_chk(int fd, void *data, size_t len, off_t offset, size_t room)
{
    (void)room;
    return __wrap_pread64(fd, data, len, offset);
}

ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap___recv_chk(int fd, void *data, size_t len, size_t room, int flags);

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
    return fail_now_call("recv") ? -1 : __real_recv(fd, data, fail_now_length(len), flags);
}

ssize_t __wrap___recv_chk(int fd, void *data, size_t len, size_t room, int flags)
{
    (void)room;
    return __wrap_recv(fd, data, len, flags);
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    return fail_now_call("write") ? -1 : __real_write(fd, data, fail_now_length(len));
}

ssize_t __real_pwrite64(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset);

ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset)
{
    return fail_now_call("pwrite") ? -1 : __real_pwrite64(fd, data, fail_now_length(len), offset);
}

ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    if (fail_now_call("send"))
        return -1;
    ssize_t sent = __real_send(fd, data, fail_now_length(len), flags);
    fail_now_after("send");
    return sent;
}

ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
    if (fail_now_call("writev"))
        return -1;
    if (count > 0 && fail_now_length(2) == 1)
        return __real_write(fd, parts[0].iov_base, 1);
    return __real_writev(fd, parts, count);
}

/* ---- variadic, or with the error as result --------------------------------------------------- */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

int __wrap_open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if ((flags & O_CREAT) != 0) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return fail_now_call("open") ? -1 : __real_open64(path, flags, mode);
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);

/* All our uses have one number or none as argument. */
int __wrap_fcntl64(int fd, int command, ...)
{
    va_list args;

    va_start(args, command);
    long number = va_arg(args, long);
    va_end(args);
    return fail_now_call("fcntl") ? -1 : __real_fcntl64(fd, command, number);
}

int __real_vasprintf(char **ret_text, const char *format, va_list args);
int __wrap_vasprintf(char **ret_text, const char *format, va_list args);
int __wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list args);
int __wrap_asprintf(char **ret_text, const char *format, ...);
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...);

int __wrap_vasprintf(char **ret_text, const char *format, va_list args)
{
    if (fail_now_memory("asprintf")) {
        *ret_text = UNDEFINED;
        return -1;
    }
    return __real_vasprintf(ret_text, format, args);
}

int __wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list args)
{
    (void)flag;
    return __wrap_vasprintf(ret_text, format, args);
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = __wrap_vasprintf(ret_text, format, args);
    va_end(args);
    return len;
}

int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
    va_list args;

    (void)flag;
    va_start(args, format);
    int len = __wrap_vasprintf(ret_text, format, args);
    va_end(args);
    return len;
}

int __real_posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const env[]);
int __wrap_posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const env[]);

int __wrap_posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
    if (fail_now_call("posix_spawn"))
        return errno;
    return __real_posix_spawn(ret_pid, path, actions, attributes, argv, env);
}

/* ---- libraries ------------------------------------------------------------------------------- */

json_t *__real_json_loadb(const char *text, size_t len, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *text, size_t len, size_t flags, json_error_t *error);

/*
 * jansson 2.14 ends the process (assert in its lexer) when memory is out while it parses: only the
 * whole can fail here.
 */
json_t *__wrap_json_loadb(const char *text, size_t len, size_t flags, json_error_t *error)
{
    if (fail_now_memory("json_loadb")) {
        if (error != NULL)
            error->text[JSON_ERROR_TEXT_LENGTH - 1] =
                json_error_out_of_memory; /* json_error_code */
        return NULL;
    }
    fail_pause(true);
    json_t *json = __real_json_loadb(text, len, flags, error);
    fail_pause(false);
    return json;
}
