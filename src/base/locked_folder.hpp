// A folder that one process uses at a time. The process holds flock(2) locks on the folder itself and on a file in it.
// The folder's lock outlives a removal of that file. The file's lock works where a folder cannot be locked (NFS).
#pragma once

#include <filesystem>

#include "base/file.hpp"

namespace confab {

// A new entry is on disk once the folder that holds it is synced. Throws startup_error.
void sync_folder(const std::filesystem::path& path);

class locked_folder {
public:
    // Makes the folder durably if it is missing, takes its locks, and writes the process's number into the file
    // `lock_name`. Throws startup_error: cannot be made, written or locked, another process has it; then nothing in the
    // folder has changed. Logs a warning where the folder itself cannot be locked.
    locked_folder(const std::filesystem::path& path, const char* lock_name);
    locked_folder(const locked_folder&) = delete;
    locked_folder& operator=(const locked_folder&) = delete;

    // Absolute.
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    file folder_, lock_;
};

}  // namespace confab
