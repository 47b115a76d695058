// The folder a standalone server keeps its data in. It is created if missing. One server uses it at a time
// (base/locked_folder.hpp). The lock of confab.lock also excludes servers of older versions.
//   confab.db (+ -wal, -shm)   the ledger          confab.lock   locked; holds the number of the server's process
//   confab-journal.0, .1       what the ledger's database may not have yet (journal/journal.hpp); gone after an orderly
//   end
// Only the server's user may read these files, and those of the search index (search/sqlite/index_file.hpp): whatever
// the umask and the folder's mode, they have mode 0600. Whoever creates a file sets its mode. The start corrects
// existing ones.
#pragma once

#include <filesystem>

#include "base/locked_folder.hpp"

namespace confab::ledger::sqlite {

class data_folder {
public:
    // Makes the folder if it is missing, and takes its locks. Throws startup_error, as locked_folder. Logs a warning
    // where a file's mode cannot be corrected.
    explicit data_folder(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return locked_.path(); }

    static std::filesystem::path database_in(const std::filesystem::path& folder) { return folder / "confab.db"; }

private:
    locked_folder locked_;
};

}  // namespace confab::ledger::sqlite
