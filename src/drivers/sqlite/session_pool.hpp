// Idle connections with their statements.
//
// A thread gets back the connection that it returned last: its page cache has what the thread reads, and threads do not
// wait for each other. The pool opens a connection when none is idle. So its size is the maximum that was in use at the
// same time.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace confab::sqlite {

// Each thread keeps its number, counted from 0.
inline std::size_t number_of_this_thread() {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t mine = threads++;
    return mine;
}

// REQUIRES: a Session is made from the path of the database. Any thread.
template <class Session>
class session_pool {
public:
    explicit session_pool(std::string database) : database_(std::move(database)) {}

    // Throws failure: no connection could be opened.
    std::unique_ptr<Session> take() {
        {
            auto& s = own_shard();
            const std::lock_guard lock(s.mutex);
            if (!s.idle.empty()) {
                auto taken = std::move(s.idle.back());
                s.idle.pop_back();
                return taken;
            }
        }
        return std::make_unique<Session>(database_);
    }

    void give_back(std::unique_ptr<Session> s) {
        give_back(std::move(s), [](Session&) {});
    }
    // Calls `before_idle(session)` under the lock that for_each_idle takes for this session.
    template <class BeforeIdle>
    void give_back(std::unique_ptr<Session> given, BeforeIdle before_idle) {
        auto& s = own_shard();
        const std::lock_guard lock(s.mutex);
        before_idle(*given);
        s.idle.push_back(std::move(given));
    }

    template <class Work>
    void for_each_idle(Work work) {
        for (auto& s : shards_) {
            const std::lock_guard lock(s.mutex);
            for (auto& session : s.idle) work(*session);
        }
    }

    // Closes the idle connections.
    void clear() {
        for (auto& s : shards_) {
            const std::lock_guard lock(s.mutex);
            s.idle.clear();
        }
    }

private:
    struct alignas(64) shard {  // one cache line each
        std::mutex mutex;
        std::vector<std::unique_ptr<Session>> idle;
    };

    shard& own_shard() { return shards_[number_of_this_thread() % shards_.size()]; }

    const std::string database_;
    std::array<shard, 16> shards_;  // threads beyond 16 share them
};

}  // namespace confab::sqlite
