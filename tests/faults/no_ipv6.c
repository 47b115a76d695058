// A machine without IPv6: sockets of that family cannot be created (FAULT_IPV6=unsupported), or no interface has such
// an address (FAULT_IPV6=unavailable). Or every IPv6 port is in use (FAULT_IPV6=taken), or only the first that is tried
// (FAULT_IPV6=taken-once). Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int is(const char* wanted) {
    const char* failing = getenv("FAULT_IPV6");
    return failing && strcmp(failing, wanted) == 0;
}

int socket(int domain, int type, int protocol) {
    if (domain == AF_INET6 && is("unsupported")) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    return real(domain, type, protocol);
}

int bind(int file, const struct sockaddr* address, socklen_t length) {
    static int tries;
    if (address->sa_family == AF_INET6) {
        errno = is("unavailable") ? EADDRNOTAVAIL : EADDRINUSE;
        if (is("unavailable") || is("taken") || (is("taken-once") && tries++ == 0)) return -1;
    }
    int (*real)(int, const struct sockaddr*, socklen_t) =
        (int (*)(int, const struct sockaddr*, socklen_t))dlsym(RTLD_NEXT, "bind");
    return real(file, address, length);
}
