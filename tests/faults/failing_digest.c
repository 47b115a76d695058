// OpenSSL that fails: EVP_DigestFinal_ex answers 0 and writes nothing, as long as the file named by FAULT_DIGEST
// exists. Use with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

int EVP_DigestFinal_ex(void* context, unsigned char* sum, unsigned* length) {
    const char* path = getenv("FAULT_DIGEST");
    if (path && access(path, F_OK) == 0) return 0;
    int (*real)(void*, unsigned char*, unsigned*) =
        (int (*)(void*, unsigned char*, unsigned*))dlsym(RTLD_NEXT, "EVP_DigestFinal_ex");
    return real(context, sum, length);
}
