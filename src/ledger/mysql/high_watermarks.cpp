#include "ledger/mysql/high_watermarks.hpp"

#include <fmt/core.h>

#include "ledger/lost_commits.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/mysql/state_loader.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::size_t counters_max = 200'000;  // some 60 bytes each

[[noreturn]] void refuse(const std::string& what) {
    throw lost_commits(fmt::format(
        "MySQL lacks commits of workers: {}. It was restored, or a server without the last commits replaced it. The "
        "worker stops; otherwise it would assign numbers twice. Use the server that has all commits. If there is "
        "none: stop all nodes and workers, run `delete from reindex_state` in MySQL, run `confab migrate "
        "--accept-lost-commits`, start nodes and workers again, and run `confab reindex` (docs/data.md: a database "
        "that went back in time)",
        what));
}

void compare_counter(std::string_view name, std::uint64_t id, std::uint64_t found, std::uint64_t committed) {
    if (found < committed) refuse(fmt::format("{} {} is {}, and was {}", name, id, found, committed));
}

void compare_position(core::partition_number p, const core::entry_id& found, const core::entry_id& committed) {
    if (found < committed)
        refuse(fmt::format("partition {} is at entry {}-{}, and was at {}-{}", p, found.ms, found.seq, committed.ms,
                           committed.seq));
}

// Dropping watermarks is safe: fewer lost commits are detected then.
template <class Map>
auto& watermark_in(Map& watermarks, std::uint64_t id) {
    if (watermarks.size() >= counters_max) watermarks.clear();
    return watermarks[id];
}

}  // namespace

awaitable<core::entry_id> position_in_epoch(confab::mysql::connection& db, core::partition_number p,
                                            const core::epoch_id& epoch) {
    const std::uint64_t partition = p;
    const auto rows = co_await db.run("select position_ms, position_seq from past_epochs where p = ? and epoch = ?",
                                      partition, confab::mysql::blob(epoch));
    core::entry_id position;
    if (!rows.empty()) position = {rows.front().number(0), rows.front().number(1)};
    co_return position;
}

void high_watermarks::note(core::partition_number p, const partition_watermark& new_position) {
    partitions_[p] = new_position;
}

void high_watermarks::note(const moved_counters& counters) {
    const auto& [chats, messages, changes] = counters;
    for (const auto& [app, given] : chats) watermark_in(chats_of_apps_, app.value()) = given.last;
    for (const auto& [chat, given] : messages) watermark_in(chats_, chat.value()).messages = given.last;
    for (const auto& [chat, given] : changes) watermark_in(chats_, chat.value()).changes = given.last;
}

awaitable<void> high_watermarks::check(confab::mysql::connection& db, core::partition_number p,
                                       const partition_watermark& found) const {
    const auto known = partitions_.find(p);
    if (known == partitions_.end()) co_return;
    const auto& watermark = known->second;
    auto position = found.position;
    if (found.epoch != watermark.epoch) position = co_await position_in_epoch(db, p, watermark.epoch);
    compare_position(p, position, watermark.position);
}

awaitable<void> high_watermarks::check(confab::mysql::connection& db) const {
    if (partitions_.empty()) co_return;
    const auto rows = co_await db.query("select p, epoch, position_ms, position_seq from partitions order by p");
    for (const auto row : rows) {
        const partition_watermark found{bytes_from<core::epoch_id>(row.bytes(1)), {row.number(2), row.number(3)}};
        co_await check(db, static_cast<core::partition_number>(row.number(0)), found);
    }
}

void high_watermarks::check(const named_resources& named, core::state& s) const {
    for (const auto& token : named.apps)
        if (const auto* const app = s.find(token)) check(*app);
    for (const auto& named_chat : named.chats) {
        const auto locator = resolve(named_chat, s);
        if (const auto* const chat = locator ? s.find(*locator) : nullptr) check(*chat);
    }
}

void high_watermarks::check(const core::app& app) const {
    const auto watermark = chats_of_apps_.find(app.id.value());
    if (watermark != chats_of_apps_.end())
        compare_counter("the last chat of app", app.id.value(), app.chats_count, watermark->second);
}

void high_watermarks::check(const core::chat_counters& chat) const {
    const auto watermark = chats_.find(chat.id.value());
    if (watermark == chats_.end()) return;
    compare_counter("the last message of chat", chat.id.value(), chat.messages_count, watermark->second.messages);
    compare_counter("the last change of chat", chat.id.value(), chat.changes_count, watermark->second.changes);
}

}  // namespace confab::ledger::mysql
