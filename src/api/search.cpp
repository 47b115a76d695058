#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>

#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/lists.hpp"
#include "api/places.hpp"
#include "http/percent.hpp"

namespace confab::api {
namespace {

constexpr std::string_view names[] = {"query", "search", "highlight"};

using clock = std::chrono::steady_clock;

// How far a search has come, downwards.
struct search_run {
    search::port& search;
    core::chat_id chat;
    core::folded_query query;
    core::message_number before;
    clock::duration left;  // of the time it may take; a client that reads slowly costs none

    // Goes on until there is something to send or the chat ends. Errors: too_slow.
    awaitable<result<slice<core::message>>> next() {
        for (;;) {
            if (left <= clock::duration::zero()) co_return error::too_slow;
            const auto begun = clock::now();
            auto found = co_await search.find(chat, query, before);
            left -= clock::now() - begun;
            if (!found) co_return found.error();
            const bool is_last = !found->next;
            if (!is_last) before = *found->next;
            if (is_last || !found->messages.empty()) co_return slice<core::message>{std::move(found->messages), is_last};
        }
    }
};

// A page of a search goes downwards, newest first: `limit` and `before` are all it takes.
std::optional<http::problem> refusal_of(const page& asked) {
    const bool fits = asked.anchor == anchor_kind::none || asked.anchor == anchor_kind::before;
    return fits ? std::nullopt : std::optional(invalid_anchor(asked, "is not known to a search, which goes down from `before`"));
}

// The first hits of the run, as many as the page may have, and whether there are more.
awaitable<result<slice<core::message>>> take_page(search_run& run, std::size_t limit) {
    std::vector<core::message> hits;
    bool is_last = false;
    while (!is_last && hits.size() <= limit) {
        auto found = co_await run.next();
        if (!found) co_return found.error();
        std::ranges::move(found->rows, std::back_inserter(hits));
        is_last = found->is_last;
    }
    const bool has_more = hits.size() > limit;
    if (has_more) hits.erase(hits.begin() + static_cast<std::ptrdiff_t>(limit), hits.end());
    co_return slice<core::message>{std::move(hits), !has_more};
}

std::vector<highlighted_message> highlighted(std::vector<core::message> messages, const core::folded_query& query) {
    std::vector<highlighted_message> all;
    for (auto& m : messages) all.push_back({std::move(m), &query});
    return all;
}

void append_hits(std::string& out, std::vector<core::message> messages, const core::folded_query* highlight) {
    bool first = true;
    if (highlight)
        append_rows(out, highlighted(std::move(messages), *highlight), first);
    else
        append_rows(out, messages, first);
}

awaitable<http::response> page_of_hits(call& c, search_run& run, const page& asked, std::string_view repeated, bool highlight) {
    auto hits = co_await take_page(run, static_cast<std::size_t>(asked.limit));
    if (!hits) co_return refuse(c, hits.error());
    auto r = http::json_response(200, "[");
    if (!hits->is_last) {
        const auto query = fmt::format("{}&limit={}", repeated, asked.limit);
        const auto last = std::to_string(hits->rows.back().number.value());
        r.headers.push_back({"Link", link(c, query, anchor_kind::before, last, "next")});
    }
    append_hits(r.body, std::move(hits->rows), highlight ? &run.query : nullptr);
    r.body += ']';
    co_return r;
}

awaitable<http::response> all_hits(call& c, std::shared_ptr<search_run> run, bool highlight) {
    if (!highlight) {
        slice_source<core::message> plain = [run] { return run->next(); };
        co_return co_await list_of(c, std::move(plain));
    }
    slice_source<highlighted_message> marked = [run]() -> awaitable<result<slice<highlighted_message>>> {
        auto found = co_await run->next();
        if (!found) co_return found.error();
        co_return slice<highlighted_message>{highlighted(std::move(found->rows), run->query), found->is_last};
    };
    co_return co_await list_of(c, std::move(marked));
}

}  // namespace

awaitable<http::response> search_messages(call& c) {
    const auto place = chat_place::parse(c);
    if (!place) co_return not_found(c);
    auto read = fields::read(c, names);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    auto& given = std::get<fields>(read);
    const auto name = given.was_given("query") || !given.was_given("search") ? "query" : "search";
    const auto query = given.required<core::search_query>(name);
    const bool highlight = given.flag("highlight");
    if (const auto wrong = given.refusal()) co_return refuse(c, *wrong);
    auto paged = read_page(c);
    if (const auto* wrong = std::get_if<http::problem>(&paged)) co_return refuse(c, *wrong);
    auto& asked = std::get<0>(paged);

    const auto chat = co_await c.parts.ledger.find_chat(place->app, place->chat);
    if (!chat) co_return refuse(c, chat.error());
    auto before = chat->messages_count + 1;
    if (asked) {
        const auto anchor = anchor_number(*asked);
        if (const auto* wrong = std::get_if<http::problem>(&anchor)) co_return refuse(c, *wrong);
        if (const auto wrong = refusal_of(*asked)) co_return refuse(c, *wrong);
        if (asked->anchor == anchor_kind::before) before = std::min(before, std::get<0>(anchor));
    }
    const auto run = std::make_shared<search_run>(search_run{c.parts.search, chat->id, core::folded_query(query->text()),
                                                             core::message_number(before), c.parts.search_time_max});
    if (!asked) co_return co_await all_hits(c, run, highlight);
    const auto repeated = fmt::format("query={}{}", http::percent_encode(query->text()), highlight ? "&highlight=true" : "");
    co_return co_await page_of_hits(c, *run, *asked, repeated, highlight);
}

}  // namespace confab::api
