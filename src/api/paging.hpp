// Pages of a list. The parameters are `limit`, `order` and one of `after`, `before` and `around`. They are in the query
// string, for a search also in the body. Without any of them the list is complete. `after` and `before` exclude the
// named row, whatever the order. `around` includes it, near the middle of the page.
//
// Numbers have no gaps. So a page of chats or messages is a range of numbers, which follows from the count before any
// row is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/fields.hpp"
#include "api/routes.hpp"
#include "http/problem.hpp"
#include "ledger/slice.hpp"

namespace confab::api {

inline constexpr std::uint64_t page_limit_max = 1000;
inline constexpr std::uint64_t page_limit_default = 50;

enum class anchor_kind { none, after, before, around };

struct page {
    std::uint64_t limit = page_limit_default;
    ledger::order order = ledger::order::ascending;
    anchor_kind anchor = anchor_kind::none;
    std::string anchored_at;  // as sent: a number or, for apps, a token
};

// Nothing: the complete list is requested. If `limit` or `order` is repeated, each value must be valid and the last one
// counts. A second anchor is an error, also under the same name. Errors: malformed, invalid_parameters.
http::expected<std::optional<page>> read_page(const call& c);

// The same for a search, whose body may contain the parameters. Of a repeated name only the last value is read, and no
// two anchors may be given.
inline constexpr std::string_view page_names[] = {"limit", "order", "after", "before", "around"};
http::expected<std::optional<page>> read_page(fields& given);

http::problem invalid_parameter(std::string_view name, std::string_view detail);
http::problem invalid_anchor(const page& p, std::string_view detail);

// The anchor of a page as a number. A number that is too large counts as the largest. Errors: invalid_parameters.
http::expected<std::uint64_t> anchor_number(const page& p);

// The range of numbers of this page, out of 1..count.
ledger::window window_of(const page& p, std::uint64_t anchor, std::uint64_t count);

// The anchors of the neighbouring pages: numbers or tokens of the first and the last row, in ascending order.
struct neighbours {
    std::optional<std::string> below;  // before=… selects the page below
    std::optional<std::string> above;  // after=… selects the page above
};
neighbours neighbours_of(const ledger::window& w, std::uint64_t count);

// One link of a Link header (RFC 8288): this path with the base path, `query` and an anchor.
std::string link(const call& c, std::string_view query, anchor_kind kind, std::string_view anchor,
                 std::string_view relation);

// The Link header of a page; empty without neighbours. `next` continues in the page's order.
std::string links(const call& c, const page& p, const neighbours& n);

}  // namespace confab::api
