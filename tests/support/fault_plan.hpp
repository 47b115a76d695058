// The fault plan decides which I/O call or allocation fails. The fault shims ask it before each call. It counts the
// calls, so that a test can make the n-th one fail, for every n.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace confab::testing {

enum class io_call { open, read, write, truncate, sync, remove, map, lock, allocate };
enum class io_file {
    database,
    database_wal,
    database_shm,
    database_rollback_journal,
    index,
    index_wal,
    index_shm,
    index_rollback_journal,
    temporary,
    journal,     // the segments of the journal
    synced_wal,  // the database's WAL, through the descriptor that syncs it
    folder,
    memory
};

struct io_site {
    io_call call;
    io_file file;

    friend auto operator<=>(const io_site&, const io_site&) = default;
};

std::string to_string(io_site site);

// Returns which file of a data folder has this path.
io_file file_of(std::string_view path);

enum class io_error { eio, enospc, short_write };

std::string_view to_string(io_error error);

struct io_fault {
    io_site site;
    io_error error = io_error::eio;
    std::uint64_t nth = 1;    // counted from arm() on
    bool is_lasting = false;  // all later calls fail too
};

// One per process, as SQLite's VFS and allocator are. Any thread.
class fault_plan {
public:
    static fault_plan& instance();

    void arm(const io_fault& fault);
    // No call fails from now on. Returns whether a call failed.
    bool disarm();

    // The shims call it before each call. Counts the call. Returns the error that the call must fail with, if any.
    std::optional<io_error> before(io_site site);

    std::map<io_site, std::uint64_t> counts();
    void reset_counts();

private:
    std::mutex mutex_;
    std::map<io_site, std::uint64_t> counts_;
    std::optional<io_fault> armed_;
    std::uint64_t met_ = 0;
    bool has_failed_ = false;
};

// Installs the shims below SQLite: a VFS over the system's, an allocator over the system's, and a page cache so small
// that transactions spill. REQUIRES: called once, before every other use of SQLite.
void install_sqlite_shims();

}  // namespace confab::testing
