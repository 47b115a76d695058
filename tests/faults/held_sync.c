// A slow disk: fsync and fdatasync wait while the file named by FAULT_HOLD exists. While a call waits, a file of that
// name with the suffix ".waiting" exists, so that a test can detect it without a clock. Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_while_held(void) {
    const char* path = getenv("FAULT_HOLD");
    char waiting[4096];
    int before = errno;
    if (path && access(path, F_OK) == 0) {
        snprintf(waiting, sizeof waiting, "%s.waiting", path);
        close(open(waiting, O_CREAT | O_WRONLY, 0600));
        while (access(path, F_OK) == 0) usleep(1000);
        unlink(waiting);
    }
    errno = before;
}

static int sync_when_let_go(const char* name, int file) {
    wait_while_held();
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(file);
}

int fsync(int file) {
    return sync_when_let_go("fsync", file);
}
int fdatasync(int file) {
    return sync_when_let_go("fdatasync", file);
}
