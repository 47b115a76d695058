// One read asks for many entries of the streams that had some the last time, and for few of all others. So a batch is
// full whether one chat is busy or all are, and the size of a read is bounded.
#include <fmt/core.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <utility>

#include "base/back_off.hpp"
#include "base/log_throttle.hpp"
#include "base/random.hpp"
#include "base/require.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/redis_queue.hpp"
#include "queue/redis/script.hpp"
#include "queue/redis/streams.hpp"

namespace confab::queue {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds block_max{500};  // then the leases are checked again
constexpr std::size_t idle_entries = 16;
constexpr milliseconds pause_min{20};
constexpr milliseconds pause_max{1000};
constexpr milliseconds look_for_partitions_every{200};

using partitions = std::vector<core::partition_number>;

struct taken {
    core::command command;
    std::string answer_to;
    std::size_t bytes;
};

// The entries of one stream, as read, and the epoch in which the first was sent.
struct stream_slice {
    core::partition_number partition;
    core::epoch_id epoch;
    std::vector<redis::reply> entries;
};

// An entry is [id, [e, epoch, c, command]]. Nothing: another program wrote it.
std::optional<core::epoch_id> epoch_in(const redis::reply& entry) {
    const bool is_ours = entry.is_array_of(2) && entry.items[1].is_array_of(4);
    return is_ours ? parse_epoch(entry.items[1].items[1].text) : std::nullopt;
}

std::string_view command_in(const redis::reply& entry) {
    const bool is_ours = entry.is_array_of(2) && entry.items[1].is_array_of(4);
    return is_ours ? std::string_view(entry.items[1].items[3].text) : std::string_view();
}

// An XREAD of streams from the beginning.
class xread_command {
public:
    xread_command(const std::vector<stream_keys>& keys, const partitions& streams, std::size_t each,
                  milliseconds wait = {})
        : count_(std::to_string(each)), block_(std::to_string(wait.count())), all_{"XREAD", "COUNT", count_} {
        if (wait > milliseconds(0)) all_.insert(all_.end(), {"BLOCK", block_});
        all_.push_back("STREAMS");
        for (const auto p : streams) all_.push_back(keys[p].stream);
        all_.insert(all_.end(), streams.size(), "0-0");
    }
    xread_command(const xread_command&) = delete;
    xread_command& operator=(const xread_command&) = delete;

    const redis::arguments& arguments() const { return all_; }

private:
    const std::string count_, block_;
    redis::arguments all_;
};

class stream_receiver final : public redis_receiver {
public:
    stream_receiver(const asio::any_io_executor& loop, ledger::ownership& ownership,
                    const redis_receiver_options& options)
        : ownership_(ownership),
          keys_(keys_of_all(options.cluster, options.partitions)),
          redis_(redis::make_client(loop, options.redis)),
          timer_(loop) {}

    awaitable<std::vector<const core::command*>> take(batch_limits limits) override {
        batch_.clear();
        while (!is_closed_) {
            if (has_failed_ || std::exchange(is_removal_refused_, false)) co_await pause();
            const auto owned = co_await ownership_.renew();
            if (!owned) {
                has_failed_ = true;
                continue;
            }
            if (owned->empty()) {
                co_await sleep(look_for_partitions_every);
                continue;
            }
            const auto read = co_await read_streams(*owned, limits);
            has_failed_ = !read;
            if (read) fill_batch(*read, limits);
            if (!batch_.empty()) co_return commands();
        }
        co_return std::vector<const core::command*>();
    }

    void answer(std::vector<outcome> outcomes) override {
        require(outcomes.size() == batch_.size(), "every command of a batch has an outcome");
        std::map<std::string, std::vector<job_outcome>> to_publish;
        std::map<std::pair<core::partition_number, core::epoch_id>, done_entries> to_delete;
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            const auto& [command, answer_to, bytes] = batch_[i];
            if (!outcomes[i] && outcomes[i].error() == error::unavailable) {
                has_failed_ = true;
                continue;
            }
            auto& done = to_delete[{command.delivery->partition, command.delivery->epoch}];
            done.ids.push_back(text_of(command.delivery->at));
            done.bytes += bytes;
            if (!answer_to.empty()) to_publish[answer_to].push_back({command.job, std::move(outcomes[i])});
        }
        for (const auto& [channel, answers] : to_publish) publish(channel, answers);
        // Only on the connection that read the entries: Redis may have been restored in between, and their ids may have
        // been reused. Entries that stay are read again, and the ledger recognises them.
        if (redis_->connection_number() == read_connection_)
            for (const auto& [stream_id, done] : to_delete) remove(stream_id.first, stream_id.second, done);
        if (!to_delete.empty() && !is_removal_refused_) pause_.reset();
    }

