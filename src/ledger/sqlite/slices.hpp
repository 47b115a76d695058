// Reads slices of lists with a session, within the limits of rows and bytes (ledger/slice.hpp).
#pragma once

#include <algorithm>
#include <atomic>
#include <span>
#include <vector>

#include "ledger/feed_source.hpp"
#include "ledger/index_source.hpp"
#include "ledger/matcher.hpp"
#include "ledger/sqlite/read_session.hpp"

namespace confab::ledger::sqlite {

// The number of rows of a window that one call reads.
inline std::uint64_t limit_of(const window& w) {
    const auto rows = w.last > w.after ? w.last - w.after : 0;
    return std::min<std::uint64_t>({rows, w.rows_max, slice_rows_max});
}

// The bytes that count towards slice_bytes_max: those of message texts. A slice of the longest names stays below that.
template <class Row>
std::size_t bytes_of(const Row&) {
    return 0;
}
inline std::size_t bytes_of(const text& t) {
    return t.content ? t.content->size() : 0;
}
inline std::size_t bytes_of(const core::message& m) {
    return m.content.size() + (m.sender ? m.sender->size() : 0) + (m.metadata ? m.metadata->size() : 0);
}

inline std::size_t bytes_of(const changed_message& c) {
    return bytes_of(c.message);
}

// Reads one row. `from` converts it to T. Errors: not_found. Throws sqlite::failure, as all below.
template <class T, class From>
result<T> one(confab::sqlite::statement& s, From from) {
    const confab::sqlite::reset_guard until_done(s);
    if (!s.row()) return error::not_found;
    return from(s);
}

template <class T, class From>
std::vector<T> many(confab::sqlite::statement& s, From from) {
    const confab::sqlite::reset_guard until_done(s);
    std::vector<T> rows;
    std::size_t bytes = 0;
    while (bytes < slice_bytes_max && s.row()) bytes += bytes_of(rows.emplace_back(from(s)));
    return rows;
}

// See reader. Errors: shutting_down, once `closed` is set.
result<matches> matching_in(read_session& s, core::chat_id chat, window w, const core::folded_query& query,
                            const std::atomic<bool>& closed);
result<matches_by_number> matching_of(read_session& s, core::chat_id chat,
                                      std::span<const core::message_number> numbers, const core::folded_query& query);
result<std::vector<core::message_version>> versions_in(read_session& s, core::chat_id chat,
                                                       core::message_number message, std::uint64_t after);
heads heads_of(read_session& s, const core::generation& g, std::span<const core::chat_id> chats,
               std::span<const core::app_id> apps);
result<std::vector<text>> texts_of(read_session& s, core::chat_id chat, std::span<const core::message_number> numbers);

}  // namespace confab::ledger::sqlite
