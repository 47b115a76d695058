// 1. submit() appends the address of its entry, which is in the waiting coroutine's frame, and wakes a sleeping taker.
// 2. take() only removes the oldest entries under the lock. The batch is decided and committed without the lock.
// 3. answer() stores each outcome in its entry. It posts once per event loop, not once per command: a wake-up costs
//    more than all other work of an answer.
#include "queue/local/local_queue.hpp"

#include <deque>
#include <mutex>

#include "base/require.hpp"

namespace confab::queue {
namespace {

using resume_handler = asio::any_completion_handler<void()>;

// A command between its submission and its answer.
struct entry {
    const core::command* command;
    std::size_t weight;
    asio::any_io_executor executor = {};  // where `resume` runs
    resume_handler resume = {};
    std::optional<outcome> answer = std::nullopt;
};

struct sleeping {
    asio::any_io_executor executor;
    resume_handler handler;
};

// Answered entries of one event loop, to be resumed there. A handler owns the frame that contains its entry. If the
// loop has ended, the handlers never run, and the destructor destroys them.
class loop_wakeup {
public:
    explicit loop_wakeup(asio::any_io_executor to) : to_(std::move(to)) {}
    loop_wakeup(loop_wakeup&&) = default;
    loop_wakeup& operator=(loop_wakeup&&) = delete;
    ~loop_wakeup() {
        for (auto* one : answered_) std::exchange(one->resume, {});
    }

    const asio::any_io_executor& to() const { return to_; }
    void add(entry& e) { answered_.push_back(&e); }

    void operator()() {
        for (auto* one : std::exchange(answered_, {})) std::exchange(one->resume, {})();
    }

private:
    asio::any_io_executor to_;
    std::vector<entry*> answered_;
};

void wake(std::optional<sleeping> sleeper) {
    if (sleeper) asio::post(sleeper->executor, std::move(sleeper->handler));
}

class in_process_queue final : public local_queue {
public:
    explicit in_process_queue(local_limits limits) : limits_(limits) {}

    awaitable<outcome> submit(const core::command& c) override {
        entry waiting{&c, core::weight(c)};
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
            [this, &waiting](auto handler) {
                waiting.executor = asio::get_associated_executor(handler);
                waiting.resume = resume_handler(std::move(handler));
                push(waiting);
            },
            asio::use_awaitable);
        co_return std::move(*waiting.answer);
    }

    awaitable<result<std::optional<core::command_result>>> submit_with_timeout(const core::command& c,
                                                                               std::chrono::milliseconds) override {
        auto outcome = co_await submit(c);
        if (!outcome) co_return outcome.error();
        co_return std::optional(std::move(*outcome));
    }

    awaitable<std::vector<const core::command*>> take(batch_limits limits) override {
        require(batch_.empty(), "a batch is answered before the next one is taken");
        auto there = take_waiting(limits);
        if (!there.empty()) co_return there;
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
            [this](auto handler) {
                asio::any_io_executor executor = asio::get_associated_executor(handler);
                wait_for_first({std::move(executor), resume_handler(std::move(handler))});
            },
            asio::use_awaitable);
        co_return take_waiting(limits);
    }

    void answer(std::vector<outcome> outcomes) override {
        auto answered = std::exchange(batch_, {});
        require(outcomes.size() == answered.size(), "every command of a batch has an outcome");
        release(answered);  // first: an answered sender may submit again immediately
        std::vector<loop_wakeup> loop_wakeups;
        for (std::size_t i = 0; i < answered.size(); ++i) {
            answered[i]->answer.emplace(std::move(outcomes[i]));
            wakeup_for(answered[i]->executor, loop_wakeups).add(*answered[i]);
        }
        for (auto& d : loop_wakeups) {
            const auto to = d.to();
            asio::post(to, std::move(d));
        }
    }

    void close() override {
        std::unique_lock lock(mutex_);
        closed_ = true;
        auto sleeper = std::exchange(sleeper_, std::nullopt);
        lock.unlock();
        wake(std::move(sleeper));
    }

private:
    void push(entry& e) {
        std::unique_lock lock(mutex_);
        if (closed_) return refuse(std::move(lock), e, error::shutting_down);
        const bool is_full = queued_ >= limits_.commands_max || queued_bytes_ + e.weight > limits_.bytes_max;
        if (is_full) return refuse(std::move(lock), e, error::overloaded);
        queued_ += 1;
        queued_bytes_ += e.weight;
        waiting_.push_back(&e);
        auto sleeper = std::exchange(sleeper_, std::nullopt);
        lock.unlock();
        wake(std::move(sleeper));
    }

    static void refuse(std::unique_lock<std::mutex> lock, entry& e, error why) {
        lock.unlock();
        e.answer.emplace(why);
        asio::post(e.executor, std::exchange(e.resume, {}));
    }

    void wait_for_first(sleeping taker) {
        std::unique_lock lock(mutex_);
        if (waiting_.empty() && !closed_) {
            sleeper_ = std::move(taker);
            return;
        }
        lock.unlock();
        wake(std::move(taker));
    }

    std::vector<const core::command*> take_waiting(batch_limits limits) {
        std::vector<const core::command*> commands;
        std::size_t bytes = 0;
        const std::lock_guard lock(mutex_);
        while (!waiting_.empty() && commands.size() < limits.commands_max) {
            bytes += waiting_.front()->weight;
            if (bytes > limits.bytes_max && !commands.empty()) break;
            commands.push_back(waiting_.front()->command);
            batch_.push_back(waiting_.front());
            waiting_.pop_front();
        }
        return commands;
    }

    static loop_wakeup& wakeup_for(const asio::any_io_executor& executor, std::vector<loop_wakeup>& loop_wakeups) {
        for (auto& d : loop_wakeups)
            if (d.to() == executor) return d;
        return loop_wakeups.emplace_back(executor);
    }

    void release(const std::vector<entry*>& answered) {
        const std::lock_guard lock(mutex_);
        queued_ -= answered.size();
        for (const auto* e : answered) queued_bytes_ -= e->weight;
    }

    const local_limits limits_;
    std::mutex mutex_;
    std::deque<entry*> waiting_;
    std::optional<sleeping> sleeper_;
    std::size_t queued_ = 0;
    std::size_t queued_bytes_ = 0;
    bool closed_ = false;
    std::vector<entry*> batch_;  // used by the taker only
};

}  // namespace

std::unique_ptr<local_queue> make_local_queue(local_limits limits) {
    return std::make_unique<in_process_queue>(limits);
}

}  // namespace confab::queue
