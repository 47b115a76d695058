// The reserves are measured (VmPeak in /proc/PID/status), with 2 event loops and 2 read threads, and with 8 of each.
// When the server announces its address, the process has 251 MiB and 507 MiB. With 24 connections that write, list and
// search messages of 60 kB it peaks at 379 MiB and 827 MiB. The growth is mimalloc's segments: about one for each
// thread, never returned.
#include "app/address_space.hpp"

#include <fmt/core.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>

#include "app/server_setup.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace confab::app {
namespace {

constexpr std::size_t mib = 1024 * 1024;
constexpr std::size_t segment_bytes = 32 * mib;       // mimalloc maps segments of this size, separately for each thread
constexpr std::size_t large_blocks_bytes = 64 * mib;  // bodies and buffers that do not fit into a segment's pages
// The batch writer, the index follower, and three of the ledger: for checkpoints, commits and snapshots.
constexpr std::size_t background_threads = 5;

std::size_t serving_threads(const settings& s) {
    return threads_of(s) + s.number("read-threads");
}

std::size_t stack_bytes() {
    pthread_attr_t defaults;
    std::size_t bytes = 8 * mib;
    if (pthread_getattr_default_np(&defaults) != 0) return bytes;
    if (pthread_attr_getstacksize(&defaults, &bytes) != 0) bytes = 8 * mib;
    pthread_attr_destroy(&defaults);
    return bytes;
}

// Zero if it cannot be read: then nothing is compared.
std::size_t used_bytes() {
    const auto statm = file::open("/proc/self/statm", file::access::read);
    const auto text = statm ? statm->read_all() : result<std::string>(statm.error());
    std::size_t pages = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), pages).ec != std::errc()) return 0;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void require_left(std::size_t need_bytes) {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    const auto total = used_bytes() + need_bytes;
    if (total <= limit.rlim_cur) return;
    throw startup_error(
        fmt::format("the address space is limited to {} MiB (ulimit -v): at least {} MiB are needed, or "
                    "fewer --threads and --read-threads",
                    limit.rlim_cur / mib, (total + mib - 1) / mib));
}

}  // namespace

void require_address_space_to_start(const settings& s) {
    require_left((serving_threads(s) + background_threads) * (stack_bytes() + segment_bytes) + large_blocks_bytes);
}

void require_address_space_to_serve(const settings& s) {
    require_left(serving_threads(s) * segment_bytes);
}

}  // namespace confab::app
