// Read connections that may keep their snapshot from one read to the next.
//
// 1. To begin and end a read transaction takes file locks and looks at the WAL and at the file's size. That costs as
//    much as a read from memory. So a connection keeps its read transaction while nothing was committed since it began.
// 2. The writer counts its commits, before a commit is acknowledged. A snapshot that began at the current count is the
//    latest: no read misses an acknowledged commit.
// 3. A kept snapshot holds back checkpoints: what is committed later stays in the WAL. So the writer releases the idle
//    snapshots before a checkpoint starts. While it checkpoints the end of the WAL no snapshot is kept, or the WAL
//    would not restart.
// 4. Other programs may checkpoint too, beside a server without requests. So a thread releases the idle snapshots a
//    second after one was kept. It sleeps while none is kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/timer_thread.hpp"
#include "drivers/sqlite/session_pool.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::sqlite {

// Counts the commits of one database, for its writer and its pools. Any thread.
class snapshot_registry {
public:
    // A pool whose idle connections keep snapshots.
    class pool {
    public:
        // Takes, for each connection, the lock under which may_keep was called.
        virtual void release_idle() = 0;

    protected:
        ~pool() = default;
    };

    snapshot_registry();
    snapshot_registry(const snapshot_registry&) = delete;
    snapshot_registry& operator=(const snapshot_registry&) = delete;

    // Read it before a snapshot begins: the snapshot is the latest while this stays the same.
    std::uint64_t commits() const { return commits_.load(std::memory_order_acquire); }
    // Call it after every commit, before the commit is acknowledged.
    void committed() { commits_.fetch_add(1, std::memory_order_acq_rel); }

    // Whether a connection that becomes idle may keep a snapshot that began at `commits`. REQUIRES: the caller holds a
    // lock that its pool's release_idle takes, until the connection is idle.
    bool may_keep(std::uint64_t commits);

    // Releases the idle snapshots of all pools.
    void release_idle();

    // While it exists no snapshot is kept. One at a time.
    class pause {
    public:
        explicit pause(snapshot_registry& all);
        ~pause();
        pause(const pause&) = delete;
        pause& operator=(const pause&) = delete;

    private:
        snapshot_registry& all_;
    };

    // REQUIRES: `p` is removed before it ends.
    void add(pool& p);
    void remove(pool& p);

private:
    std::atomic<std::uint64_t> commits_ = 0;
    std::atomic<bool> is_paused_ = false;
    std::mutex pools_mutex_;
    std::vector<pool*> pools_;

    std::atomic<bool> is_any_kept_ = false;  // since the last release; so most reads need not lock the timer
    timer_thread timer_;                     // last: its thread uses all of the rest
};

// The snapshot of a connection. One thread at a time.
class kept_snapshot {
public:
    explicit kept_snapshot(connection& db) : db_(db) {}

    // Sees everything committed before the call, and the same until the next call or release(). Throws failure, and
    // then no snapshot is open.
    void refresh(const snapshot_registry& all);
    void release();
    // SQLite itself rolls a transaction back when a read fails with an I/O error or for lack of memory.
    bool is_open() const { return transaction_ && db_.in_transaction(); }
    // The count of commits at which it began.
    std::uint64_t commits() const { return commits_; }

private:
    connection& db_;
    std::optional<transaction> transaction_;
    std::uint64_t commits_ = 0;
};

// REQUIRES: a Session is made from the path of the database and has the connection `db`. Any thread.
template <class Session>
class snapshot_pool final : snapshot_registry::pool {
public:
    // `all` outlives it.
    snapshot_pool(std::string database, snapshot_registry& all) : registry_(all), sessions_(std::move(database)) {
        registry_.add(*this);
    }
    ~snapshot_pool() { registry_.remove(*this); }
    snapshot_pool(const snapshot_pool&) = delete;
    snapshot_pool& operator=(const snapshot_pool&) = delete;

    // Returns work(session). The session sees one snapshot, with everything that was committed before. Throws failure,
    // and what `work` throws; the session is closed then.
    template <class Work>
    auto read(Work&& work) {
        auto borrowed = sessions_.take();
        borrowed->snapshot.refresh(registry_);
        auto done = work(borrowed->session);
        sessions_.give_back(std::move(borrowed), [this](entry& idle) {
            if (!registry_.may_keep(idle.snapshot.commits())) idle.snapshot.release();
        });
        return done;
    }

private:
    struct entry {
        explicit entry(const std::string& database) : session(database), snapshot(session.db) {}

        Session session;
        kept_snapshot snapshot;  // ends before its connection
    };

    void release_idle() override {
        sessions_.for_each_idle([](entry& idle) { idle.snapshot.release(); });
    }

    snapshot_registry& registry_;
    session_pool<entry> sessions_;
};

}  // namespace confab::sqlite
