#include "ledger/sqlite/data_folder.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/log.hpp"

namespace confab::ledger::sqlite {
namespace {

namespace fs = std::filesystem;

// All files of the server in its folder.
constexpr const char* lock_name = "confab.lock";
constexpr const char* file_names[] = {"confab.db",        "confab.db-wal",        "confab.db-shm",         //
                                      "confab-search.db", "confab-search.db-wal", "confab-search.db-shm",  //
                                      "confab-journal.0", "confab-journal.1",     lock_name};
constexpr mode_t private_mode = 0600;

// Older versions left the modes to SQLite and the umask.
void make_private(const fs::path& file) {
    struct stat found{};
    if (stat(file.c_str(), &found) != 0) {
        if (errno == ENOENT) return;
    } else if (!S_ISREG(found.st_mode) || (found.st_mode & 07777) == private_mode) {
        return;
    }
    if (chmod(file.c_str(), private_mode) == 0) return;
    log::warning(fmt::format("{} may be open to other users: its mode cannot be set to 0600: {}", file.string(),
                             std::generic_category().message(errno)));
}

}  // namespace

data_folder::data_folder(const fs::path& path) : locked_(path, lock_name) {
    for (const auto* name : file_names) make_private(locked_.path() / name);
}

}  // namespace confab::ledger::sqlite
