// When a WAL is checkpointed, and how (https://sqlite.org/wal.html#ckpt).
//
// 1. A checkpoint is due once the WAL has start_pages.
// 2. It is passive: it waits for no reader.
// 3. SQLite restarts the WAL with a later commit if every page was checkpointed and no reader uses the WAL. Otherwise
//    the WAL grows further. The next checkpoint is due after start_pages more.
// 4. A WAL of restart_pages or more is long. Its checkpoint is a restart: it waits for readers.
// 5. A WAL that is shorter than before was restarted: rule 1 applies again.
#pragma once

#include "drivers/sqlite/sqlite.hpp"

namespace confab::sqlite {

struct checkpoint_limits {
    int start_pages;    // from this length on, the WAL is checkpointed
    int restart_pages;  // from this length on, it is long: readers have kept it from restarting
};

// Decides only, and does no I/O. One thread at a time.
class checkpoint_schedule {
public:
    using checkpoint_kind = connection::checkpoint_kind;

    explicit checkpoint_schedule(checkpoint_limits limits) : limits_(limits), due_pages_(limits.start_pages) {}

    // `wal_pages`: the WAL's length after the last commit. The functions below are about that length.
    void observe(int wal_pages) {
        if (wal_pages < wal_pages_) due_pages_ = limits_.start_pages;
        wal_pages_ = wal_pages;
    }
    bool is_due() const { return wal_pages_ >= due_pages_; }
    bool is_long() const { return wal_pages_ >= limits_.restart_pages; }
    checkpoint_kind kind() const { return is_long() ? checkpoint_kind::restart : checkpoint_kind::passive; }

    // After a checkpoint, also a partial one: readers may have held back the rest.
    void checkpointed() { due_pages_ = wal_pages_ + limits_.start_pages; }

private:
    checkpoint_limits limits_;
    int wal_pages_ = 0;
    int due_pages_;
};

}  // namespace confab::sqlite
