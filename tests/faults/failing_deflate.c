// zlib that fails: from call FAULT_DEFLATE on (1: the first one of the process), deflate answers Z_STREAM_ERROR and
// does nothing. Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int calls;

int deflate(void* stream, int flush) {
    const char* fails_from = getenv("FAULT_DEFLATE");
    if (fails_from && atomic_fetch_add(&calls, 1) + 1 >= atoi(fails_from)) return -2;
    int (*real)(void*, int) = (int (*)(void*, int))dlsym(RTLD_NEXT, "deflate");
    return real(stream, flush);
}
