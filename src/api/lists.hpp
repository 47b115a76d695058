// Whole lists: a bare JSON array, sent as it is read, slice by slice, in bounded memory. One that fits its first slice goes out in one piece.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "api/objects.hpp"
#include "api/replies.hpp"

namespace confab::api {

template <class Row>
struct slice {
    std::vector<Row> rows;
    bool is_last;
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
awaitable<http::response> whole_list(call& c, slice_source<Row> source) {
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

}  // namespace confab::api
