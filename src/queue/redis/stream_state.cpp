#include "queue/redis/stream_state.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/random.hpp"
#include "queue/redis/script.hpp"

namespace confab::queue {
namespace {

bool read_integer(std::string_view text, std::int64_t& to) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
    return failed == std::errc() && end == text.data() + text.size();
}

std::pair<std::string_view, std::string_view> split_at(std::string_view text, std::size_t at) {
    at = std::min(at, text.size());
    return {text.substr(0, at), text.substr(at)};
}

void require_done(const redis::reply& reply) {
    if (reply.is_error()) throw startup_error(fmt::format("Redis refuses: {}", reply.text));
}

awaitable<result<redis::reply>> ask(redis::client& on, redis::arguments command) {
    auto reply = co_await on.execute(command);
    if (!reply) co_return error::unavailable;
    require_done(*reply);
    co_return reply;
}

}  // namespace

awaitable<result<std::vector<stream_state>>> stream_states(redis::client& on, std::string_view cluster,
                                                           std::uint64_t partitions) {
    const auto every = keys_of_all(cluster, partitions);
    std::vector<stream_state> all;
    for (const auto& keys : every) {
        const redis::arguments length{"XLEN", keys.stream}, first{"XRANGE", keys.stream, "-", "+", "COUNT", "1"};
        const auto count = co_await ask(on, length);
        if (!count) co_return count.error();
        const auto oldest = co_await ask(on, first);
        if (!oldest) co_return oldest.error();
        stream_state state{static_cast<std::uint64_t>(count->integer), std::nullopt};
        if (!oldest->items.empty()) state.oldest = parse_entry_id(oldest->items[0].items.at(0).text);
        all.push_back(state);
    }
    co_return all;
}

awaitable<result<std::int64_t>> clock_ms(redis::client& on) {
    const redis::arguments time{"TIME"};
    const auto reply = co_await ask(on, time);
    if (!reply) co_return reply.error();
    if (!reply->is_array_of(2)) co_return error::unavailable;
    std::int64_t seconds = 0, us = 0;
    const bool is_time = read_integer(reply->items[0].text, seconds) && read_integer(reply->items[1].text, us);
    if (!is_time) co_return error::unavailable;
    co_return seconds * 1000 + us / 1000;
}

std::chrono::milliseconds age_of(const core::entry_id& entry, std::int64_t clock_ms) {
    return std::chrono::milliseconds(std::max<std::int64_t>(0, clock_ms - static_cast<std::int64_t>(entry.ms)));
}

awaitable<result<std::vector<core::delivery>>> committed_deliveries(redis::client& on, std::string_view cluster,
                                                                    std::uint64_t partitions) {
    const auto every = keys_of_all(cluster, partitions);
    std::vector<core::delivery> all;
    for (std::size_t p = 0; p < every.size(); ++p) {
        const redis::arguments get{"GET", every[p].committed};
        const auto reply = co_await ask(on, get);
        if (!reply) co_return reply.error();
        const auto [epoch_text, id_text] = split_at(reply->text, core::epoch_id().size());
        const auto epoch = parse_epoch(epoch_text);
        const auto id = parse_entry_id(id_text);
        if (epoch && id) all.push_back({static_cast<core::partition_number>(p), *epoch, *id, {}});
    }
    co_return all;
}

awaitable<result<void>> delete_committed_deliveries(redis::client& on, std::string_view cluster,
                                                    std::uint64_t partitions) {
    const auto every = keys_of_all(cluster, partitions);
    for (const auto& keys : every) {
        const redis::arguments remove{"DEL", keys.committed};
        const auto removed = co_await ask(on, remove);
        if (!removed) co_return removed.error();
    }
    co_return result<void>();
}

awaitable<result<void>> resend(redis::client& on, std::string_view cluster, core::partition_number to,
                               std::string_view bytes) {
    static const script send(send_script);
    const auto keys = keys_of_all(cluster, to + 1u).back();
    const auto most = std::to_string(std::numeric_limits<std::int32_t>::max());
    core::epoch_id fresh;
    fill_random(fresh);
    const auto fresh_text = text_of(fresh);
    const redis::arguments script_keys{keys.stream, keys.epoch, keys.bytes}, with{bytes, most, most, fresh_text};
    const auto reply = co_await send.run(on, script_keys, with);
    if (!reply) co_return reply.error();
    require_done(*reply);
    if (!reply->is_array_of(2)) co_return error::unavailable;
    co_return result<void>();
}

}  // namespace confab::queue
