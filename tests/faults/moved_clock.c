// The time of day differs from the machine's by the seconds in the file named by FAULT_CLOCK, which may be negative.
// The file is mapped, so that a write in place moves the clock immediately. Other clocks are unchanged. Use with
// LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char* moved_by;

__attribute__((constructor)) static void open_file(void) {
    const char* name = getenv("FAULT_CLOCK");
    const int file = name ? open(name, O_RDONLY) : -1;
    if (file < 0) abort();
    moved_by = mmap(NULL, 16, PROT_READ, MAP_SHARED, file, 0);
    if (moved_by == MAP_FAILED) abort();
    close(file);
}

static long seconds(void) {
    return moved_by ? atol(moved_by) : 0;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
    static int (*real)(clockid_t, struct timespec*);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    const int result = real(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += seconds();
    return result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
    static int (*real)(struct timeval*, void*);
    if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
    const int result = real(now, zone);
    if (result == 0) now->tv_sec += seconds();
    return result;
}

time_t time(time_t* into) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
