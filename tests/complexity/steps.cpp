#include "complexity/steps.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t steps = 0;

}  // namespace

std::uint64_t confab::testing::steps_so_far() {
    return steps;
}

extern "C" {

void __sanitizer_cov_trace_pc() {
    ++steps;
}

// The linker redirects calls in our own code here (--wrap).
void* __real_memchr(const void* text, int c, std::size_t size);
void* __real_memcpy(void* to, const void* from, std::size_t size);
void* __real_memmove(void* to, const void* from, std::size_t size);
int __real_memcmp(const void* a, const void* b, std::size_t size);

void* __wrap_memchr(const void* text, int c, std::size_t size) {
    void* const found = __real_memchr(text, c, size);
    steps += found ? static_cast<std::size_t>(static_cast<const char*>(found) - static_cast<const char*>(text)) : size;
    return found;
}
void* __wrap_memcpy(void* to, const void* from, std::size_t size) {
    steps += size;
    return __real_memcpy(to, from, size);
}
void* __wrap_memmove(void* to, const void* from, std::size_t size) {
    steps += size;
    return __real_memmove(to, from, size);
}
int __wrap_memcmp(const void* a, const void* b, std::size_t size) {
    const auto *x = static_cast<const char*>(a), *y = static_cast<const char*>(b);
    for (std::size_t i = 0; i < size && x[i] == y[i]; ++i) ++steps;
    return __real_memcmp(a, b, size);
}
}

void* operator new(std::size_t size) {
    steps += size;
    if (void* const made = std::malloc(size)) return made;
    throw std::bad_alloc();
}
void operator delete(void* made) noexcept {
    std::free(made);
}
void operator delete(void* made, std::size_t) noexcept {
    std::free(made);
}
