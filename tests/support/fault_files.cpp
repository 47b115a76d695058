// Wraps the file calls of our own code (ld --wrap). Each call asks the fault plan first. SQLite's calls do not pass
// here.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>

#include "support/fault_plan.hpp"

namespace {

using confab::testing::fault_plan, confab::testing::io_call, confab::testing::io_error, confab::testing::io_file;

// The file of each descriptor.
std::array<std::atomic<io_file>, 20'000> files;

bool fails(io_call call, io_file file) {
    const auto failure = fault_plan::instance().before({call, file});
    if (failure) errno = failure == io_error::eio ? EIO : ENOSPC;
    return failure.has_value();
}

io_file file_behind(int descriptor) {
    return files.at(static_cast<std::size_t>(descriptor));
}

io_file own_file_of(const char* path) {
    const auto file = confab::testing::file_of(path);
    return file == io_file::database_wal ? io_file::synced_wal : file;
}

}  // namespace

extern "C" {

int __real_open(const char* path, int flags, ...);
ssize_t __real_pread(int descriptor, void* into, size_t bytes, off_t at);
ssize_t __real_pwrite(int descriptor, const void* from, size_t bytes, off_t at);
int __real_ftruncate(int descriptor, off_t size);
int __real_fsync(int descriptor);
int __real_fdatasync(int descriptor);
int __real_unlink(const char* path);

int __wrap_open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const auto mode = static_cast<mode_t>((flags & O_CREAT) != 0 ? va_arg(rest, int) : 0);
    va_end(rest);
    const auto file = own_file_of(path);
    if (fails(io_call::open, file)) return -1;
    const int descriptor = __real_open(path, flags, mode);
    if (descriptor >= 0) files.at(static_cast<std::size_t>(descriptor)) = file;
    return descriptor;
}

ssize_t __wrap_pread(int descriptor, void* into, size_t bytes, off_t at) {
    if (fails(io_call::read, file_behind(descriptor))) return -1;
    return __real_pread(descriptor, into, bytes, at);
}

ssize_t __wrap_pwrite(int descriptor, const void* from, size_t bytes, off_t at) {
    const auto failure = fault_plan::instance().before({io_call::write, file_behind(descriptor)});
    if (!failure) return __real_pwrite(descriptor, from, bytes, at);
    if (failure == io_error::short_write && bytes > 1) return __real_pwrite(descriptor, from, bytes / 2, at);
    errno = failure == io_error::eio ? EIO : ENOSPC;
    return -1;
}

int __wrap_ftruncate(int descriptor, off_t size) {
    if (fails(io_call::truncate, file_behind(descriptor))) return -1;
    return __real_ftruncate(descriptor, size);
}

int __wrap_fsync(int descriptor) {
    if (fails(io_call::sync, file_behind(descriptor))) return -1;
    return __real_fsync(descriptor);
}

int __wrap_fdatasync(int descriptor) {
    if (fails(io_call::sync, file_behind(descriptor))) return -1;
    return __real_fdatasync(descriptor);
}

int __wrap_unlink(const char* path) {
    if (fails(io_call::remove, own_file_of(path))) return -1;
    return __real_unlink(path);
}

// The names of the same calls if off_t has 64 bits by macro.
int __wrap_open64(const char* path, int flags, ...) __attribute__((alias("__wrap_open")));
ssize_t __wrap_pread64(int descriptor, void* into, size_t bytes, off_t at) __attribute__((alias("__wrap_pread")));
ssize_t __wrap_pwrite64(int descriptor, const void* from, size_t bytes, off_t at)
    __attribute__((alias("__wrap_pwrite")));
int __wrap_ftruncate64(int descriptor, off_t size) __attribute__((alias("__wrap_ftruncate")));
}
