// Connections with their statements that wait for the next reader. A thread gets back what it gave back, so that what its
// connection has in memory is what it needs, and threads do not wait for each other; as many come to be as are used at
// once by each.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace confab::sqlite {

// The same thread, the same number; counted from 0.
inline std::size_t number_of_this_thread() {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t mine = threads++;
    return mine;
}

template <class Session>
class session_pool {
public:
    using make_session = std::function<std::unique_ptr<Session>()>;

    explicit session_pool(make_session make) : make_(std::move(make)) {}

    std::unique_ptr<Session> take() {
        {
            auto& s = own_shelf();
            const std::lock_guard lock(s.mutex);
            if (!s.idle.empty()) {
                auto taken = std::move(s.idle.back());
                s.idle.pop_back();
                return taken;
            }
        }
        return make_();
    }

    void give_back(std::unique_ptr<Session> s) {
        give_back(std::move(s), [](Session&) {});
    }
    // As it becomes idle `put_away(session)` is called; never at the same time as what for_idle does with it.
    template <class PutAway>
    void give_back(std::unique_ptr<Session> given, PutAway put_away) {
        auto& s = own_shelf();
        const std::lock_guard lock(s.mutex);
        put_away(*given);
        s.idle.push_back(std::move(given));
    }

    template <class Work>
    void for_idle(Work work) {
        for (auto& s : shelves_) {
            const std::lock_guard lock(s.mutex);
            for (auto& session : s.idle) work(*session);
        }
    }

    // Closes those that wait.
    void clear() {
        for (auto& s : shelves_) {
            const std::lock_guard lock(s.mutex);
            s.idle.clear();
        }
    }

private:
    struct alignas(64) shelf {  // a cache line each
        std::mutex mutex;
        std::vector<std::unique_ptr<Session>> idle;
    };

    shelf& own_shelf() { return shelves_[number_of_this_thread() % shelves_.size()]; }

    make_session make_;
    std::array<shelf, 16> shelves_;  // more threads than that share them
};

}  // namespace confab::sqlite
