// Which I/O call or allocation is to fail: the plan that the fault shims ask before each call. It counts the calls, so
// that a test can let the n-th one fail, for every n.
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
    journal,     // the files of the batch log
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

// The file of a data folder that has this path.
io_file file_of(std::string_view path);

enum class io_error { eio, enospc, short_write };

std::string_view to_string(io_error error);

struct io_fault {
    io_site site;
    io_error error = io_error::eio;
    std::uint64_t nth = 1;    // counted from arm() on
    bool is_lasting = false;  // this call and all later ones
};

// One for the process, since SQLite's VFS and its allocator are. Any thread.
class fault_plan {
public:
    static fault_plan& instance();

    void arm(const io_fault& fault);
    // Nothing fails from now on. Returns whether something did.
    bool disarm();

    // Called by the shims before each call: counts it. An error: the call is to fail with it.
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

// Puts the shims before SQLite: a VFS above the system's, an allocator above the system's, and a page cache so small
// that transactions spill. REQUIRES: called before anything else of SQLite, once.
void install_sqlite_shims();

}  // namespace confab::testing