    void close() override { is_closed_ = true; }

private:
    struct done_entries {
        std::vector<std::string> ids;
        std::size_t bytes = 0;
    };

    awaitable<void> sleep(milliseconds how_long) {
        timer_.expires_after(how_long);
        co_await timer_.async_wait(use_tuple);
    }

    awaitable<void> pause() { co_await sleep(pause_.next()); }

    // Reads the waiting entries from the beginning of the streams. If there are none, waits up to block_max. Nothing:
    // Redis cannot be read.
    awaitable<std::optional<std::vector<stream_slice>>> read_streams(const partitions& owned, batch_limits limits) {
        if (read_connection_ != redis_->connection_number()) delete_script_.load_script(*redis_);
        read_connection_ = redis_->connection_number();
        std::erase_if(active_, [&](auto p) { return std::ranges::find(owned, p) == owned.end(); });
        std::vector<stream_slice> found;
        if (!active_.empty()) {
            const bool is_read = co_await read_active_and_idle(owned, limits, found);
            if (!is_read) co_return std::nullopt;
        }
        if (found.empty()) {
            const xread_command all(keys_, owned, idle_entries, block_max);
            const auto reply = co_await redis_->execute(all.arguments(), block_max);
            const bool is_read = co_await add(reply, found);
            if (!is_read) co_return std::nullopt;
        }
        co_return found;
    }

    // Reads both in one round trip.
    awaitable<bool> read_active_and_idle(const partitions& owned, batch_limits limits,
                                         std::vector<stream_slice>& found) {
        partitions idle;
        for (const auto p : owned)
            if (std::ranges::find(active_, p) == active_.end()) idle.push_back(p);
        const xread_command many(keys_, active_, std::max(limits.commands_max / active_.size(), idle_entries));
        if (idle.empty()) {
            const auto reply = co_await redis_->execute(many.arguments());
            co_return co_await add(reply, found);
        }
        const xread_command few(keys_, idle, idle_entries);
        // The first reply belongs to the first command, so it has arrived when the second has.
        auto active_reply = std::make_shared<result<redis::reply>>(error::unavailable);
        redis_->send(many.arguments(), [active_reply](result<redis::reply> r) { *active_reply = std::move(r); });
        const auto idle_reply = co_await redis_->execute(few.arguments());
        const bool is_read = co_await add(*active_reply, found);
        if (!is_read) co_return false;
        co_return co_await add(idle_reply, found);
    }

    awaitable<bool> add(result<redis::reply> reply, std::vector<stream_slice>& found) {
        if (!reply) co_return false;
        if (reply->is_error()) {
            log_refusal("Redis cannot be read", reply->text);
            co_return false;
        }
        for (auto& stream : reply->items) {
            const auto p = stream.is_array_of(2) ? partition_named(stream.items[0].text) : std::nullopt;
            if (!p || stream.items[1].items.empty()) continue;
            auto& entries = stream.items[1].items;
            const auto epoch = co_await epoch_of(*p, entries);
            if (!epoch) co_return false;
            found.push_back({*p, *epoch, std::move(entries)});
        }
        co_return true;
    }

    // An entry of another program gets the epoch of the entries beside it, or else that of the stream.
    awaitable<std::optional<core::epoch_id>> epoch_of(core::partition_number p,
                                                      const std::vector<redis::reply>& entries) {
        for (const auto& entry : entries)
            if (const auto found = epoch_in(entry)) co_return found;
        core::epoch_id fresh;
        fill_random(fresh);
        const auto text = text_of(fresh);
        redis_->send({"SET", keys_[p].epoch, text, "NX"});
        const redis::arguments get{"GET", keys_[p].epoch};
        const auto reply = co_await redis_->execute(get);
        co_return reply ? parse_epoch(reply->text) : std::nullopt;
    }

