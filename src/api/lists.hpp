// Lists: a bare JSON array, sent as it is read, slice by slice, in bounded memory. One that fits its first slice goes
// out in one piece.
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

template <class Row>
awaitable<http::response> list_of(call& c, slice_source<Row> source) {
    auto begun = co_await source();
    if (!begun) co_return refuse(c, begun.error());
    bool first = true;
    auto r = http::json_response(200, "[");
    append_rows(r.body, begun->rows, first);
    if (begun->is_last) {
        r.body += ']';
        co_return r;
    }
    r.more = [source = std::move(source), first, ended = false]() mutable -> awaitable<http::piece> {
        if (ended) co_return std::nullopt;
        auto next = co_await source();
        if (!next) co_return next.error();
        std::string text;
        append_rows(text, next->rows, first);
        ended = next->is_last;
        if (ended) text += ']';
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
