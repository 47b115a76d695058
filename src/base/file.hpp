// A file by its descriptor. Errors are those of the system calls, as values. One caller at a time.
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
    };  // create: opened for writing, made if it is missing; mode 0600 either way

    static result<file> open(const std::filesystem::path& path, access how);
    // No error where there is none.
    static result<void> remove(const std::filesystem::path& path);

    file() = default;
    file(file&& other) noexcept;
    file& operator=(file&& other) noexcept;
    ~file();

    result<std::string> read_all() const;
    // All of the bytes, or an error; then some of them may have been written.
    result<void> write_at(std::uint64_t offset, std::string_view bytes) const;
    result<void> truncate(std::uint64_t bytes) const;
    result<void> sync() const;
    result<void> sync_data() const;  // without what only describes the file, such as its times
    // An exclusive flock(2), for as long as this is open. Waits for nobody. Errors: operation_would_block (another
    // process has it), others of the system.
    result<void> try_lock() const;
    // Asks the system to begin writing what it holds of the file. Waits for nothing, promises nothing.
    void start_write_back() const;

private:
    explicit file(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

// Whether the disk, a quota or a limit of the process had no room for what was written.
bool is_lack_of_space(const boost::system::error_code& cause);

}  // namespace confab
