#include "ledger/sqlite/data_folder.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"

namespace confab::ledger::sqlite {
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
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path, "cannot be made", system_error(errno));
    if (!fs::is_directory(path, cause)) fail(path, "cannot be used", system_error(ENOTDIR));
    sync_folder(parent);
}

fs::path whole(const fs::path& path) {
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

// The process that has a flock on this file. A line of /proc/locks is, without the one that waits for it:
// "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF" (https://man7.org/linux/man-pages/man5/proc_locks.5.html).
std::optional<std::string> holder_of(const fs::path& locked) {
    struct stat found {};
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

constexpr const char* lock_name = "confab.lock";

// The process that a server wrote into this file. Anything else in it does not belong in a message.
std::optional<std::string> process_in(const fs::path& lock) {
    const auto opened = file::open(lock, file::access::read);
    if (!opened) return std::nullopt;
    const auto text = opened->read_all();
    if (!text || text->empty() || text->find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return *text;
}

// All that the server keeps in its folder.
constexpr const char* file_names[] = {"confab.db",        "confab.db-wal",        "confab.db-shm",         //
                                      "confab-search.db", "confab-search.db-wal", "confab-search.db-shm",  //
                                      "confab-journal.0", "confab-journal.1",     lock_name};
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

}  // namespace

void sync_folder(const fs::path& path) {
    const auto folder = file::open(path, file::access::read);
    if (!folder) fail(path, "cannot be opened", folder.error());
    if (const auto done = folder->sync(); !done) fail(path, "cannot be synced", done.error());
}

// The folder comes first, so that a second server creates nothing in it.
data_folder::data_folder(const fs::path& path) : path_(whole(path)), folder_(open_folder(path_)) {
    const auto folder_locked = folder_.try_lock();
    if (!folder_locked && folder_locked.error() == boost::system::errc::operation_would_block) refuse_second(path_);
    lock_ = open_and_lock_file();
    if (!folder_locked)
        log::warning(
            fmt::format("data folder {} cannot be locked: {}. Only confab.lock keeps a second server out: do not "
                        "remove it while this server runs",
                        path_.string(), folder_locked.error().message()));
    for (const auto* name : file_names) make_private(path_ / name);
    auto written = lock_.truncate(0);
    if (written) written = lock_.write_at(0, std::to_string(getpid()));
    if (!written) fail(path_, "cannot be written", written.error());
}

file data_folder::open_and_lock_file() const {
    const auto path = path_ / lock_name;
    // Creating also sets the mode, and a refused server must not change the file of another.
    auto opened = file::open(path, file::access::write);
    if (!opened && opened.error() == boost::system::errc::no_such_file_or_directory)
        opened = file::open(path, file::access::create);
    if (!opened) fail(path_, "cannot be written", opened.error());
    const auto locked = opened->try_lock();
    if (locked) return std::move(*opened);
    if (locked.error() == boost::system::errc::operation_would_block) refuse_second(path);
    throw startup_error(fmt::format("{} cannot be locked: {}", path.string(), locked.error().message()));
}

void data_folder::refuse_second(const fs::path& locked) const {
    auto holder = holder_of(locked);
    if (!holder) holder = process_in(path_ / lock_name);  // it runs where this system does not see it
    throw startup_error(fmt::format("data folder {}: another confab{} is using it", path_.string(),
                                    holder ? fmt::format(" (process {})", *holder) : ""));
}

}  // namespace confab::ledger::sqlite
