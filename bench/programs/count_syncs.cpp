// Counts the syncs of a program's journal and the bytes written to it, as two 64-bit numbers in the file named by
// BENCH_SYNCS. Use with LD_PRELOAD. The cost is some nanoseconds per write and a readlink per sync.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::string_view log_names = "/confab-journal.";  // and a digit
constexpr std::size_t files_max = 4096;  // higher descriptors are not the ledger's, which is opened first

struct counters {
    std::atomic<std::uint64_t> syncs;
    std::atomic<std::uint64_t> bytes;
};

std::array<std::atomic<std::uint64_t>, files_max> written;

counters* shared() {
    static counters* const mapped = [] {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the programs that load this never change their environment
        const char* path = std::getenv("BENCH_SYNCS");
        const int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (file < 0) std::abort();
        void* at = mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (at == MAP_FAILED) std::abort();
        return static_cast<counters*>(at);
    }();
    return mapped;
}

bool is_log(int file) {
    char link[32];
    char path[4096];
    if (std::snprintf(link, sizeof link, "/proc/self/fd/%d", file) < 0) return false;
    const auto size = readlink(link, path, sizeof path);
    return size > 0 && std::string_view(path, static_cast<std::size_t>(size - 1)).ends_with(log_names);
}

void count_write(int file, ssize_t size) {
    if (size > 0 && file < static_cast<int>(files_max))
        written[static_cast<std::size_t>(file)] += static_cast<std::uint64_t>(size);
}

void count_sync(int file) {
    if (file >= static_cast<int>(files_max) || !is_log(file)) return;
    shared()->syncs += 1;
    shared()->bytes += written[static_cast<std::size_t>(file)].exchange(0);
}

template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int file) {
    static auto* const next = real<int(int)>("fsync");
    count_sync(file);
    return next(file);
}

int fdatasync(int file) {
    static auto* const next = real<int(int)>("fdatasync");
    count_sync(file);
    return next(file);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
    static auto* const next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
    const auto done = next(file, data, size, at);
    count_write(file, done);
    return done;
}

ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
    static auto* const next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    const auto done = next(file, data, size, at);
    count_write(file, done);
    return done;
}
}
