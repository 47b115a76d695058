#include <fmt/core.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log_throttle.hpp"
#include "base/random.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/redis_queue.hpp"
#include "queue/redis/script.hpp"
#include "queue/redis/streams.hpp"
#include "queue/redis/waiting.hpp"

namespace confab::queue {
namespace {

using std::chrono::milliseconds;
using clock = waiting_room::clock;

constexpr milliseconds look_at_clock_every{20};
// An answer that was not heard by then is looked up, then after pauses that double. A batch takes some milliseconds.
constexpr milliseconds first_look_after{200};

// A node that has just started may be asked before it is connected.
constexpr milliseconds first_connection_wait{2000};

core::partition_number partition_of(const core::command& c, std::uint64_t count) {
    return std::visit(
        [count](const auto& wish) -> core::partition_number {
            using type = std::decay_t<decltype(wish)>;
            if constexpr (std::is_same_v<type, core::create_app> || std::is_same_v<type, core::unreadable>)
                return 0;
            else if constexpr (requires { wish.chat; })
                return core::partition_of(wish.app, wish.chat, count);
            else
                return core::partition_of(wish.app, count);
        },
        c.wish);
}

// What is shared by a node's loops.
struct node {
    ledger::outcomes& outcomes;
    const redis_sender_options options;
    const std::vector<stream_keys> keys = keys_of_all(options.cluster, options.partitions);
    const script send{send_script};
    const std::string commands_max = std::to_string(options.commands_max);
    const std::string bytes_max = std::to_string(options.bytes_max);
    std::atomic<bool> is_closed = false;
    log_throttle log{};
};

class loop_end {
public:
    loop_end(node& shared, asio::any_io_executor loop)
        : node_(shared),
          channel_(answer_channel(shared.options.cluster)),
          room_(loop),
          redis_(redis::make_client(loop, shared.options.redis)),
          answers_(redis::subscribe(loop, shared.options.redis, channel_,
                                    [this](std::string_view message) { hear(message); })) {
        asio::co_spawn(loop, watch_clock(), asio::detached);
    }

    awaitable<outcome> submit(const core::command& c) {
        waiting_room::seat seat(room_, c.job);
        const auto sent = co_await send(c);
        if (!sent) co_return sent.error();
        co_return co_await answer_to(c, *sent, seat, clock::now() + node_.options.answer_deadline);
    }

    awaitable<result<std::optional<core::answer>>> hand_over(const core::command& c, milliseconds most) {
        waiting_room::seat seat(room_, c.job);
        const auto sent = co_await send(c);
        if (!sent) co_return sent.error();
        const bool is_kept = sent->at != core::entry_id{};
        if (!is_kept) co_return error::outcome_unknown;
        if (most > milliseconds(0)) co_await seat.wait(clock::now() + most);
        if (!seat.answer()) co_return std::optional<core::answer>();
        const auto& heard = *seat.answer();
        if (!heard) co_return heard.error();
        co_return std::optional(*heard);
    }

    void end() { room_.end(); }

private:
    // Where the command stands; without an id and epoch when it was sent but Redis' reply was lost.
    awaitable<result<core::passage>> send(const core::command& c) {
        if (node_.is_closed) co_return error::shutting_down;
        if (redis_->connection() == 0) co_await wait_for_first_connection();
        const auto seen = co_await node_.outcomes.before(c);
        if (!seen) co_return seen.error();
        core::passage came{.partition = partition_of(c, node_.options.partitions), .seen = *seen};
        const auto entry = encode(c, *seen, channel_);
        core::epoch_id fresh;
        fill_random(fresh);
        const auto fresh_text = text_of(fresh);
        const auto& keys = node_.keys[came.partition];
        const redis::arguments on{keys.stream, keys.epoch, keys.bytes};
        const redis::arguments with{entry, node_.commands_max, node_.bytes_max, fresh_text};
        const auto reply = co_await node_.send.run(*redis_, on, with);
        if (!reply && reply.error() == error::outcome_unknown) co_return came;
        if (!reply) co_return reply.error();
        co_return placed(came, *reply);
    }

