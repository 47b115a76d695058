// The reads of the index follower and of indexed searches: counters, changes, texts, and rows by number. Statements for
// rows by number take a fixed number of them, so that few statements stay prepared.
#include <unordered_map>

#include "base/require.hpp"
#include "ledger/mysql/mysql_reader.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/mysql/slices.hpp"

namespace confab::ledger::mysql {
namespace {

using numbers_asked = std::span<const core::message_number>;

core::chat_position position_from(const confab::mysql::row& row) {
    return {core::chat_id(row.number(0)), {row.number(1), row.number(2)}};
}

change change_from(const confab::mysql::row& row) {
    return {row.number(0), core::message_number(row.number(1))};
}

core::message whole_message(const confab::mysql::row& row) {
    return checked_message_from(row);
}

// The parameters of a statement with `placeholders` numbers. The last number fills the rest.
confab::mysql::parameters values_of(core::chat_id chat, numbers_asked numbers, std::size_t placeholders) {
    confab::mysql::parameters values(chat.value());
    for (std::size_t i = 0; i < placeholders; ++i) values.add(numbers[std::min(i, numbers.size() - 1)].value());
    return values;
}

// Returns rows in any order. REQUIRES: at least one number; at most as many as the larger statement takes.
template <class T, class From>
awaitable<std::vector<T>> rows_of(confab::mysql::connection& db, read_sql few, read_sql many, core::chat_id chat,
                                  numbers_asked numbers, From from) {
    require(!numbers.empty() && numbers.size() <= many_numbers, "a statement takes one to many_numbers numbers");
    const bool is_few = numbers.size() <= few_numbers;
    const auto& sql = text_of(is_few ? few : many);
    const auto values = values_of(chat, numbers, is_few ? few_numbers : many_numbers);
    const auto found = co_await db.run(sql, values);
    std::vector<T> made;
    for (const auto& row : found) made.push_back(from(row));
    co_return made;
}

// The number of rows to request next.
template <class T>
std::size_t next_count(const row_batch<T>& so_far, std::size_t left) {
    return std::min<std::uint64_t>(rows_to_ask(so_far, left), many_numbers);
}

// Adds the rows of the numbers to the slice, in their order, until it is full. False: a row does not exist.
awaitable<bool> add_texts(confab::mysql::connection& db, core::chat_id chat, numbers_asked numbers,
                          row_batch<text>& slice) {
    auto rows = co_await rows_of<text>(db, read_sql::few_texts, read_sql::many_texts, chat, numbers, checked_text_from);
    std::unordered_map<core::message_number, text*> by_number;
    for (auto& row : rows) by_number[row.number] = &row;
    for (const auto number : numbers) {
        if (slice.is_full()) co_return true;
        const auto found = by_number.find(number);
        if (found == by_number.end()) co_return false;
        slice.add(*found->second);
    }
    co_return true;
}

// Adds the matching rows to `found`, in the order of the numbers.
void compare(const std::vector<core::message>& rows, numbers_asked numbers, const core::folded_query& query,
             matches_by_number& found, std::size_t& bytes) {
    std::unordered_map<core::message_number, const core::message*> hits;
    for (const auto& m : rows)
        if (query.is_in(m.content)) hits[m.number] = &m;
    for (const auto number : numbers) {
        if (bytes >= slice_bytes_max) return;
        ++found.examined;
        const auto hit = hits.find(number);
        if (hit == hits.end()) continue;
        bytes += bytes_of(*hit->second);
        found.rows.push_back(*hit->second);
    }
}

}  // namespace

awaitable<result<matches_by_number>> mysql_reader::matching(core::chat_id chat,
                                                            std::span<const core::message_number> numbers,
                                                            const core::folded_query& query) {
    using list = std::vector<core::message>;
    matches_by_number found;
    for (std::size_t bytes = 0; found.examined < numbers.size() && bytes < slice_bytes_max;) {
        const auto left = numbers.subspan(found.examined);
        const auto asked = left.first(std::min(left.size(), found.examined == 0 ? few_numbers : many_numbers));
        const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
            auto rows = co_await rows_of<core::message>(db, read_sql::few_messages, read_sql::many_messages, chat,
                                                        asked, whole_message);
            co_return rows;
        };
        const auto rows = co_await run_with_connection<list>(work);
        if (!rows) co_return rows.error();
        const auto on_pool = [&] { return compare(*rows, asked, query, found, bytes), true; };
        co_await run_on(read_pool_, on_pool);
    }
    co_return found;
}

awaitable<result<core::chat_position>> mysql_reader::position_of(core::chat_id chat) {
    const confab::mysql::parameters values(chat.value());
    co_return co_await one<core::chat_position>(read_sql::position, values, position_from);
}

awaitable<result<std::vector<core::chat_position>>> mysql_reader::positions_after(core::chat_id after) {
    const confab::mysql::parameters values(after.value(), std::uint64_t{slice_rows_max});
    co_return co_await many<core::chat_position>(read_sql::positions_after, values, position_from);
}

awaitable<result<std::vector<change>>> mysql_reader::changes(core::chat_id chat, std::uint64_t after_seq) {
    const confab::mysql::parameters values(chat.value(), after_seq, std::uint64_t{slice_rows_max});
    co_return co_await many<change>(read_sql::changes, values, change_from);
}

awaitable<result<std::vector<text>>> mysql_reader::texts(core::chat_id chat, window wanted) {
    using list = std::vector<text>;
    const auto w = clamped(wanted);
    const auto sql = in_order(w, read_sql::texts, read_sql::texts_descending);
    const slice_limits limits{slice_rows(w), slice_bytes_max};
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
        auto slice = co_await fetch_slice<text>(db, text_of(sql), chat, w, limits, weights_, checked_text_from);
        co_return std::move(slice.rows);
    };
    co_return co_await run_with_connection<list>(work);
}

awaitable<result<std::vector<text>>> mysql_reader::texts(core::chat_id chat,
                                                         std::span<const core::message_number> numbers) {
    using list = std::vector<text>;
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
        row_batch<text> slice;
        slice.guess = weights_.of(chat);
        while (slice.rows.size() < numbers.size() && !slice.is_full()) {
            const auto left = numbers.subspan(slice.rows.size());
            const auto asked = left.first(next_count(slice, left.size()));
            const bool are_there = co_await add_texts(db, chat, asked, slice);
            if (!are_there) co_return error::not_found;
        }
        if (!slice.rows.empty()) weights_.note(chat, slice.row_bytes());
        co_return std::move(slice.rows);
    };
    co_return co_await run_with_connection<list>(work);
}

}  // namespace confab::ledger::mysql
