#include "ledger/sqlite/data_folder.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/log.hpp"

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

fs::path whole(const fs::path& path) {
    if (path.empty()) throw startup_error("the data folder has an empty name");
    const auto full = fs::absolute(path).lexically_normal();
    return full.has_filename() ? full : full.parent_path();
}

int open_folder(const fs::path& path) {
    make_folder(path);
    const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) fail(path, "cannot be opened", errno);
    return folder;
}

int open_lock(const fs::path& folder) {
    const int lock = open((folder / "confab.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) fail(folder, "cannot be written", errno);
    return lock;
}

// All that the server keeps in its folder.
constexpr const char* file_names[] = {"confab.db",        "confab.db-wal",        "confab.db-shm",         //
                                      "confab-search.db", "confab-search.db-wal", "confab-search.db-shm",  //
                                      "confab-journal.0", "confab-journal.1",     "confab.lock"};
constexpr mode_t private_mode = 0600;

// Older versions left the modes to SQLite and the umask.
void make_private(const fs::path& file) {
    struct stat found {};
    if (stat(file.c_str(), &found) != 0) {
        if (errno == ENOENT) return;
    } else if (!S_ISREG(found.st_mode) || (found.st_mode & 07777) == private_mode) {
        return;
    }
    if (chmod(file.c_str(), private_mode) == 0) return;
    log::warning(fmt::format("{} may be open to other users: its mode cannot be set to 0600: {}", file.string(),
                             std::strerror(errno)));
}

// Zero, or the errno.
int try_lock(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
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

data_folder::descriptor::~descriptor() {
    close(number_);
}

data_folder::data_folder(const fs::path& path)
    : path_(whole(path)), folder_(open_folder(path_)), lock_(open_lock(path_)) {
    lock_folder();
    lock_file();
    for (const auto* name : file_names) make_private(path_ / name);
    const auto mine = std::to_string(getpid());
    if (ftruncate(lock_.number(), 0) != 0 ||
        pwrite(lock_.number(), mine.data(), mine.size(), 0) != static_cast<ssize_t>(mine.size()))
        fail(path_, "cannot be written", errno);
}

void data_folder::lock_folder() const {
    const int cause = try_lock(folder_.number());
    if (cause == EWOULDBLOCK) refuse_second();
    if (cause == 0) return;
    log::warning(
        fmt::format("data folder {} cannot be locked: {}. Only confab.lock keeps a second server out: do not "
                    "remove it while this server runs",
                    path_.string(), std::strerror(cause)));
}

void data_folder::lock_file() const {
    const int cause = try_lock(lock_.number());
    if (cause == EWOULDBLOCK) refuse_second();
    if (cause != 0)
        throw startup_error(
            fmt::format("{} cannot be locked: {}", (path_ / "confab.lock").string(), std::strerror(cause)));
}

void data_folder::refuse_second() const {
    char text[32] = {};
    const auto length = pread(lock_.number(), text, sizeof text - 1, 0);
    throw startup_error(fmt::format("data folder {}: another confab (process {}) is using it", path_.string(),
                                    length > 0 ? std::string_view(text, static_cast<std::size_t>(length)) : "unknown"));
}

}  // namespace confab::ledger
