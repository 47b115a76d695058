// A folder that one process uses at a time. The process holds flock(2) locks on the folder itself and on a file in it.
// The folder's lock survives a removal of that file. The file's lock works where a folder cannot be locked (NFS).
#pragma once

#include <filesystem>

#include "base/file.hpp"

namespace confab {

// Syncs a folder, which makes its new entries durable. Throws startup_error.
void sync_folder(const std::filesystem::path& path);

class locked_folder {
public:
    // Creates a missing folder durably, takes both locks, and writes the process id into the file `lock_name`. Throws
    // startup_error: the folder cannot be created, written or locked, or another process uses it. Nothing in the folder
    // has changed then. Logs a warning if the folder itself cannot be locked.
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
