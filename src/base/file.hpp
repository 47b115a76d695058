// A file descriptor. Errors of the system calls are returned as values. One caller at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace confab {

class file {
public:
    enum class access {
        read,
        write,
        create
    };  // create: opens for writing and creates a missing file; mode 0600 in both cases

    static result<file> open(const std::filesystem::path& path, access how);
    // A missing file is not an error.
    static result<void> remove(const std::filesystem::path& path);

    file() = default;
    file(file&& other) noexcept;
    file& operator=(file&& other) noexcept;
    ~file();

    result<std::string> read_all() const;
    // Writes all bytes. After an error some of them may have been written.
    result<void> write_at(std::uint64_t offset, std::string_view bytes) const;
    result<void> truncate(std::uint64_t bytes) const;
    result<void> sync() const;
    result<void> sync_data() const;  // without metadata that a read does not need, such as times
    // Takes an exclusive flock(2) until this is closed. Does not wait. Errors: operation_would_block (another process
    // holds it), others of the system.
    result<void> try_lock() const;
    // Asks the kernel to start writing the file's dirty pages. Does not wait and guarantees nothing.
    void start_write_back() const;

private:
    explicit file(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

// Whether a write failed because the disk is full, or because it exceeds a quota or the process's file size limit.
bool is_lack_of_space(const boost::system::error_code& cause);

}  // namespace confab
