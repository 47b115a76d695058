// Pages of a list: `limit`, one of `after`, `before`, `around`, and `order`, in the query string; of a search also in
// its body. Without any of them a list is whole.
//
// Numbers have no gap, so a page of chats or messages is a range of numbers, known from the count alone before anything
// is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "api/fields.hpp"
#include "api/routes.hpp"
#include "http/problem.hpp"
#include "ledger/ledger.hpp"

namespace confab::api {

inline constexpr std::uint64_t page_limit_max = 1000;
inline constexpr std::uint64_t page_limit_default = 50;

enum class anchor_kind { none, after, before, around };

struct page {
    std::uint64_t limit = page_limit_default;
    ledger::order order = ledger::order::ascending;
    anchor_kind anchor = anchor_kind::none;
    std::string anchored_at;  // as it was sent: a number or, among apps, a token
};

// Nothing when the whole list is asked for. Errors: malformed, invalid_parameters.
std::variant<std::optional<page>, http::problem> read_page(const call& c);

// The same among the parameters of a search, which its body may bring.
inline constexpr std::string_view page_names[] = {"limit", "order", "after", "before", "around"};
std::variant<std::optional<page>, http::problem> read_page(fields& given);

http::problem invalid_parameter(std::string_view name, std::string_view detail);
http::problem invalid_anchor(const page& p, std::string_view detail);

// What a page's anchor is, as a number. Larger ones than there can be count as the largest. Errors: invalid_parameters.
std::variant<std::uint64_t, http::problem> anchor_number(const page& p);

// The range of numbers of this page, out of 1..count.
ledger::window window_of(const page& p, std::uint64_t anchor, std::uint64_t count);

// Where pages next to this one begin, as anchors: what stands before the first row and after the last, in ascending
// order.
struct neighbours {
    std::optional<std::string> below;  // pages of what lies below it: before=…
    std::optional<std::string> above;  // pages of what lies above it: after=…
};
neighbours neighbours_of(const ledger::window& w, std::uint64_t count);

// One link of a Link header (RFC 8288): this path, below the base path, with `query` and an anchor.
std::string link(const call& c, std::string_view query, anchor_kind kind, std::string_view anchor,
                 std::string_view relation);

// The Link header of a page; empty without neighbours. `next` goes on in the page's order.
std::string links(const call& c, const page& p, const neighbours& n);

}  // namespace confab::api
