#include "ledger/mysql/committed_marks.hpp"

#include <fmt/core.h>

#include "ledger/mysql/heads.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/went_back.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::size_t counters_max = 200'000;  // some 60 bytes each

[[noreturn]] void refuse(const std::string& what) {
    throw went_back(fmt::format(
        "MySQL has less than this worker committed: {}. It was put back to an earlier state, or another server took "
        "its place that lacks the last commits. This worker stops, so that no number is given a second time. Bring "
        "back the server that has everything. If there is none, restart all nodes and workers, then build the search "
        "index anew (confab reindex)",
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

// Where the partition was when it left this epoch for another.
awaitable<core::entry_id> left_at(confab::mysql::connection& db, core::partition_number p,
                                  const core::epoch_id& epoch) {
    const std::uint64_t partition = p;
    const auto rows = co_await db.run("select position_ms, position_seq from past_epochs where p = ? and epoch = ?",
                                      partition, confab::mysql::blob(epoch));
    core::entry_id position;
    if (!rows.empty()) position = {rows.front().number(0), rows.front().number(1)};
    co_return position;
}

// Forgetting only costs that less would be noticed.
template <class Map>
auto& mark_in(Map& marks, std::uint64_t id) {
    if (marks.size() >= counters_max) marks.clear();
    return marks[id];
}

}  // namespace

void committed_marks::note(core::partition_number p, const partition_mark& moved_to) {
    partitions_[p] = moved_to;
}

void committed_marks::note(const moved_counters& counters) {
    const auto& [chats, messages, changes] = counters;
    for (const auto& [app, given] : chats) mark_in(chats_of_apps_, app.value()) = given.last;
    for (const auto& [chat, given] : messages) mark_in(chats_, chat.value()).messages = given.last;
    for (const auto& [chat, given] : changes) mark_in(chats_, chat.value()).changes = given.last;
}

awaitable<void> committed_marks::check(confab::mysql::connection& db, core::partition_number p,
                                       const partition_mark& found) const {
    const auto known = partitions_.find(p);
    if (known == partitions_.end()) co_return;
    const auto& mark = known->second;
    auto position = found.position;
    if (found.epoch != mark.epoch) position = co_await left_at(db, p, mark.epoch);
    compare_position(p, position, mark.position);
}

awaitable<void> committed_marks::check(confab::mysql::connection& db) const {
    if (partitions_.empty()) co_return;
    const auto rows = co_await db.query("select p, epoch, position_ms, position_seq from partitions order by p");
    for (const auto row : rows) {
        const partition_mark found{bytes_from<core::epoch_id>(row.bytes(1)), {row.number(2), row.number(3)}};
        co_await check(db, static_cast<core::partition_number>(row.number(0)), found);
    }
}

void committed_marks::check(const named_resources& named, core::state& s) const {
    for (const auto& token : named.apps)
        if (const auto* const app = s.find(token)) check(*app);
    for (const auto& locator : named.chats) {
        const auto place = resolve(locator, s);
        if (const auto* const chat = place ? s.find(*place) : nullptr) check(*chat);
    }
}

void committed_marks::check(const core::app& app) const {
    const auto mark = chats_of_apps_.find(app.id.value());
    if (mark != chats_of_apps_.end())
        compare_counter("the last chat of app", app.id.value(), app.chats_count, mark->second);
}

void committed_marks::check(const core::chat_head& chat) const {
    const auto mark = chats_.find(chat.id.value());
    if (mark == chats_.end()) return;
    compare_counter("the last message of chat", chat.id.value(), chat.messages_count, mark->second.messages);
    compare_counter("the last change of chat", chat.id.value(), chat.changes_count, mark->second.changes);
}

}  // namespace confab::ledger::mysql
