// Connections with their statements that wait for the next reader. As many come to be as are used at once.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace confab::sqlite {

template <class Session>
class session_pool {
public:
    using make_session = std::function<std::unique_ptr<Session>()>;

    explicit session_pool(make_session make) : make_(std::move(make)) {}

    std::unique_ptr<Session> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto taken = std::move(idle_.back());
                idle_.pop_back();
                return taken;
            }
        }
        return make_();
    }

    void give_back(std::unique_ptr<Session> s) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(s));
    }

    // Closes those that wait.
    void clear() {
        const std::lock_guard lock(mutex_);
        idle_.clear();
    }

private:
    make_session make_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace confab::sqlite
