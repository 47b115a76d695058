#include <fmt/core.h>

#include <atomic>

#include "base/back_off.hpp"
#include "base/log_throttle.hpp"
#include "base/random.hpp"
#include "base/require.hpp"
#include "base/spawn.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/pending_replies.hpp"
#include "queue/redis/redis_queue.hpp"
#include "queue/redis/script.hpp"
#include "queue/redis/streams.hpp"

namespace confab::queue {
namespace {

using std::chrono::milliseconds;
using clock = pending_replies::clock;

constexpr milliseconds expiry_check_interval{20};
// A job without an answer is looked up after this time, then after pauses that double. A batch takes some milliseconds.
constexpr milliseconds first_lookup_after{200};
constexpr milliseconds lookup_interval_max{3200};

// A node that has just started may get requests before it is connected.
constexpr milliseconds first_connection_wait{2000};

core::partition_number partition_of(const core::command& c, std::uint64_t count) {
    return std::visit(
        [count](const auto& payload) -> core::partition_number {
            using type = std::decay_t<decltype(payload)>;
            if constexpr (std::is_same_v<type, core::create_app> || std::is_same_v<type, core::unreadable>)
                return 0;
            else if constexpr (requires { payload.chat; })
                return core::partition_of(payload.app, payload.chat, count);
            else
                return core::partition_of(payload.app, count);
        },
        c.payload);
}

// The reason for HTTP clients, without the server's text. Empty: the error has no meaning for clients.
std::string fault_in(std::string_view words) {
    struct fault {
        std::string_view code;  // before Redis 7, a script's error has its code inside the text
        const char* reason;
    };
    constexpr fault faults[] = {{"OOM", "Redis has no memory left"},
                                {"NOPERM", "Redis does not allow this server to write"},
                                {"user executing the script can't run this command",  // Redis 7.0, for NOPERM
                                 "Redis does not allow this server to write"},
                                {"MISCONF", "Redis cannot store its data and accepts no writes"}};
    for (const auto& f : faults)
        if (words.find(f.code) != std::string_view::npos) return f.reason;
    return {};
}

// State that a node's loops share.
struct node {
    ledger::command_status& command_status;
    const redis_sender_options options;
    const std::vector<stream_keys> keys = keys_of_all(options.cluster, options.partitions);
    const script send{send_script};
    const std::string commands_max = std::to_string(options.commands_max);
    const std::string bytes_max = std::to_string(options.bytes_max);
    std::atomic<bool> is_closed = false;
    log_throttle log{};
};

class loop_sender {
public:
    loop_sender(node& shared, const asio::any_io_executor& loop)
        : node_(shared),
          channel_(answer_channel(shared.options.cluster)),
          pending_replies_(loop),
          redis_(redis::make_client(loop, shared.options.redis)),
          answers_(redis::subscribe(loop, shared.options.redis, channel_,
                                    [this](std::string_view message) { on_answers(message); })) {
        spawn(loop, check_expiry());
    }

    awaitable<outcome> submit(const core::command& c) {
        pending_replies::pending_reply pending_reply(pending_replies_, c.job);
        const auto sent = co_await send(c);
        if (!sent) co_return sent.error();
        co_return co_await wait_for_answer(c, *sent, pending_reply, clock::now() + node_.options.answer_deadline);
    }

    awaitable<result<std::optional<core::command_result>>> submit_with_timeout(const core::command& c,
                                                                               milliseconds most) {
        pending_replies::pending_reply pending_reply(pending_replies_, c.job);
        const auto sent = co_await send(c);
        if (!sent) co_return sent.error();
        const bool is_kept = sent->at != core::entry_id{};
        if (!is_kept) co_return error::outcome_unknown;
        if (most > milliseconds(0)) co_await pending_reply.wait(clock::now() + most);
        if (!pending_reply.answer()) co_return std::optional<core::command_result>();
        const auto& received = *pending_reply.answer();
        if (!received) co_return received.error();
        co_return std::optional(*received);
    }

    void end() { pending_replies_.end(); }

private:
    // The command's position in its stream. No id and no epoch: it was sent, but Redis' reply was lost.
    awaitable<result<core::delivery>> send(const core::command& c) {
        if (node_.is_closed) co_return error::shutting_down;
        if (redis_->connection_number() == 0) co_await wait_for_first_connection();
        const auto seen = co_await node_.command_status.snapshot(c);
        if (!seen) co_return seen.error();
        core::delivery delivery{.partition = partition_of(c, node_.options.partitions), .seen = *seen};
        const auto entry = encode(c, *seen, channel_);
        core::epoch_id fresh;
        fill_random(fresh);
        const auto fresh_text = text_of(fresh);
        const auto& keys = node_.keys[delivery.partition];
        const redis::arguments on{keys.stream, keys.epoch, keys.bytes};
        const redis::arguments with{entry, node_.commands_max, node_.bytes_max, fresh_text};
        const auto reply = co_await node_.send.run(*redis_, on, with);
        if (!reply && reply.error() == error::outcome_unknown) co_return delivery;
        if (!reply) co_return reply.error();
        co_return parse_send_reply(delivery, *reply);
    }

