#include "ledger/sqlite/data_folder.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.hpp"

namespace confab::ledger {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* what, int cause) {
    throw startup_error(fmt::format("data folder {}: {}: {}", path.string(), what, std::strerror(cause)));
}

void make_folder(const fs::path& path) {
    std::error_code cause;
    if (fs::is_directory(path, cause)) return;
    const auto parent = path.parent_path();
    if (!parent.empty()) make_folder(parent);
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path, "cannot be made", errno);
    if (!fs::is_directory(path, cause)) fail(path, "cannot be used", ENOTDIR);
    sync_folder(parent);
}

std::string holder_of(int lock) {
    char text[32] = {};
    const auto length = pread(lock, text, sizeof text - 1, 0);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "unknown";
}

fs::path whole(const fs::path& path) {
    if (path.empty()) throw startup_error("the data folder has an empty name");
    return fs::absolute(path).lexically_normal();
}

}  // namespace

void sync_folder(const fs::path& path) {
    const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) fail(path, "cannot be opened", errno);
    const int synced = fsync(folder);
    const int cause = errno;
    close(folder);
    if (synced != 0) fail(path, "cannot be synced", cause);
}

data_folder::data_folder(const fs::path& path) : path_(whole(path)) {
    if (!path_.has_filename()) path_ = path_.parent_path();
    make_folder(path_);
    const auto lock_path = path_ / "confab.lock";
    lock_ = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) fail(path_, "cannot be written", errno);
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        const auto holder = holder_of(lock_);
        close(lock_);
        throw startup_error(
            fmt::format("data folder {}: another confab (process {}) is using it", path_.string(), holder));
    }
    const auto mine = std::to_string(getpid());
    if (ftruncate(lock_, 0) != 0 || pwrite(lock_, mine.data(), mine.size(), 0) != static_cast<ssize_t>(mine.size())) {
        const int cause = errno;
        close(lock_);
        fail(path_, "cannot be written", cause);
    }
}

data_folder::~data_folder() {
    close(lock_);
}

}  // namespace confab::ledger