    awaitable<void> wait_for_first_connection() {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        const auto until = clock::now() + first_connection_wait;
        while (redis_->connection() == 0 && clock::now() < until && !node_.is_closed) {
            timer.expires_after(look_at_clock_every);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    result<core::passage> placed(core::passage came, const redis::reply& reply) {
        if (reply.is == redis::reply::kind::integer) return error::overloaded;
        if (reply.is_array_of(2)) {
            const auto epoch = parse_epoch(reply.items[0].text);
            const auto at = parse_entry_id(reply.items[1].text);
            if (epoch && at) {
                came.epoch = *epoch;
                came.at = *at;
                return came;
            }
        }
        // Redis refuses before it changes anything: out of memory, loading, read only. The code comes first.
        node_.log.warning(reply.text.substr(0, reply.text.find(' ')),
                          fmt::format("Redis takes no commands: {}", reply.text));
        return error::unavailable;
    }

    awaitable<outcome> answer_to(const core::command& c, const core::passage& came, waiting_room::seat& seat,
                                 clock::time_point deadline) {
        for (auto pause = first_look_after;; pause *= 2) {
            co_await seat.wait(std::min(clock::now() + pause, deadline));
            if (seat.answer()) co_return *seat.answer();
            const auto found = co_await node_.outcomes.of(c, came);
            if (seat.answer()) co_return *seat.answer();
            if (found && *found) co_return **found;
            if (!found && found.error() != error::unavailable) co_return found.error();
            if (clock::now() >= deadline || room_.has_ended()) co_return error::outcome_unknown;
        }
    }

    void hear(std::string_view message) {
        for (auto& [job, answer] : decode_answers(message)) room_.deliver(job, std::move(answer));
    }

    awaitable<void> watch_clock() {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!room_.has_ended()) {
            timer.expires_after(look_at_clock_every);
            co_await timer.async_wait(asio::use_awaitable);
            room_.look_at_clock(clock::now());
        }
    }

    node& node_;
    const std::string channel_;
    waiting_room room_;
    std::unique_ptr<redis::client> redis_;
    std::unique_ptr<redis::subscription> answers_;
};

class sender_of_loops final : public redis_sender {
public:
    sender_of_loops(event_loops& loops, ledger::outcomes& outcomes, redis_sender_options options)
        : loops_(loops), node_{outcomes, std::move(options)} {
        for (std::size_t i = 0; i < loops.size(); ++i)
            ends_.push_back(std::make_unique<loop_end>(node_, loops.at(i).get_executor()));
    }

    awaitable<outcome> submit(const core::command& c) override {
        auto& end = end_of(co_await asio::this_coro::executor);
        co_return co_await end.submit(c);
    }

    awaitable<result<std::optional<core::answer>>> hand_over(const core::command& c, milliseconds most) override {
        auto& end = end_of(co_await asio::this_coro::executor);
        co_return co_await end.hand_over(c, most);
    }

    void close() override { node_.is_closed = true; }

private:
    loop_end& end_of(const asio::any_io_executor& executor) {
        const auto* const here = &asio::query(executor, asio::execution::context);
        for (std::size_t i = 0; i < ends_.size(); ++i)
            if (here == &static_cast<asio::execution_context&>(loops_.at(i))) return *ends_[i];
        return *ends_.front();
    }

    event_loops& loops_;
    node node_;
    std::vector<std::unique_ptr<loop_end>> ends_;
};

}  // namespace

std::unique_ptr<redis_sender> make_redis_sender(event_loops& loops, ledger::outcomes& outcomes,
                                                redis_sender_options options) {
    return std::make_unique<sender_of_loops>(loops, outcomes, std::move(options));
}

}  // namespace confab::queue
