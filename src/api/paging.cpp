#include "api/paging.hpp"

#include <fmt/compile.h>

#include <algorithm>

#include "base/digits.hpp"
#include "http/parameters.hpp"
#include "http/percent.hpp"

namespace confab::api {
namespace {

using ledger::order;

std::string_view name_of(anchor_kind kind) {
    switch (kind) {
        case anchor_kind::after:
            return "after";
        case anchor_kind::before:
            return "before";
        case anchor_kind::around:
            return "around";
        case anchor_kind::none:
            break;
    }
    return "";
}

std::string_view name_of(order o) {
    return o == order::ascending ? "asc" : "desc";
}

// The value of plain digits, or the largest one.
std::uint64_t saturated(std::string_view digits) {
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits.empty() ? 0 : digits.size() > 10 ? core::number_max + 1 : std::stoull(std::string(digits));
}

// Reads one parameter into `p`. Returns its problem.
std::optional<http::problem> set_parameter(page& p, std::string_view name, const std::string& value) {
    if (name == "limit") {
        if (is_digits(value)) p.limit = saturated(value);
        if (is_digits(value) && p.limit >= 1 && p.limit <= page_limit_max) return std::nullopt;
        return invalid_parameter(name, fmt::format("must be a number from 1 to {}", page_limit_max));
    }
    if (name == "order") {
        if (value != "asc" && value != "desc") return invalid_parameter(name, "must be asc or desc");
        p.order = value == "asc" ? order::ascending : order::descending;
        return std::nullopt;
    }
    if (p.anchor != anchor_kind::none)
        return invalid_parameter(name, fmt::format("cannot be combined with {}", name_of(p.anchor)));
    p.anchor = name == "after" ? anchor_kind::after : name == "before" ? anchor_kind::before : anchor_kind::around;
    p.anchored_at = value;
    return std::nullopt;
}

}  // namespace

http::expected<std::optional<page>> read_page(const call& c) {
    const auto query = http::parse_form(http::query_of(c.request.target));
    if (!query) return http::problem{http::problem_kind::malformed, "the query string is not well-formed"};
    std::optional<page> found;
    for (const auto& [name, value] : *query) {
        if (std::ranges::find(page_names, name) == std::end(page_names)) continue;
        if (!found) found.emplace();
        if (auto wrong = set_parameter(*found, name, value)) return std::move(*wrong);
    }
    return found;
}

http::expected<std::optional<page>> read_page(fields& given) {
    std::optional<page> found;
    for (const auto name : page_names) {
        const auto value = given.scalar(name);
        if (!value) continue;
        if (!found) found.emplace();
        if (auto wrong = set_parameter(*found, name, *value)) return std::move(*wrong);
    }
    if (auto wrong = given.refusal()) return std::move(*wrong);
    return found;
}

http::problem invalid_parameter(std::string_view name, std::string_view detail) {
    auto text = fmt::format("{} {}", name, detail);
    return {http::problem_kind::invalid_parameters, text, {{std::string(name), "invalid", text}}};
}

http::problem invalid_anchor(const page& p, std::string_view detail) {
    return invalid_parameter(name_of(p.anchor), detail);
}

http::expected<std::uint64_t> anchor_number(const page& p) {
    if (p.anchor == anchor_kind::none) return std::uint64_t{0};
    if (!is_digits(p.anchored_at)) return invalid_anchor(p, "must be a number");
    return saturated(p.anchored_at);
}

ledger::window window_of(const page& p, std::uint64_t anchor, std::uint64_t count) {
    const auto limit = std::min(p.limit, count);
    const auto from = [&](std::uint64_t after) {
        return ledger::window{after, std::min(after + limit, count), p.order};
    };
    const auto to = [&](std::uint64_t last) { return ledger::window{last - std::min(limit, last), last, p.order}; };
    switch (p.anchor) {
        case anchor_kind::none:
            return p.order == order::ascending ? from(0) : to(count);
        case anchor_kind::after:
            return from(std::min(anchor, count));
        case anchor_kind::before:
            return to(std::min(anchor == 0 ? 0 : anchor - 1, count));
        case anchor_kind::around:
            break;
    }
    const auto before_anchor = std::max<std::uint64_t>(anchor, 1) - 1;
    return from(std::min(before_anchor - std::min((p.limit - 1) / 2, before_anchor), count - limit));
}

neighbours neighbours_of(const ledger::window& w, std::uint64_t count) {
    neighbours n;
    if (w.after > 0) n.below = std::to_string(w.after + 1);
    if (w.last < count) n.above = std::to_string(w.last);
    return n;
}

std::string link(const call& c, std::string_view query, anchor_kind kind, std::string_view anchor,
                 std::string_view relation) {
    const auto path = http::path_of(c.request.target);
    return fmt::format(FMT_COMPILE("<{}{}?{}&{}={}>; rel=\"{}\""), c.services.base_path, path, query, name_of(kind),
                       anchor, relation);
}

std::string links(const call& c, const page& p, const neighbours& n) {
    const bool ascending = p.order == order::ascending;
    const auto query = fmt::format(FMT_COMPILE("limit={}&order={}"), p.limit, name_of(p.order));
    std::string text;
    if (n.above) text = link(c, query, anchor_kind::after, *n.above, ascending ? "next" : "prev");
    if (n.above && n.below) text += ", ";
    if (n.below) text += link(c, query, anchor_kind::before, *n.below, ascending ? "prev" : "next");
    return text;
}

}  // namespace confab::api
