// The commands of one event loop that wait for answers, by job. The loop's thread only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/async.hpp"
#include "core/command.hpp"
#include "queue/queue.hpp"

namespace confab::queue {

class pending_replies {
public:
    using clock = std::chrono::steady_clock;

    // Registers a command, from before it is sent until its sender has the answer.
    class pending_reply {
    public:
        pending_reply(pending_replies& owner, const core::job_id& job);
        ~pending_reply();
        pending_reply(const pending_reply&) = delete;
        pending_reply& operator=(const pending_reply&) = delete;

        // Waits for the answer until `until` at the latest, or until the first wake_expired() after it.
        awaitable<void> wait(clock::time_point until);
        const std::optional<outcome>& answer() const { return answer_; }

    private:
        friend class pending_replies;
        using handler = asio::any_completion_handler<void()>;

        void resume();

        pending_replies& owner_;
        const core::job_id job_;
        std::optional<outcome> answer_;
        std::optional<handler> handler_;
        clock::time_point until_;
    };

    explicit pending_replies(asio::any_io_executor loop) : loop_(std::move(loop)) {}

    // Delivers an answer to the sender that waits for it. Does nothing if none does.
    void deliver(const core::job_id& job, outcome answer);
    // Call it periodically: ends the waits whose time limit has expired.
    void wake_expired(clock::time_point at);
    // Ends all waits.
    void end();
    bool has_ended() const { return has_ended_; }

private:
    struct job_hash {
        std::size_t operator()(const core::job_id& job) const noexcept;
    };

    asio::any_io_executor loop_;
    std::unordered_map<core::job_id, pending_reply*, job_hash> replies_;
    bool has_ended_ = false;
};

}  // namespace confab::queue
