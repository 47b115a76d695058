#include "ledger/sqlite/slices.hpp"

#include "ledger/sqlite/rows.hpp"
#include "ledger/version_history.hpp"

namespace confab::ledger::sqlite {

// Compares the text in SQLite's memory. Only a hit is copied into a message.
result<matches> matching_in(read_session& s, core::chat_id chat, window w, const core::folded_query& query,
                            const std::atomic<bool>& closed) {
    auto& sql = s.messages.in(w.order);
    sql.bind(row_of(chat, w.after), row_of(chat, w.last), std::uint64_t{match_rows_max});
    const confab::sqlite::reset_guard until_done(sql);
    matches found;
    std::size_t examined = 0, compared = 0, bytes = 0;
    for (; compared < match_bytes_max && bytes < slice_bytes_max && sql.row(); ++examined) {
        if (closed) return error::shutting_down;
        compared += sql.text(1).size();
        const auto number = number_in(sql.number(0));
        w.order == order::ascending ? w.after = number : w.last = number - 1;
        if (query.is_in(checked("messages", sql, sql.text(1))))
            bytes += bytes_of(found.rows.emplace_back(checked_message_from(sql)));
    }
    if (examined == match_rows_max || compared >= match_bytes_max || bytes >= slice_bytes_max) found.remaining = w;
    return found;
}

result<matches_by_number> matching_of(read_session& s, core::chat_id chat,
                                      std::span<const core::message_number> numbers, const core::folded_query& query) {
    matches_by_number found;
    for (std::size_t bytes = 0; found.examined < numbers.size() && bytes < slice_bytes_max; ++found.examined) {
        s.message.bind(row_of(chat, numbers[found.examined].value()));
        const confab::sqlite::reset_guard until_done(s.message);
        if (s.message.row() && query.is_in(checked("messages", s.message, s.message.text(1))))
            bytes += bytes_of(found.rows.emplace_back(checked_message_from(s.message)));
    }
    return found;
}

result<std::vector<core::message_version>> versions_in(read_session& s, core::chat_id chat,
                                                       core::message_number message, std::uint64_t after) {
    auto now = one<core::message>(s.message.bind(row_of(chat, message.value())), checked_message_from);
    if (!now) return now.error();
    if (now->deleted_at) return error::deleted;
    const auto from = std::min(after, core::number_max);
    version_history h(from, now->created_at);
    auto& changes = s.versions.bind(chat.value(), message.value(), from, now->version);
    const confab::sqlite::reset_guard until_done(changes);
    while (!h.is_full() && changes.row())
        h.add_change(changes.number(0), {changes.integer(1)}, checked("changes", changes, changes.text(2)));
    h.finish({now->version, std::move(now->content), now->updated_at});
    return std::move(h).versions();
}

result<std::vector<text>> texts_of(read_session& s, core::chat_id chat, std::span<const core::message_number> numbers) {
    std::vector<text> found;
    for (std::size_t bytes = 0; found.size() < numbers.size() && bytes < slice_bytes_max;) {
        const auto read =
            one<text>(s.index.one_text.bind(row_of(chat, numbers[found.size()].value())), checked_text_from);
        if (!read) return read.error();
        bytes += bytes_of(found.emplace_back(*read));
    }
    return found;
}

// The caller's snapshot makes the rows consistent with each other.
heads heads_of(read_session& s, const core::generation& g, std::span<const core::chat_id> chats,
               std::span<const core::app_id> apps) {
    heads found{g, {}, {}};
    for (const auto chat : chats) {
        auto& row = s.index.position.bind(chat.value());
        const confab::sqlite::reset_guard until_done(row);
        if (row.row()) found.chats.push_back(position_from(row));
    }
    for (const auto app : apps) {
        auto& row = s.feed.chats_count.bind(app.value());
        const confab::sqlite::reset_guard until_done(row);
        if (row.row()) found.apps.push_back({core::app_id(row.number(0)), row.number(1)});
    }
    return found;
}

}  // namespace confab::ledger::sqlite
