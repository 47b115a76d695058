#include "app/jobs.hpp"

#include <fmt/core.h>

#include "app/admin_timeouts.hpp"
#include "app/engines.hpp"
#include "app/format_duration.hpp"
#include "app/redis_startup_checks.hpp"
#include "base/counted.hpp"
#include "base/digits.hpp"
#include "ledger/mysql/partition_state.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "ops/dead_letters.hpp"
#include "queue/redis/stream_state.hpp"

namespace confab::app {
namespace {

[[noreturn]] void throw_redis_unavailable() {
    throw startup_error("Redis does not answer any more");
}

void print_partitions(const std::vector<ledger::mysql::partition_state>& states,
                      const std::vector<queue::stream_state>& streams, std::int64_t clock_ms) {
    std::uint64_t waiting = 0, unowned = 0;
    for (const auto& w : streams) waiting += w.entries;
    for (const auto& p : states) unowned += p.owner.empty();
    fmt::print("{} in {}; {} no owner\n", counted(waiting, "command waits", "commands wait"),
               counted(states.size(), "partition"), counted(unowned, "partition has", "partitions have"));
    fmt::print("{:>9}  {:>8}  {:>9}  {}\n", "partition", "waiting", "oldest", "owner");
    for (std::size_t i = 0; i < states.size(); ++i) {
        const auto& p = states[i];
        if (streams[i].entries == 0 && !p.owner.empty()) continue;
        fmt::print("{:>9}  {:>8}  {:>9}  {}\n", p.partition, streams[i].entries,
                   streams[i].oldest ? format_duration(queue::age_of(*streams[i].oldest, clock_ms)) : "-",
                   p.owner.empty() ? "none" : p.owner);
    }
}

void print_dead_letter(const ledger::mysql::dead_letter& l, const core::command_summary& command,
                       std::int64_t clock_ms) {
    std::string at;
    append_rfc3339(at, l.at);
    fmt::print("  {}  partition {}, entry {}-{}, sent {} ago: {}; stored at {}: {}\n", l.id, l.partition, l.entry.ms,
               l.entry.seq, format_duration(queue::age_of(l.entry, clock_ms)), core::to_text(command), at, l.why);
}

// Returns whether there are dead letters.
awaitable<bool> show(mysql::connection& db, const redis::client_options& queue_at) {
    const auto states = co_await ledger::mysql::partition_states(db);
    const auto dead_letters = co_await ledger::mysql::dead_letters(db);
    const auto cluster = co_await ledger::mysql::identity_of(db);
    const auto client = co_await connect_redis(queue_at);
    const auto streams = co_await queue::stream_states(*client, cluster, states.size());
    const auto clock_ms = co_await queue::clock_ms(*client);
    if (!streams || !clock_ms) throw_redis_unavailable();
    print_partitions(states, *streams, *clock_ms);
    const bool has_more = dead_letters.size() == ledger::mysql::dead_letters_max;
    fmt::print("{}\n", counted(dead_letters.size(), has_more ? "or more dead letter" : "dead letter"));
    co_await ops::describe_dead_letters(
        db, dead_letters, [&](const auto& l, const auto& command) { print_dead_letter(l, command, *clock_ms); });
    co_return !dead_letters.empty();
}

[[noreturn]] void throw_no_such_dead_letter(std::uint64_t id) {
    throw startup_error(fmt::format("there is no dead letter {}", id));
}

awaitable<void> replay(mysql::connection& db, const redis::client_options& queue_at, std::uint64_t id) {
    switch (co_await ops::replay_dead_letter(db, id, [&] { return connect_redis(queue_at); })) {
        case ops::replay_result::sent:
            fmt::print("dead letter {} was sent again, and is listed until a worker executes it\n", id);
            co_return;
        case ops::replay_result::executed_before:
            fmt::print("dead letter {} was executed before, and is dropped\n", id);
            co_return;
        case ops::replay_result::not_found:
            throw_no_such_dead_letter(id);
        case ops::replay_result::unreadable:
            throw startup_error(fmt::format("this version cannot read dead letter {}, so it cannot send it again", id));
        case ops::replay_result::queue_unavailable:
            throw_redis_unavailable();
    }
}

awaitable<void> drop(mysql::connection& db, std::uint64_t id) {
    const bool is_gone = co_await ledger::mysql::drop_dead_letter(db, id);
    if (!is_gone) throw_no_such_dead_letter(id);
    fmt::print("dead letter {} is dropped\n", id);
}

std::uint64_t id_in(const std::vector<std::string>& arguments) {
    const bool is_id = arguments.size() == 2 && is_digits(arguments[1]) && arguments[1].size() <= 18;
    const bool is_known = !arguments.empty() && (arguments[0] == "replay" || arguments[0] == "drop");
    if (!is_known || !is_id) throw usage_error("confab jobs takes no arguments, `replay ID` or `drop ID`");
    return std::stoull(arguments[1]);
}

}  // namespace

int jobs(const settings& s, const std::vector<std::string>& arguments) {
    for (const auto* name : {"mysql", "redis"})
        if (s.text(name).empty()) throw usage_error(fmt::format("confab jobs needs --{}", name));
    const auto id = arguments.empty() ? 0 : id_in(arguments);
    const auto queue_at = redis_options_of(s);
    auto options = mysql_options_of(s, {});
    // A replay may search a whole chat for the command.
    if (!arguments.empty() && arguments[0] == "replay") options = with_long_timeouts(std::move(options));
    bool has_dead_letters = false;
    ledger::mysql::with_connection(options, [&](mysql::connection& db) -> awaitable<void> {
        co_await ledger::mysql::require_newest(db);
        if (arguments.empty())
            has_dead_letters = co_await show(db, queue_at);
        else if (arguments[0] == "replay")
            co_await replay(db, queue_at, id);
        else
            co_await drop(db, id);
    });
    return has_dead_letters ? 1 : 0;
}

}  // namespace confab::app
