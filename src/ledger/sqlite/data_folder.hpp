// The folder a standalone server keeps its data in: made if missing, held by one server at a time.
//   confab.db (+ -wal, -shm)   the ledger          confab.lock   held with flock(2) by the running server
//   confab-journal.0, .1       what the ledger's database may not have yet (journal/journal.hpp); gone after an orderly end
#pragma once

#include <filesystem>

namespace confab::ledger {

// A new entry is on disk once the folder that holds it is synced. Throws startup_error.
void sync_folder(const std::filesystem::path& path);

class data_folder {
public:
    // Makes the folder durably if it is missing, and takes its lock. Throws startup_error: cannot be made or written,
    // another server has it.
    explicit data_folder(const std::filesystem::path& path);
    ~data_folder();
    data_folder(const data_folder&) = delete;
    data_folder& operator=(const data_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    static std::filesystem::path database_in(const std::filesystem::path& folder) { return folder / "confab.db"; }

private:
    std::filesystem::path path_;
    int lock_ = -1;
};

}  // namespace confab::ledger
