// A disk on which one I/O call fails. Use with LD_PRELOAD.
//
// The file that FAULT_PLAN names holds a plan. It is mapped, so that a test can arm it in a running program. The plan
// has a kind of call, a pattern for files of the folder FAULT_FOLDER, and which of these calls fails. A read or write
// may do a part of its work before. Without an error number it reports that part, as a short count. The failed call
// and its file are appended to the file that FAULT_LOG names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { any_read = 1, any_write, any_sync, any_truncate };

struct plan {
    int countdown;  // the call that decrements it to zero fails; at zero or below no call fails
    int kind;
    int error;    // an errno; 0: a short count
    int percent;  // of the bytes that are transferred before it fails
    char file[48];
};

static struct plan* plan;
static const char* folder;
static int log_file = -1;

__attribute__((constructor)) static void open_files(void) {
    const char *plan_path = getenv("FAULT_PLAN"), *log_path = getenv("FAULT_LOG");
    folder = getenv("FAULT_FOLDER");
    int file = plan_path ? open(plan_path, O_RDWR | O_CLOEXEC) : -1;
    log_file = log_path ? open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (!folder || file < 0 || log_file < 0) abort();
    void* mapped = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED) abort();
    plan = mapped;
}

// The name of a file of the folder; NULL for any other.
static const char* name_in_folder(int file, char* path, size_t size) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    size_t prefix = strlen(folder);
    if (length <= (ssize_t)prefix) return NULL;
    path[length] = 0;
    return strncmp(path, folder, prefix) == 0 && path[prefix] == '/' ? path + prefix + 1 : NULL;
}

// Whether this call is the one that fails.
static int is_chosen(int kind, const char* call, int file) {
    if (!plan || plan->kind != kind || __atomic_load_n(&plan->countdown, __ATOMIC_ACQUIRE) <= 0) return 0;
    int before = errno;
    char path[4096], line[200];
    const char* name = name_in_folder(file, path, sizeof path);
    int chosen =
        name && fnmatch(plan->file, name, 0) == 0 && __atomic_sub_fetch(&plan->countdown, 1, __ATOMIC_ACQ_REL) == 0;
    if (chosen) {
        int length = snprintf(line, sizeof line, "%s %s\n", call, name);
        syscall(SYS_write, log_file, line, length);
    }
    errno = before;
    return chosen;
}

static size_t part_of(size_t size) {
    size_t part = size / 100 * plan->percent + size % 100 * plan->percent / 100;
    return part > 0 || plan->error ? part : size > 0;
}

static ssize_t report(ssize_t done) {
    if (!plan->error) return done;
    errno = plan->error;
    return -1;
}

// The function in libc, or in a sanitizer that wraps it.
#define REAL(name, ...)                                               \
    ({                                                                \
        static __typeof__(&name) real;                                \
        if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
        real(__VA_ARGS__);                                            \
    })

#define TRANSFER(kind, name, ...)                                                               \
    {                                                                                           \
        if (!is_chosen(kind, #name, file)) return REAL(name, file, bytes, size, ##__VA_ARGS__); \
        size = part_of(size);                                                                   \
        return report(size > 0 ? REAL(name, file, bytes, size, ##__VA_ARGS__) : 0);             \
    }

#define SIMPLE(kind, name, ...)                                                    \
    {                                                                              \
        if (!is_chosen(kind, #name, file)) return REAL(name, file, ##__VA_ARGS__); \
        return report(0);                                                          \
    }

ssize_t read(int file, void* bytes, size_t size) TRANSFER(any_read, read) ssize_t
    pread(int file, void* bytes, size_t size, off_t at) TRANSFER(any_read, pread, at) ssize_t
    pread64(int file, void* bytes, size_t size, off64_t at) TRANSFER(any_read, pread64, at) ssize_t
    write(int file, const void* bytes, size_t size) TRANSFER(any_write, write) ssize_t
    pwrite(int file, const void* bytes, size_t size, off_t at) TRANSFER(any_write, pwrite, at) ssize_t
    pwrite64(int file, const void* bytes, size_t size, off64_t at) TRANSFER(any_write, pwrite64, at) int fsync(int file)
        SIMPLE(any_sync, fsync) int fdatasync(int file) SIMPLE(any_sync, fdatasync) int ftruncate(int file, off_t size)
            SIMPLE(any_truncate, ftruncate, size) int ftruncate64(int file, off64_t size)
                SIMPLE(any_truncate, ftruncate64, size)
