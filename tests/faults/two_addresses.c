// Use with LD_PRELOAD. The name two-addresses has the addresses ::1 and 127.0.0.1, in this order, as localhost on many
// machines. The name two-servers has 127.0.0.2 and 127.0.0.1.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints, struct addrinfo** found) {
    int (*real)(const char*, const char*, const struct addrinfo*, struct addrinfo**) =
        (int (*)(const char*, const char*, const struct addrinfo*, struct addrinfo**))dlsym(RTLD_NEXT, "getaddrinfo");
    const int are_servers = node && strcmp(node, "two-servers") == 0;
    if (!are_servers && (!node || strcmp(node, "two-addresses") != 0)) return real(node, service, hints, found);
    int failed = real(are_servers ? "127.0.0.2" : "::1", service, hints, found);
    if (failed) return failed;
    struct addrinfo* last = *found;
    while (last->ai_next) last = last->ai_next;
    return real("127.0.0.1", service, hints, &last->ai_next);
}
