// A lookup that arrives while fewer than `statements_max` statements are in flight leads a new statement. It includes
// the waiting lookups. When it is done, the first waiting lookup leads the next statement.
#include "ledger/mysql/lookups.hpp"

#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ledger/mysql/reader_sql.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::size_t statements_max = 2;  // in flight: a slow one does not delay all lookups

struct waiter {
    lookup asked;
    bool is_leader = false;
    asio::any_io_executor executor = {};
    asio::any_completion_handler<void()> resume = {};
};

// Resumes the waiter in a handler of its own.
void post_resume(waiter& w) {
    asio::post(w.executor, std::exchange(w.resume, {}));
}

}  // namespace

// The lookups of one event loop. Its thread only.
class lookups::loop_queue {
public:
    awaitable<result<core::message>> find(lookup asked, const look_up& how) {
        waiter mine{std::move(asked)};
        if (in_flight_ < statements_max) {
            ++in_flight_;
            mine.is_leader = true;
        } else {
            co_await wait(mine);
        }
        if (mine.is_leader) {
            statement batch(*this, mine);
            co_await how(batch.lookups());
            batch.end();
        }
        co_return std::move(*mine.asked.answer);
    }

private:
    // A statement in flight. A handler owns the coroutine frame of its waiter. If the loop ends before the statement,
    // the leader destroys the frames of its followers.
    class statement {
    public:
        statement(loop_queue& of, waiter& leader) : queue_(of) {
            lookups_.push_back(&leader.asked);
            while (!queue_.waiters_.empty() && lookups_.size() < lookups_max) {
                followers_.push_back(queue_.waiters_.front());
                lookups_.push_back(&queue_.waiters_.front()->asked);
                queue_.waiters_.pop_front();
            }
        }
        ~statement() {
            for (auto* each : followers_) std::exchange(each->resume, {});
            if (has_ended_) return;
            for (auto* each : std::exchange(queue_.waiters_, {})) std::exchange(each->resume, {});
        }
        statement(const statement&) = delete;
        statement& operator=(const statement&) = delete;

        std::span<lookup* const> lookups() const { return lookups_; }

        // Resumes the followers, and starts the next statement.
        void end() {
            for (auto* each : std::exchange(followers_, {})) post_resume(*each);
            queue_.start_next();
            has_ended_ = true;
        }

    private:
        loop_queue& queue_;
        std::vector<lookup*> lookups_;
        std::vector<waiter*> followers_;
        bool has_ended_ = false;
    };

    awaitable<void> wait(waiter& mine) {
        return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
            [this, &mine](auto handler) {
                mine.executor = asio::get_associated_executor(handler);
                mine.resume = std::move(handler);
                waiters_.push_back(&mine);
            },
            asio::use_awaitable);
    }

    void start_next() {
        if (waiters_.empty()) {
            --in_flight_;
            return;
        }
        auto* const next = waiters_.front();
        waiters_.pop_front();
        next->is_leader = true;
        post_resume(*next);
    }

    std::deque<waiter*> waiters_;
    std::size_t in_flight_ = 0;
};

class lookups::loop_queues {
public:
    std::shared_ptr<loop_queue> of(asio::execution_context& loop) {
        const std::lock_guard lock(mutex_);
        auto& found = all_[&loop];
        if (!found) found = std::make_shared<loop_queue>();
        return found;
    }

private:
    std::mutex mutex_;
    std::unordered_map<asio::execution_context*, std::shared_ptr<loop_queue>> all_;
};

lookups::lookups(look_up how) : how_(std::move(how)), loop_queues_(std::make_unique<loop_queues>()) {}

lookups::~lookups() = default;

awaitable<result<core::message>> lookups::find(core::chat_id chat, core::message_number number) {
    const auto loop = co_await asio::this_coro::executor;
    const auto here = loop_queues_->of(asio::query(loop, asio::execution::context));
    lookup asked{chat, number};
    co_return co_await here->find(std::move(asked), how_);
}

}  // namespace confab::ledger::mysql
