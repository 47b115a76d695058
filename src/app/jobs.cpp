#include "app/jobs.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "app/admin_timeouts.hpp"
#include "app/engines.hpp"
#include "app/format_duration.hpp"
#include "app/redis_startup_checks.hpp"
#include "base/counted.hpp"
#include "core/command_summary.hpp"
#include "ledger/mysql/jobs.hpp"
#include "ledger/mysql/partition_state.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "queue/redis/codec.hpp"
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

void print_dead_letter(const ledger::mysql::dead_letter& l, const core::command& c, std::int64_t clock_ms) {
    std::string at;
    append_rfc3339(at, l.at);
    fmt::print("  {}  partition {}, entry {}-{}, sent {} ago: {}; stored at {}: {}\n", l.id, l.partition, l.entry.ms,
               l.entry.seq, format_duration(queue::age_of(l.entry, clock_ms)), core::to_text(core::summary_of(c)), at,
               l.why);
}

// Fetches them one by one, since each may be as large as a request body.
awaitable<void> print_dead_letters(mysql::connection& db, const std::vector<ledger::mysql::dead_letter>& dead_letters,
                                   std::int64_t clock_ms) {
    const bool has_more = dead_letters.size() == ledger::mysql::dead_letters_max;
    fmt::print("{}\n", counted(dead_letters.size(), has_more ? "or more dead letter" : "dead letter"));
    for (const auto& l : dead_letters) {
        const auto whole = co_await ledger::mysql::find_dead_letter(db, l.id);
        if (whole) print_dead_letter(l, queue::decode(whole->bytes).command, clock_ms);
    }
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
    co_await print_dead_letters(db, dead_letters, *clock_ms);
    co_return !dead_letters.empty();
}

[[noreturn]] void throw_no_such_dead_letter(std::uint64_t id) {
    throw startup_error(fmt::format("there is no dead letter {}", id));
}

// The worker that executes the command closes the dead letter, so sending it again is always safe. If its job is in the
// ledger, version 0.1.0 executed the command meanwhile.
awaitable<void> replay(mysql::connection& db, const redis::client_options& queue_at, std::uint64_t id) {
    const auto dead_letter = co_await ledger::mysql::find_dead_letter(db, id);
    if (!dead_letter) throw_no_such_dead_letter(id);
    auto command = queue::decode(dead_letter->bytes).command;
    if (std::holds_alternative<core::unreadable>(command.payload))
        throw startup_error(fmt::format("this version cannot read dead letter {}, so it cannot send it again", id));
    const auto done = co_await ledger::mysql::find_job(db, command, core::last_seen{});
    if (done) {
        co_await ledger::mysql::drop_dead_letter(db, id);
        fmt::print("dead letter {} was executed before, and is dropped\n", id);
        co_return;
    }
    command.job = core::make_job_id();
    const auto bytes = queue::encode(command, {id, dead_letter->job});
    const auto cluster = co_await ledger::mysql::identity_of(db);
    const auto client = co_await connect_redis(queue_at);
    const auto sent = co_await queue::resend(*client, cluster, dead_letter->partition, bytes);
    if (!sent) throw_redis_unavailable();
    fmt::print("dead letter {} was sent again, and is listed until a worker executes it\n", id);
}

awaitable<void> drop(mysql::connection& db, std::uint64_t id) {
    const bool is_gone = co_await ledger::mysql::drop_dead_letter(db, id);
    if (!is_gone) throw_no_such_dead_letter(id);
    fmt::print("dead letter {} is dropped\n", id);
}

std::uint64_t id_in(const std::vector<std::string>& arguments) {
    const bool is_id = arguments.size() == 2 && !arguments[1].empty() && arguments[1].size() <= 18 &&
                       std::ranges::all_of(arguments[1], [](char c) { return c >= '0' && c <= '9'; });
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
