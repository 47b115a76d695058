// How sessions that read keep their snapshot from one read to the next.
//
// 1. To begin and end a read transaction costs locks of the file, a look at the log and at the file's size: as much as a
//    read out of memory. So a session keeps its transaction for as long as nothing was committed since it began. That is
//    told by a number which the writer moves on after every commit, before anyone is answered: nobody misses what was
//    acknowledged.
// 2. What is kept holds back the log: nothing committed later can be moved into the database. So the writer has all
//    idle sessions let go before the log is moved, and while it moves the log's end no session may keep one: else the log
//    would not start over.
// 3. Other programs may want to move the log too, beside a server that nobody asks. So a second after one was kept
//    all that are idle are let go. Nothing is done, and nobody wakes up, while none is kept.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace confab::ledger {

// Shared by the writer and the readers of one ledger. Any thread.
class snapshots {
public:
    // Somebody whose idle sessions keep snapshots.
    class keeper {
    public:
        // Ends them. Holds, for each session, the lock under which may_keep was asked.
        virtual void let_go() = 0;

    protected:
        ~keeper() = default;
    };

    snapshots();
    ~snapshots();
    snapshots(const snapshots&) = delete;
    snapshots& operator=(const snapshots&) = delete;

    // To be read before a snapshot begins: it is the latest for as long as this stays the same.
    std::uint64_t commits() const { return commits_.load(std::memory_order_acquire); }
    // To be called after every commit and before anyone is told.
    void committed() { commits_.fetch_add(1, std::memory_order_acq_rel); }

    // Whether a session that becomes idle may keep what began at `commits`. REQUIRES: called under a lock that the
    // keeper's let_go takes, and the session is idle before that is left.
    bool may_keep(std::uint64_t commits);

    void let_go();

    // As long as it lives none is kept.
    class pause {
    public:
        explicit pause(snapshots& all);
        ~pause();
        pause(const pause&) = delete;
        pause& operator=(const pause&) = delete;

    private:
        snapshots& all_;
    };

    // REQUIRES: `k` leaves before it ends.
    void enter(keeper& k);
    void leave(keeper& k);

private:
    void wake();
    void let_go_of_the_unused();

    std::atomic<std::uint64_t> commits_ = 0;
    std::atomic<bool> is_paused_ = false;
    std::mutex keepers_mutex_;
    std::vector<keeper*> keepers_;

    std::atomic<bool> is_any_kept_ = false;  // since they were let go last
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace confab::ledger