    awaitable<void> wait_for_first_connection() {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        const auto until = clock::now() + first_connection_wait;
        while (redis_->connection_number() == 0 && clock::now() < until && !node_.is_closed) {
            timer.expires_after(expiry_check_interval);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    result<core::delivery> parse_send_reply(core::delivery delivery, const redis::reply& reply) {
        if (reply.type == redis::reply::kind::integer) return error::overloaded;
        if (reply.is_array_of(2)) {
            const auto epoch = parse_epoch(reply.items[0].text);
            const auto at = parse_entry_id(reply.items[1].text);
            if (epoch && at) {
                delivery.epoch = *epoch;
                delivery.at = *at;
                return delivery;
            }
        }
        // Redis refuses before it changes anything: out of memory, loading, read-only. The error code comes first.
        auto fault = fault_in(reply.text);
        if (node_.options.redis.state && !fault.empty()) node_.options.redis.state->note_refusal(std::move(fault));
        node_.log.warning(reply.text.substr(0, reply.text.find(' ')),
                          fmt::format("Redis refuses commands: {}", reply.text));
        return error::unavailable;
    }

    awaitable<outcome> wait_for_answer(const core::command& c, const core::delivery& delivery,
                                       pending_replies::pending_reply& pending_reply, clock::time_point deadline) {
        for (back_off pause(first_lookup_after, lookup_interval_max);;) {
            co_await pending_reply.wait(std::min(clock::now() + pause.next(), deadline));
            if (pending_reply.answer()) co_return *pending_reply.answer();
            const auto found = co_await node_.command_status.lookup(c, delivery);
            if (pending_reply.answer()) co_return *pending_reply.answer();
            if (found && *found) co_return **found;
            if (!found && found.error() != error::unavailable) co_return found.error();
            if (clock::now() >= deadline || pending_replies_.has_ended()) co_return error::outcome_unknown;
        }
    }

    void on_answers(std::string_view message) {
        for (auto& [job, answer] : decode_answers(message)) pending_replies_.deliver(job, std::move(answer));
    }

    awaitable<void> check_expiry() {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!pending_replies_.has_ended()) {
            timer.expires_after(expiry_check_interval);
            co_await timer.async_wait(asio::use_awaitable);
            pending_replies_.wake_expired(clock::now());
        }
    }

    node& node_;
    const std::string channel_;
    pending_replies pending_replies_;
    std::unique_ptr<redis::client> redis_;
    std::unique_ptr<redis::subscription> answers_;
};

class multi_loop_sender final : public redis_sender {
public:
    multi_loop_sender(event_loops& loops, ledger::command_status& command_status, redis_sender_options options)
        : loops_(loops), node_{command_status, std::move(options)} {
        for (std::size_t i = 0; i < loops.size(); ++i)
            loop_senders_.push_back(std::make_unique<loop_sender>(node_, loops.at(i).get_executor()));
    }

    awaitable<outcome> submit(const core::command& c) override {
        auto& end = loop_sender_of(co_await asio::this_coro::executor);
        co_return co_await end.submit(c);
    }

    awaitable<result<std::optional<core::command_result>>> submit_with_timeout(const core::command& c,
                                                                               milliseconds most) override {
        auto& end = loop_sender_of(co_await asio::this_coro::executor);
        co_return co_await end.submit_with_timeout(c, most);
    }

    void close() override { node_.is_closed = true; }

private:
    loop_sender& loop_sender_of(const asio::any_io_executor& executor) {
        const auto* const here = &asio::query(executor, asio::execution::context);
        for (std::size_t i = 0; i < loop_senders_.size(); ++i)
            if (here == &static_cast<asio::execution_context&>(loops_.at(i))) return *loop_senders_[i];
        fail_assertion("commands are submitted on a loop of the sender");
    }

    event_loops& loops_;
    node node_;
    std::vector<std::unique_ptr<loop_sender>> loop_senders_;
};

}  // namespace

std::unique_ptr<redis_sender> make_redis_sender(event_loops& loops, ledger::command_status& command_status,
                                                redis_sender_options options) {
    return std::make_unique<multi_loop_sender>(loops, command_status, std::move(options));
}

}  // namespace confab::queue
