// A file system without flock: it answers ENOLCK for folders (FAULT_FLOCK=folder), for all else (FAULT_FLOCK=file), or
// always (FAULT_FLOCK=all). Or everything is locked by another system (FAULT_FLOCK=elsewhere), whose processes
// /proc/locks does not show. Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

int flock(int file, int operation) {
    const char* failing = getenv("FAULT_FLOCK");
    struct stat found;
    if (failing && strcmp(failing, "elsewhere") == 0) {
        errno = EWOULDBLOCK;
        return -1;
    }
    if (failing && fstat(file, &found) == 0 &&
        (strcmp(failing, "all") == 0 || S_ISDIR(found.st_mode) == (strcmp(failing, "folder") == 0))) {
        errno = ENOLCK;
        return -1;
    }
    int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
    return real(file, operation);
}
