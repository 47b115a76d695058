// The data folder of a standalone server. It is created if missing. One server uses it at a time
// (base/locked_folder.hpp). The lock of confab.lock also excludes servers of older versions.
//   confab.db (+ -wal, -shm)   the ledger
//   confab-journal.0, .1       batches that the database may lack (journal/journal.hpp); removed by an orderly end
//   confab.lock                locked; holds the process id of the server
// Only the server's user may read these files and those of the search index (search/sqlite/index_file.hpp). They have
// mode 0600, independent of the umask and the folder's mode. Whoever creates a file sets its mode. The start corrects
// existing files.
#pragma once

#include <filesystem>

#include "base/locked_folder.hpp"

namespace confab::ledger::sqlite {

class data_folder {
public:
    // Creates the folder if it is missing, and takes its locks. Throws startup_error, as locked_folder. Logs a warning
    // if the mode of a file cannot be corrected.
    explicit data_folder(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return locked_.path(); }

    static std::filesystem::path database_in(const std::filesystem::path& folder) { return folder / "confab.db"; }

private:
    locked_folder locked_;
};

}  // namespace confab::ledger::sqlite
