// A disk that fails to sync: fsync and fdatasync answer EIO as long as the file named by FAULT_SYNC exists.
// Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int is_failing(void) {
    const char* path = getenv("FAULT_SYNC");
    int before = errno;
    int failing = path && access(path, F_OK) == 0;
    errno = before;
    return failing;
}

static int sync_or_fail(const char* name, int file) {
    if (is_failing()) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(file);
}

int fsync(int file) {
    return sync_or_fail("fsync", file);
}
int fdatasync(int file) {
    return sync_or_fail("fdatasync", file);
}
