// The folder a standalone server keeps its data in. It is created if missing. One server uses it at a time: the running
// server holds flock(2) locks on the folder itself and on confab.lock. The folder's lock outlives a removal of
// confab.lock. The lock of confab.lock works where a folder cannot be locked (NFS), and excludes servers of older
// versions.
//   confab.db (+ -wal, -shm)   the ledger          confab.lock   locked; holds the number of the server's process
//   confab-journal.0, .1       what the ledger's database may not have yet (journal/journal.hpp); gone after an orderly
//   end
// Only the server's user may read these files, and those of the search index (search/sqlite/index_file.hpp): whatever
// the umask and the folder's mode, they have mode 0600. Whoever creates a file sets its mode. The start corrects
// existing ones.
#pragma once

#include <filesystem>

#include "base/file.hpp"

namespace confab::ledger::sqlite {

// A new entry is on disk once the folder that holds it is synced. Throws startup_error.
void sync_folder(const std::filesystem::path& path);

class data_folder {
public:
    // Makes the folder durably if it is missing, and takes its locks. Throws startup_error: cannot be made, written or
    // locked, another server has it. Only logs a warning where the folder itself cannot be locked, or a file's mode
    // cannot be corrected.
    explicit data_folder(const std::filesystem::path& path);
    data_folder(const data_folder&) = delete;
    data_folder& operator=(const data_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    static std::filesystem::path database_in(const std::filesystem::path& folder) { return folder / "confab.db"; }

private:
    file open_and_lock_file() const;
    [[noreturn]] void refuse_second(const std::filesystem::path& locked) const;

    std::filesystem::path path_;
    file folder_;
    file lock_;
};

}  // namespace confab::ledger::sqlite
