#include <algorithm>

#include "api/conditions.hpp"
#include "api/creation.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/idempotency_key.hpp"
#include "api/lists.hpp"

namespace confab::api {
namespace {

constexpr std::string_view names[] = {"name"};

http::expected<core::app_name> read_name(const call& c) {
    auto read = fields::read(c, names);
    if (!read) return read.error();
    auto& given = *read;
    auto name = given.required<core::app_name>("name");
    if (auto wrong = given.refusal()) return std::move(*wrong);
    return std::move(name).value();
}

awaitable<http::response> replayed_app(call& c, core::app_id id) {
    const auto found = co_await c.services.ledger.find_app(id);
    if (!found) co_return refuse(c, found.error());
    co_return created(c, path_to(found->token), json_of(*found), creation_outcome::replayed);
}

// The bounds of a page of apps. Ids may have gaps, unlike numbers, so a page is read in both directions from a split.
struct page_bounds {
    std::uint64_t split;      // apps up to this id are below it
    std::uint64_t below_max;  // how many of them the page may have
    std::uint64_t above_max;
};

page_bounds bounds_of(const page& asked, std::uint64_t anchor, std::uint64_t last) {
    const bool upwards = asked.order == ledger::order::ascending;
    switch (asked.anchor) {
        case anchor_kind::none:
            return upwards ? page_bounds{0, 0, asked.limit} : page_bounds{last, asked.limit, 0};
        case anchor_kind::after:
            return {anchor, 0, asked.limit};
        case anchor_kind::before:
            return {anchor - 1, asked.limit, 0};
        case anchor_kind::around:
            break;
    }
    return {anchor - 1, asked.limit, asked.limit};
}

struct app_page {
    std::vector<core::app> rows;  // in order of creation
    neighbours next_to;
};

// `below` and `above` begin at the split. Each has one row more than the page may have, if there are that many.
app_page assemble(const page& asked, const page_bounds& bounds, const std::vector<core::app>& below,
                  const std::vector<core::app>& above) {
    auto from_below = std::min<std::uint64_t>(below.size(), bounds.below_max);
    auto from_above = std::min<std::uint64_t>(above.size(), bounds.above_max);
    if (asked.anchor == anchor_kind::around) {
        from_below =
            std::min(from_below, std::max((asked.limit - 1) / 2, asked.limit - std::min(asked.limit, from_above)));
        from_above = std::min(from_above, asked.limit - from_below);
    }
    app_page made;
    for (auto i = from_below; i-- > 0;) made.rows.push_back(below[i]);
    for (std::uint64_t i = 0; i < from_above; ++i) made.rows.push_back(above[i]);
    if (made.rows.empty()) return made;
    if (below.size() > from_below) made.next_to.below = std::string(made.rows.front().token.text());
    if (above.size() > from_above) made.next_to.above = std::string(made.rows.back().token.text());
    return made;
}

// The id of the app that is the page's anchor; 0 without an anchor. Errors: not_found.
awaitable<result<std::uint64_t>> anchor_id(call& c, const page& asked) {
    if (asked.anchor == anchor_kind::none) co_return std::uint64_t{0};
    const auto token = core::app_token::parse(asked.anchored_at);
    if (!token) co_return error::not_found;
    const auto found = co_await c.services.ledger.find_app(*token);
    if (!found) co_return found.error();
    co_return found->id.value();
}

awaitable<http::response> page_of_apps(call& c, const page& asked, std::uint64_t last) {
    const auto anchor = co_await anchor_id(c, asked);
    if (!anchor && anchor.error() == error::not_found) co_return refuse(c, invalid_anchor(asked, "names no app"));
    if (!anchor) co_return refuse(c, anchor.error());
    const auto bounds = bounds_of(asked, *anchor, last);
    const auto enough = static_cast<std::size_t>(asked.limit + 1);
    const ledger::window downwards{.last = bounds.split, .order = ledger::order::descending, .rows_max = enough};
    const ledger::window upwards{.after = bounds.split, .last = last, .rows_max = enough};
    const auto below = co_await c.services.ledger.apps(downwards);
    if (!below) co_return refuse(c, below.error());
    const auto above = co_await c.services.ledger.apps(upwards);
    if (!above) co_return refuse(c, above.error());
    auto made = assemble(asked, bounds, *below, *above);
    if (asked.order == ledger::order::descending) std::ranges::reverse(made.rows);
    bool first = true;
    auto r = http::json_response(200, "[");
    append_rows(r.body, made.rows, first);
    r.body += ']';
    const auto link = links(c, asked, made.next_to);
    if (!link.empty()) r.headers.add("Link", link);
    co_return r;
}

}  // namespace

awaitable<http::response> list_apps(call c) {
    const auto read = read_page(c);
    if (!read) co_return refuse(c, read.error());
    const auto last = co_await c.services.ledger.last_app();
    if (!last) co_return refuse(c, last.error());
    if (const auto& asked = *read) co_return co_await page_of_apps(c, *asked, last->value());
    slice_source<core::app> source =
        [&ledger = c.services.ledger,
         w = ledger::window{.last = last->value()}]() mutable -> awaitable<result<slice<core::app>>> {
        auto rows = co_await ledger.apps(w);
        if (!rows) co_return rows.error();
        if (!rows->empty()) w.after = rows->back().id.value();
        co_return slice<core::app>(rows->empty() || w.after >= w.last, std::move(*rows));
    };
    co_return co_await list_of(c, std::move(source));
}

awaitable<http::response> create_app(call c) {
    if (const auto wrong = precondition_problem(c.request)) co_return refuse(c, *wrong);
    const auto reading = [&c] { return read_name(c); };
    auto name = parse_inline(c, reading);
    if (!name) name.emplace(co_await run_on(c.services.thread_pool, reading));
    if (!*name) co_return refuse(c, name->error());
    const core::create_app payload{core::app_token::make(), std::move(**name)};
    const auto key = read_idempotency_key(c.request, payload);
    if (!key) co_return refuse(c, key.error());

    const core::command command{core::make_job_id(), *key, payload};
    const auto outcome = co_await create(c, command);
    if (!outcome) co_return refuse(c, outcome.error());
    if (!*outcome) co_return accepted();
    const auto& command_result = **outcome;
    if (const auto* seen = std::get_if<core::replayed>(&command_result)) {
        co_return co_await replayed_app(c, core::app_id(seen->number));
    }
    const auto at = std::get<core::created>(command_result).at;
    const core::app made{{}, payload.token, payload.name.text(), 0, at, at};
    co_return created(c, path_to(made.token), json_of(made), creation_outcome::created);
}

awaitable<http::response> show_app(call c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    const auto found = co_await c.services.ledger.find_app(*token);
    if (!found) co_return refuse(c, found.error());
    co_return http::json_response(200, json_of(*found));
}

awaitable<http::response> rename_app(call c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    if (const auto wrong = precondition_problem(c.request)) {
        const auto found = co_await c.services.ledger.find_app(*token);
        co_return refuse_if_found(c, found, *wrong);
    }
    const auto reading = [&c] { return read_name(c); };
    auto name = parse_inline(c, reading);
    if (!name) name.emplace(co_await run_on(c.services.thread_pool, reading));
    if (!*name) co_return refuse(c, name->error());

    core::rename_app payload{*token, std::move(**name)};
    const core::command command{core::make_job_id(), std::nullopt, std::move(payload)};
    const auto outcome = co_await c.services.queue.submit(command);
    if (!outcome) co_return refuse(c, outcome.error());
    co_return http::json_response(200, json_of(std::get<core::app>(*outcome)));
}

}  // namespace confab::api
