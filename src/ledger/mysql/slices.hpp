// Reads a list in slices that are bounded in bytes, and transfers little more than it returns.
//
// A row may have 64 KiB or ten bytes, and only the server knows. So the number of requested rows depends on the size of
// the chat's rows in the last read, and on the rows read so far. Rows come in as a stream, and reading stops when the
// slice is full. The rest of the stream is mostly small. It is read and dropped. If large rows follow small ones, the
// rest can be up to 64 MiB. So after dropped_bytes_max the connection is closed, since opening another is cheaper. A
// caller with a snapshot on the connection reads all of the rest.
//
// Why not query the lengths first: the server has to read a long text to know its length.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "base/require.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/feed_source.hpp"
#include "ledger/index_source.hpp"

namespace confab::ledger::mysql {

inline constexpr std::size_t row_bytes_max = 64 * 1024;  // about: the content; the rest of a row is small
// About the bytes that are read in the time of opening a connection.
inline constexpr std::size_t dropped_bytes_max = 4 * 1024 * 1024;
// The first request, when the size of the chat's rows is unknown: a usual page in one statement.
inline constexpr std::uint64_t first_rows = dropped_bytes_max / row_bytes_max;

// The average size of a chat's rows in the last read. A guess: many chats share a slot. Any thread.
class row_weights {
public:
    // In bytes. 0: unknown.
    std::size_t of(core::chat_id chat) const { return last_[chat.value() % slots].load(std::memory_order_relaxed); }
    void note(core::chat_id chat, std::size_t row_bytes) {
        last_[chat.value() % slots].store(static_cast<std::uint32_t>(row_bytes), std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t slots = 4096;
    std::array<std::atomic<std::uint32_t>, slots> last_{};
};

struct slice_limits {
    std::uint64_t rows_max;
    std::size_t bytes_max;
    // The maximum bytes of rows behind a full slice, which are read and dropped. Beyond it the connection is closed.
    std::size_t dropped_max = dropped_bytes_max;
};

// The window with its numbers limited to the largest valid one.
inline window clamped(window w) {
    w.after = std::min(w.after, core::number_max);
    w.last = std::min(w.last, core::number_max);
    return w;
}

inline std::uint64_t rows_in(const window& w) {
    return w.last > w.after ? w.last - w.after : 0;
}

inline std::uint64_t slice_rows(const window& w) {
    return std::min<std::uint64_t>({rows_in(w), w.rows_max, slice_rows_max});
}

// Moves the window behind this row.
inline void advance(window& w, std::uint64_t behind) {
    w.order == order::ascending ? w.after = behind : w.last = behind - 1;
}

// By which a window bounds the rows of a list.
template <class T>
std::uint64_t number_in_list(const T& row) {
    return row.number.value();
}
inline std::uint64_t number_in_list(const ledger::changed_message& c) {
    return c.seq;
}

inline std::size_t bytes_of(const core::message& m) {
    return m.content.size() + (m.sender ? m.sender->size() : 0) + (m.metadata ? m.metadata->size() : 0);
}

inline std::size_t bytes_of(const text& t) {
    return t.content ? t.content->size() : 0;
}

inline std::size_t bytes_of(const ledger::changed_message& c) {
    return bytes_of(c.message);
}

// The rows of a slice so far.
template <class T>
struct row_batch {
    std::vector<T> rows;
    std::size_t bytes = 0;
    std::size_t bytes_max = slice_bytes_max;
    std::size_t guess = 0;  // of a row's bytes, until the first row is read

    std::size_t row_bytes() const { return rows.empty() ? guess : bytes / rows.size() + 1; }
    bool is_full() const { return bytes >= bytes_max; }
    void add(T row) {
        bytes += bytes_of(row);
        rows.push_back(std::move(row));
    }
};

// The number of rows to request, of those that are left.
template <class T>
std::uint64_t rows_to_ask(const row_batch<T>& so_far, std::uint64_t left) {
    const auto row_bytes = so_far.row_bytes();
    if (row_bytes == 0) return std::min(left, first_rows);
    return std::min<std::uint64_t>(left, (so_far.bytes_max - so_far.bytes) / row_bytes + 1);
}

// Ends a stream whose remaining rows are not needed.
inline awaitable<void> drain(confab::mysql::connection& db, std::size_t dropped_max) {
    const bool is_at_end = co_await db.skip(dropped_max);
    if (!is_at_end) db.close();
}

// Adds a started statement's rows until the slice is full.
template <class T, class From>
awaitable<void> fetch_rows(confab::mysql::connection& db, row_batch<T>& slice, std::size_t dropped_max, From from) {
    while (!slice.is_full()) {
        const auto piece = co_await db.more();
        if (!piece) co_return;
        for (const auto& row : *piece) {
            if (slice.is_full()) break;
            slice.add(from(row));
        }
    }
    co_await drain(db, dropped_max);
}

// REQUIRES: `sql` takes chat, after, last and limit, and returns rows in the window's order; `w` is clamped.
template <class T, class From>
awaitable<row_batch<T>> fetch_slice(confab::mysql::connection& db, std::string_view sql, core::chat_id chat, window w,
                                    slice_limits limits, row_weights& weights, From from) {
    require(w.after <= core::number_max && w.last <= core::number_max, "a window is clamped before it is read");
    row_batch<T> slice;
    slice.bytes_max = limits.bytes_max;
    slice.guess = weights.of(chat);
    for (auto left = std::min(limits.rows_max, rows_in(w)); left > 0 && !slice.is_full();) {
        const auto asked = rows_to_ask(slice, left);
        const auto before = slice.rows.size();
        const confab::mysql::parameters values(chat.value(), w.after, w.last, asked);
        co_await db.start(sql, values);
        co_await fetch_rows(db, slice, limits.dropped_max, from);
        const auto fetched = slice.rows.size() - before;
        if (fetched < asked) break;
        left -= fetched;
        advance(w, number_in_list(slice.rows.back()));
    }
    if (!slice.rows.empty()) weights.note(chat, slice.row_bytes());
    co_return slice;
}

}  // namespace confab::ledger::mysql
