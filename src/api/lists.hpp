// Lists: a bare JSON array, read slice by slice, in bounded memory. An answer begins when its list is complete or long,
// or when too many answers wait for slow clients (response_buffer_quota.hpp). What fails until then has a status of its
// own. After that a failure can only break the answer off.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "api/objects.hpp"
#include "api/paging.hpp"
#include "api/replies.hpp"

namespace confab::api {

// How much of a list is there when its answer begins.
inline constexpr std::size_t buffered_bytes_min = 1024 * 1024;

template <class Row>
struct slice {
    // Takes the rows by reference: an argument that asks them is evaluated before they are moved.
    slice(bool is_last_of_list, std::vector<Row>&& read) : is_last(is_last_of_list), rows(std::move(read)) {}

    bool is_last;
    std::vector<Row> rows;
};

// Reads the next slice; remembers by itself how far it came.
template <class Row>
using slice_source = std::function<awaitable<result<slice<Row>>>()>;

template <class Row>
void append_rows(std::string& out, const std::vector<Row>& rows, bool& first) {
    for (const auto& row : rows) {
        if (!std::exchange(first, false)) out += ',';
        append(out, row);
    }
}

// Reads a list from its source, as text.
template <class Row>
class list_text {
public:
    explicit list_text(slice_source<Row> source) : source_(std::move(source)) {}

    bool is_complete() const { return is_complete_; }

    // Appends the next slice; with the first one what begins the array, with the last one what ends it.
    // REQUIRES: not complete.
    awaitable<result<void>> append_to(std::string& out) {
        auto next = co_await source_();
        if (!next) co_return next.error();
        if (!std::exchange(is_begun_, true)) out += '[';
        append_rows(out, next->rows, is_first_);
        is_complete_ = next->is_last;
        if (is_complete_) out += ']';
        co_return result<void>();
    }

private:
    slice_source<Row> source_;
    bool is_begun_ = false;
    bool is_first_ = true;  // the next row
    bool is_complete_ = false;
};

template <class Row>
awaitable<http::response> list_of(call& c, slice_source<Row> source) {
    list_text<Row> list(std::move(source));
    auto r = http::json_response(200, {});
    if (const auto ok = co_await list.append_to(r.body); !ok) co_return refuse(c, ok.error());
    if (list.is_complete()) co_return r;
    auto permit = c.services.buffer_quota.try_acquire();
    while (permit && !list.is_complete() && r.body.size() < buffered_bytes_min) {
        co_await asio::post(asio::use_awaitable);  // others of this loop
        if (const auto ok = co_await list.append_to(r.body); !ok) co_return refuse(c, ok.error());
    }
    // Also a complete list goes out in pieces: the next one is asked for when the client has taken what is there.
    r.more = [list = std::move(list), permit = std::move(permit)]() mutable -> awaitable<http::piece> {
        permit.reset();
        if (list.is_complete()) co_return std::nullopt;
        std::string text;
        if (const auto ok = co_await list.append_to(text); !ok) co_return ok.error();
        co_return text;
    };
    co_return r;
}

// Reads the rows of a window, numbered without a gap, by slices of `read`.
template <class Row, class Read>
slice_source<Row> rows_of(ledger::window w, Read read) {
    return [w, read]() mutable -> awaitable<result<slice<Row>>> {
        auto rows = co_await read(w);
        if (!rows) co_return rows.error();
        if (!rows->empty()) {
            const auto reached = rows->back().number.value();
            w.order == ledger::order::ascending ? w.after = reached : w.last = reached - 1;
        }
        co_return slice<Row>(rows->empty() || w.after >= w.last, std::move(*rows));
    };
}

// Which rows of a list of `count` are asked for, and the Link header that goes with them.
struct selection {
    ledger::window window;
    std::string links;
};
std::variant<selection, http::problem> select(const call& c, std::uint64_t count);

}  // namespace confab::api
