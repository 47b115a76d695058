// A folder that one process uses at a time. The process holds flock(2) locks on the folder itself and on a file in it.
// The folder's lock survives a removal of that file. The file's lock works where a folder cannot be locked (NFS).
#pragma once

#include <filesystem>

#include "base/file.hpp"

namespace confab {

// Syncs a folder, which makes its new entries durable. Throws startup_error: it cannot be opened or synced.
void sync_folder(const std::filesystem::path& path);

// The locks are held until the destructor, or until the process ends.
class locked_folder {
public:
    // Creates a missing folder and its missing parents durably, with mode 0700. Takes both locks, without waiting, and
    // writes the process id into the file `lock_name`. If only the folder itself cannot be locked, logs a warning and
    // continues. Throws startup_error:
    // - another process uses the folder. Then nothing in it has changed.
    // - the folder or the file cannot be created, opened, locked or written. Then they may have been created.
    locked_folder(const std::filesystem::path& path, const char* lock_name);
    locked_folder(const locked_folder&) = delete;
    locked_folder& operator=(const locked_folder&) = delete;

    // An absolute path.
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    file folder_, lock_;
};

}  // namespace confab
