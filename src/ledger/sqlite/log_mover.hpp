// Moves the write-ahead log into the database on a thread and a connection of its own, beside the commits: the writer
// then has only to move what came meanwhile, and nobody waits while thousands of pages are written and synced.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "drivers/sqlite/sqlite.hpp"

namespace confab::ledger {

// For one caller.
class log_mover {
public:
    // Throws sqlite::failure. REQUIRES: a database that is kept with a write-ahead log.
    explicit log_mover(const std::string& database);
    ~log_mover();
    log_mover(const log_mover&) = delete;
    log_mover& operator=(const log_mover&) = delete;

    // REQUIRES: none is under way. Until it is over the caller moves nothing itself.
    void begin();
    bool is_under_way();
    // Waits for its end. Throws what it failed with; only once.
    void settle();

private:
    void work();

    sqlite::connection db_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_wanted_ = false;
    bool is_ending_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace confab::ledger
