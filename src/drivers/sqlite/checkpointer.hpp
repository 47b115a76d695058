// Checkpoints a WAL beside the commits: the writer does not wait while thousands of pages are written and synced.
//
// 1. When a checkpoint is due (checkpoint_schedule.hpp), a thread with its own connection runs a passive one.
// 2. Commits continue meanwhile. Their pages are left to the writer. Once the background checkpoint has ended, the
//    writer checkpoints them on its own connection, between two transactions. They are few, so this is short.
// 3. While a background checkpoint runs and the WAL is long, the writer waits for its end. So the WAL does not grow
//    without bound.
//
//            start()              it ends               next()
//     idle ----------> running ----------> ended ----------> idle; the caller is to finish()
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "drivers/sqlite/checkpoint_schedule.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::sqlite {

// The writer's thread only.
class checkpointer {
public:
    enum class step { none, start, finish };

    // Throws failure. REQUIRES: `database` is in WAL mode.
    checkpointer(const std::string& database, checkpoint_limits limits);
    ~checkpointer();
    checkpointer(const checkpointer&) = delete;
    checkpointer& operator=(const checkpointer&) = delete;

    // Returns when no background checkpoint runs or the WAL is not long. REQUIRES: the caller holds no lock that a
    // reader waits for.
    void wait_if_long();

    // Returns when no background checkpoint runs. REQUIRES: as above.
    void wait();

    // What the caller must do now. `wal_pages`: the WAL's length after the last commit. If a background checkpoint
    // failed, throws its failure once. The next step may then be another start.
    step next(int wal_pages);

    // Starts the background checkpoint. REQUIRES: next() returned start; kept snapshots were released, since they hold
    // back pages.
    void start();
    // Checkpoints the remaining pages on the writing connection. False: readers held back some of them. Throws failure;
    // the pages then wait for the next checkpoint. REQUIRES: next() returned finish; `db` has no open transaction; no
    // snapshot is kept meanwhile, or the WAL would not restart. The caller may skip it: then another start follows.
    bool finish(connection& db);

private:
    enum class state { idle, running, ended, stopping };

    void run();

    checkpoint_schedule schedule_;  // the writer's
    connection db_;                 // the thread's
    std::mutex mutex_;              // guards state_ and failure_
    std::condition_variable changed_;
    state state_ = state::idle;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace confab::sqlite
