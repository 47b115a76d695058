// The time of day differs from the machine's by the seconds in the file named by FAULT_CLOCK, which may be negative.
// The file is mapped, so that a write in place moves the clock immediately. Other clocks are unchanged. Use with
// LD_PRELOAD. It calls the kernel: Clang's sanitizers ask for the time before dlsym() can be called.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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
    const long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += seconds();
    return (int)result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
    const long result = syscall(SYS_gettimeofday, now, zone);
    if (result == 0) now->tv_sec += seconds();
    return (int)result;
}

time_t time(time_t* into) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
