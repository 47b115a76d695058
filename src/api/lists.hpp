// Lists: a bare JSON array, read slice by slice in bounded memory. A response begins when its list is complete or long,
// or when too many responses wait for slow clients (response_buffer_quota.hpp). An earlier failure has its own status.
// A later one can only abort the response.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "api/objects.hpp"
#include "api/paging.hpp"
#include "api/replies.hpp"
#include "base/require.hpp"

namespace confab::api {

// How much of a list is buffered when its response begins.
inline constexpr std::size_t buffered_bytes_min = 1024 * 1024;

template <class Row>
struct slice {
    // Takes the rows by reference, so that other arguments can use them before the move.
    slice(bool is_last_of_list, std::vector<Row>&& read) : is_last(is_last_of_list), rows(std::move(read)) {}

    bool is_last;
    std::vector<Row> rows;
};

// Reads the next slice. The source keeps its position itself.
template <class Row>
using slice_source = std::function<awaitable<result<slice<Row>>>()>;

template <class Row>
void append_rows(std::string& out, const std::vector<Row>& rows, bool& first) {
    for (const auto& row : rows) {
        if (!std::exchange(first, false)) out += ',';
        append(out, row);
    }
}

// The JSON text of a list from a source.
template <class Row>
class list_text {
public:
    explicit list_text(slice_source<Row> source) : source_(std::move(source)) {}

    bool is_complete() const { return is_complete_; }

    // Appends the next slice. The first one begins the array, and the last one ends it. REQUIRES: not complete.
    awaitable<result<void>> append_to(std::string& out) {
        require(!is_complete_, "nothing follows a complete list");
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
        co_await asio::post(asio::use_awaitable);  // lets other handlers of this loop run
        if (const auto ok = co_await list.append_to(r.body); !ok) co_return refuse(c, ok.error());
    }
    // A complete list is streamed too. The session requests the next piece when the client has read this one, and the
    // permit is released only then.
    r.more = [list = std::move(list), permit = std::move(permit)]() mutable -> awaitable<http::piece> {
        permit.reset();
        if (list.is_complete()) co_return std::nullopt;
        std::string text;
        if (const auto ok = co_await list.append_to(text); !ok) co_return ok.error();
        co_return text;
    };
    co_return r;
}

// Reads the rows of a window in slices, by `read`. Their numbers have no gaps.
template <class Row, class Read>
slice_source<Row> rows_of(ledger::window w, Read read) {
    return [w, read]() mutable -> awaitable<result<slice<Row>>> {
        auto rows = co_await read(w);
        if (!rows) co_return rows.error();
        if (!rows->empty()) {
            const auto last_read = rows->back().number.value();
            w.order == ledger::order::ascending ? w.after = last_read : w.last = last_read - 1;
        }
        co_return slice<Row>(rows->empty() || w.after >= w.last, std::move(*rows));
    };
}

// The requested rows of a list of `count`, and its Link header.
struct selection {
    ledger::window window;
    std::string links;
};
http::expected<selection> select(const call& c, std::uint64_t count);

}  // namespace confab::api