    // Takes from every stream the entries of its first entry's epoch, in order, until the batch is full.
    void fill_batch(const std::vector<stream_slice>& read, batch_limits limits) {
        active_.clear();
        for (const auto& slice : read) active_.push_back(slice.partition);
        if (read.empty()) return;
        const auto begin = turn_++ % read.size();  // rotates, so that the limits cut off each stream equally often
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < read.size(); ++i)
            if (!fill_from(read[(begin + i) % read.size()], limits, bytes)) return;
    }

    // False: the batch is full.
    bool fill_from(const stream_slice& slice, batch_limits limits, std::size_t& bytes) {
        for (const auto& entry : slice.entries) {
            if (epoch_in(entry).value_or(slice.epoch) != slice.epoch) return true;
            auto made = taken_from(entry, slice);
            bytes += core::weight(made.command);
            const bool is_full = batch_.size() >= limits.commands_max || (bytes > limits.bytes_max && !batch_.empty());
            if (is_full) return false;
            batch_.push_back(std::move(made));
        }
        return true;
    }

    static taken taken_from(const redis::reply& entry, const stream_slice& slice) {
        const auto bytes = command_in(entry);
        auto [command, answer_to] = decode(bytes);
        command.delivery->partition = slice.partition;
        command.delivery->epoch = slice.epoch;
        command.delivery->at = parse_entry_id(entry.items.at(0).text).value_or(core::entry_id{});
        return {std::move(command), std::move(answer_to), bytes.size()};
    }

    std::optional<core::partition_number> partition_named(const std::string& stream) const {
        for (std::size_t p = 0; p < keys_.size(); ++p)
            if (keys_[p].stream == stream) return static_cast<core::partition_number>(p);
        return std::nullopt;
    }

    std::vector<const core::command*> commands() const {
        std::vector<const core::command*> all;
        all.reserve(batch_.size());
        for (const auto& t : batch_) all.push_back(&t.command);
        return all;
    }

    void publish(const std::string& channel, const std::vector<job_outcome>& answers) {
        const auto text = encode(answers);
        redis_->send({"PUBLISH", channel, text}, [this](const result<redis::reply>& reply) {
            if (reply && reply->is_error())
                log_refusal("Redis refuses PUBLISH; nodes read results from MySQL", reply->text);
        });
    }

    void remove(core::partition_number p, const core::epoch_id& epoch, const done_entries& done) {
        const auto epoch_text = text_of(epoch);
        for (std::size_t from = 0; from < done.ids.size(); from += delete_ids_max) {
            const auto bytes = std::to_string(from == 0 ? done.bytes : 0);
            redis::arguments with{epoch_text, bytes};
            const auto to = std::min(from + delete_ids_max, done.ids.size());
            with.insert(with.end(), done.ids.begin() + static_cast<std::ptrdiff_t>(from),
                        done.ids.begin() + static_cast<std::ptrdiff_t>(to));
            delete_script_.send(
                *redis_, {keys_[p].stream, keys_[p].epoch, keys_[p].bytes, keys_[p].committed}, with,
                [this](std::string_view words) {
                    is_removal_refused_ = true;
                    log_refusal("Redis refused the script that deletes processed entries, or part of it", words);
                });
        }
    }

    // Redis' words begin with a code.
    void log_refusal(std::string_view what, std::string_view words) {
        log_.warning(fmt::format("{}: {}", what, words.substr(0, words.find(' '))), fmt::format("{}: {}", what, words));
    }

    ledger::ownership& ownership_;
    const std::vector<stream_keys> keys_;
    const script delete_script_{delete_script};
    std::unique_ptr<redis::client> redis_;
    asio::steady_timer timer_;
    std::atomic<bool> is_closed_ = false;
    std::vector<taken> batch_;
    partitions active_;
    std::size_t turn_ = 0;
    std::uint64_t read_connection_ = 0;  // the connection on which the batch was read
    bool has_failed_ = false;
    bool is_removal_refused_ = false;  // what was carried out is read again, with a pause
    back_off pause_{pause_min, pause_max};
    log_throttle log_;
};

}  // namespace

std::unique_ptr<redis_receiver> make_redis_receiver(const asio::any_io_executor& loop, ledger::ownership& ownership,
                                                    const redis_receiver_options& options) {
    return std::make_unique<stream_receiver>(loop, ownership, options);
}

}  // namespace confab::queue
