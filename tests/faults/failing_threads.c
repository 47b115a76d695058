// A system that has no more threads: from call FAULT_THREADS on (1: the first one of the process), pthread_create
// answers EAGAIN. Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int calls;

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
    const char* fails_from = getenv("FAULT_THREADS");
    if (fails_from && atomic_fetch_add(&calls, 1) + 1 >= atoi(fails_from)) return EAGAIN;
    int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) =
        (int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*))dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, run, argument);
}
