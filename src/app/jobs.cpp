#include "app/jobs.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "app/engines.hpp"
#include "app/redis_at_start.hpp"
#include "app/shown_age.hpp"
#include "base/counted.hpp"
#include "core/command_summary.hpp"
#include "ledger/mysql/backlog.hpp"
#include "ledger/mysql/jobs.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "queue/redis/backlog.hpp"
#include "queue/redis/codec.hpp"

namespace confab::app {
namespace {

[[noreturn]] void redis_is_gone() {
    throw startup_error("Redis does not answer any more");
}

void print_partitions(const std::vector<ledger::mysql::partition_state>& states,
                      const std::vector<queue::stream_state>& waits, std::int64_t clock_ms) {
    std::uint64_t waiting = 0, unowned = 0;
    for (const auto& w : waits) waiting += w.entries;
    for (const auto& p : states) unowned += p.owner.empty();
    fmt::print("{} in {}; {} no owner\n", counted(waiting, "command waits", "commands wait"),
               counted(states.size(), "partition"), counted(unowned, "partition has", "partitions have"));
    fmt::print("{:>9}  {:>8}  {:>9}  {}\n", "partition", "waiting", "oldest", "owner");
    for (std::size_t i = 0; i < states.size(); ++i) {
        const auto& p = states[i];
        if (waits[i].entries == 0 && !p.owner.empty()) continue;
        fmt::print("{:>9}  {:>8}  {:>9}  {}\n", p.partition, waits[i].entries,
                   waits[i].oldest ? shown_age(queue::age_of(*waits[i].oldest, clock_ms)) : "-",
                   p.owner.empty() ? "nobody" : p.owner);
    }
}

void print_letter(const ledger::mysql::dead_letter& l, const core::command& c, std::int64_t clock_ms) {
    std::string at;
    append_rfc3339(at, l.at);
    fmt::print("  {}  partition {}, entry {}-{}, sent {} ago: {}; kept at {}: {}\n", l.id, l.partition, l.entry.ms,
               l.entry.seq, shown_age(queue::age_of(l.entry, clock_ms)), core::to_text(core::summary_of(c)), at, l.why);
}

// One after the other, since each may be as large as a body.
awaitable<void> print_letters(mysql::connection& db, const std::vector<ledger::mysql::dead_letter>& letters,
                              std::int64_t clock_ms) {
    const bool has_more = letters.size() == ledger::mysql::letters_max;
    fmt::print("{}\n", counted(letters.size(), has_more ? "or more dead letter" : "dead letter"));
    for (const auto& l : letters) {
        const auto whole = co_await ledger::mysql::find_dead_letter(db, l.id);
        if (whole) print_letter(l, queue::decode(whole->bytes).command, clock_ms);
    }
}

// Whether there are dead letters.
awaitable<bool> show(mysql::connection& db, const redis::client_options& queue_at) {
    const auto states = co_await ledger::mysql::partition_states(db);
    const auto letters = co_await ledger::mysql::dead_letters(db);
    const auto cluster = co_await ledger::mysql::identity_of(db);
    const auto client = co_await connect_redis(queue_at);
    const auto waits = co_await queue::stream_states(*client, cluster, states.size());
    const auto clock_ms = co_await queue::clock_ms(*client);
    if (!waits || !clock_ms) redis_is_gone();
    print_partitions(states, *waits, *clock_ms);
    co_await print_letters(db, letters, *clock_ms);
    co_return !letters.empty();
}

[[noreturn]] void no_such_letter(std::uint64_t id) {
    throw startup_error(fmt::format("there is no dead letter {}", id));
}

// Sent first and dropped then: whoever is interrupted in between finds it still there. One that was carried out
// meanwhile is only dropped, since its job stands in the ledger.
awaitable<void> replay(mysql::connection& db, const redis::client_options& queue_at, std::uint64_t id) {
    const auto letter = co_await ledger::mysql::find_dead_letter(db, id);
    if (!letter) no_such_letter(id);
    const auto entry = queue::decode(letter->bytes);
    const auto done = co_await ledger::mysql::find_job(db, entry.command, core::trace{});
    if (!done) {
        const auto cluster = co_await ledger::mysql::identity_of(db);
        const auto client = co_await connect_redis(queue_at);
        const auto sent = co_await queue::send_again(*client, cluster, letter->partition, letter->bytes);
        if (!sent) redis_is_gone();
    }
    co_await ledger::mysql::drop_dead_letter(db, id);
    fmt::print("dead letter {} was {}\n", id, done ? "carried out before, and is dropped" : "sent again");
}

awaitable<void> drop(mysql::connection& db, std::uint64_t id) {
    const bool is_gone = co_await ledger::mysql::drop_dead_letter(db, id);
    if (!is_gone) no_such_letter(id);
    fmt::print("dead letter {} is dropped\n", id);
}

std::uint64_t id_in(const std::vector<std::string>& words) {
    const bool is_id = words.size() == 2 && !words[1].empty() && words[1].size() <= 18 &&
                       std::ranges::all_of(words[1], [](char c) { return c >= '0' && c <= '9'; });
    const bool is_known = !words.empty() && (words[0] == "replay" || words[0] == "drop");
    if (!is_known || !is_id) throw usage_error("confab jobs takes nothing more, or `replay ID` or `drop ID`");
    return std::stoull(words[1]);
}

}  // namespace

int jobs(const settings& s, const std::vector<std::string>& words) {
    for (const auto* name : {"mysql", "redis"})
        if (s.text(name).empty()) throw usage_error(fmt::format("confab jobs needs --{}", name));
    const auto id = words.empty() ? 0 : id_in(words);
    const auto queue_at = redis_options_of(s);
    bool has_letters = false;
    ledger::mysql::with_connection(mysql_options_of(s, {}), [&](mysql::connection& db) -> awaitable<void> {
        if (words.empty())
            has_letters = co_await show(db, queue_at);
        else if (words[0] == "replay")
            co_await replay(db, queue_at, id);
        else
            co_await drop(db, id);
    });
    return has_letters ? 1 : 0;
}

}  // namespace confab::app
