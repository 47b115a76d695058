// The reads of the live feed: generation, counters, and changed messages.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/log.hpp"
#include "base/require.hpp"
#include "ledger/mysql/generation.hpp"
#include "ledger/mysql/mysql_reader.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/mysql/slices.hpp"

namespace confab::ledger::mysql {
namespace {

// Of one statement, for chats and for apps. It bounds the statement's text, and the time for which it holds a
// connection.
constexpr std::size_t ids_max = 10'000;

// Removes the ids of the next statement from those that are left.
template <class Id>
std::span<const Id> take_some(std::span<const Id>& left) {
    const auto some = left.first(std::min(left.size(), ids_max));
    left = left.subspan(some.size());
    return some;
}

// The rows of one statement. Throws mysql::failure: there is no valid generation.
heads heads_from(const confab::mysql::rows& found) {
    std::optional<core::generation> generation;
    std::vector<core::chat_position> chats;
    std::vector<app_counter> apps;
    for (const auto& row : found) {
        const auto id = row.number(1);
        switch (static_cast<head_row>(row.number(0))) {
            case head_row::generation:
                generation = decode_generation(id);
                break;
            case head_row::chat:
                chats.push_back({core::chat_id(id), {row.number(2), row.number(3)}});
                break;
            case head_row::app:
                apps.push_back({core::app_id(id), row.number(2)});
                break;
        }
    }
    if (!generation) throw corrupt_data("table meta: it has no valid generation: run `confab migrate`");
    return {*generation, std::move(chats), std::move(apps)};
}

// Several statements only for more ids than one takes. Their counters belong together if the generation is the same.
awaitable<result<heads>> heads_of(confab::mysql::connection& db, std::span<const core::chat_id> chats,
                                  std::span<const core::app_id> apps) {
    std::optional<heads> all;
    do {
        const auto sql = heads_sql(take_some(chats), take_some(apps));
        const auto rows = co_await db.query(sql);
        auto some = heads_from(rows);
        if (!all) {
            all = std::move(some);
            continue;
        }
        if (some.generation != all->generation) co_return error::unavailable;
        std::ranges::copy(some.chats, std::back_inserter(all->chats));
        std::ranges::copy(some.apps, std::back_inserter(all->apps));
    } while (!chats.empty() || !apps.empty());
    co_return std::move(*all);
}

ledger::changed_message changed_message_from(const confab::mysql::row& row) {
    const bool is_deletion = static_cast<change_kind>(row.number(9)) == change_kind::deletion;
    return {row.number(8), is_deletion, checked_message_from(row)};
}

}  // namespace

core::generation mysql_reader::generation() const {
    const auto last_read = decode_generation(generation_);
    require(last_read.has_value(), "the generation of a reader is valid");
    return *last_read;
}

awaitable<result<heads>> mysql_reader::read_heads(std::span<const core::chat_id> chats,
                                                  std::span<const core::app_id> apps) {
    const auto work = [&](confab::mysql::connection& db) { return heads_of(db, chats, apps); };
    auto found = co_await run_with_connection<heads>(work);
    if (!found) co_return found.error();
    const auto last_read = encode(found->generation);
    if (generation_.exchange(last_read) != last_read)
        log::info(fmt::format(
            "the generation of the data in MySQL is now {}: clients of the live feed load their lists again",
            found->generation.text()));
    co_return found;
}

awaitable<result<std::vector<ledger::changed_message>>> mysql_reader::changed_messages(core::chat_id chat,
                                                                                       window wanted) {
    using list = std::vector<ledger::changed_message>;
    auto w = clamped(wanted);
    w.order = order::ascending;
    const slice_limits limits{slice_rows(w), slice_bytes_max};
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
        auto slice = co_await fetch_slice<ledger::changed_message>(db, text_of(read_sql::feed_changes), chat, w, limits,
                                                                   weights_, changed_message_from);
        co_return std::move(slice.rows);
    };
    co_return co_await run_with_connection<list>(work);
}

}  // namespace confab::ledger::mysql
