#include "base/locked_folder.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"

namespace confab {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* what, const boost::system::error_code& cause) {
    throw startup_error(fmt::format("data folder {}: {}: {}", path.string(), what, cause.message()));
}

boost::system::error_code system_error(int number) {
    return {number, boost::system::system_category()};
}

void make_folder(const fs::path& path) {
    std::error_code cause;
    if (fs::is_directory(path, cause)) return;
    const auto parent = path.parent_path();
    if (!parent.empty()) make_folder(parent);
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path, "cannot be created", system_error(errno));
    if (!fs::is_directory(path, cause)) fail(path, "cannot be used", system_error(ENOTDIR));
    sync_folder(parent);
}

fs::path normalized(const fs::path& path) {
    if (path.empty()) throw startup_error("the data folder has an empty name");
    const auto full = fs::absolute(path).lexically_normal();
    return full.has_filename() ? full : full.parent_path();
}

file open_folder(const fs::path& path) {
    make_folder(path);
    auto opened = file::open(path, file::access::read);
    if (!opened) fail(path, "cannot be opened", opened.error());
    return std::move(*opened);
}

// The process that holds a flock on this file. A line of /proc/locks for a held lock looks like "1: FLOCK  ADVISORY
// WRITE 1234 08:01:5678 0 EOF" (https://man7.org/linux/man-pages/man5/proc_locks.5.html).
std::optional<std::string> holder_of(const fs::path& locked) {
    struct stat found{};
    if (stat(locked.c_str(), &found) != 0) return std::nullopt;
    const auto wanted = fmt::format("{:02x}:{:02x}:{}", major(found.st_dev), minor(found.st_dev), found.st_ino);
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
        std::istringstream fields(line);
        std::string number, kind, strictness, access, process, file;
        fields >> number >> kind >> strictness >> access >> process >> file;
        if (kind == "FLOCK" && file == wanted) return process;
    }
    return std::nullopt;
}

// The process id in this file. Other content is ignored, so that no error message quotes it.
std::optional<std::string> process_in(const fs::path& lock) {
    const auto opened = file::open(lock, file::access::read);
    if (!opened) return std::nullopt;
    const auto text = opened->read_all();
    if (!text || text->empty() || text->find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return *text;
}

[[noreturn]] void throw_already_locked(const fs::path& folder, const fs::path& locked, const fs::path& lock) {
    auto holder = holder_of(locked);
    if (!holder) holder = process_in(lock);  // it runs on another machine or in another container
    throw startup_error(fmt::format("data folder {}: another confab{} is using it", folder.string(),
                                    holder ? fmt::format(" (process {})", *holder) : ""));
}

bool is_held(const result<void>& locked) {
    return !locked && locked.error() == boost::system::errc::operation_would_block;
}

file open_lock(const fs::path& folder, const fs::path& lock) {
    // Creating also sets the mode. A refused process must not change the file of another one, so it only opens it.
    auto opened = file::open(lock, file::access::write);
    if (!opened && opened.error() == boost::system::errc::no_such_file_or_directory)
        opened = file::open(lock, file::access::create);
    if (!opened) fail(folder, "cannot be written", opened.error());
    return std::move(*opened);
}

// Locks the folder first, so that a second process creates no file in it.
file lock_both(const fs::path& path, const file& folder, const char* lock_name) {
    const auto lock = path / lock_name;
    const auto folder_locked = folder.try_lock();
    if (is_held(folder_locked)) throw_already_locked(path, path, lock);
    auto opened = open_lock(path, lock);
    const auto locked = opened.try_lock();
    if (is_held(locked)) throw_already_locked(path, lock, lock);
    if (!locked) throw startup_error(fmt::format("{} cannot be locked: {}", lock.string(), locked.error().message()));
    if (!folder_locked)
        log::warning(
            fmt::format("data folder {} cannot be locked: {}. Only {} keeps a second server out: do not "
                        "remove it while this server runs",
                        path.string(), folder_locked.error().message(), lock_name));
    return opened;
}

}  // namespace

void sync_folder(const fs::path& path) {
    const auto folder = file::open(path, file::access::read);
    if (!folder) fail(path, "cannot be opened", folder.error());
    if (const auto done = folder->sync(); !done) fail(path, "cannot be synced", done.error());
}

locked_folder::locked_folder(const fs::path& path, const char* lock_name)
    : path_(normalized(path)), folder_(open_folder(path_)), lock_(lock_both(path_, folder_, lock_name)) {
    auto written = lock_.truncate(0);
    if (written) written = lock_.write_at(0, std::to_string(getpid()));
    if (!written) fail(path_, "cannot be written", written.error());
}

}  // namespace confab
