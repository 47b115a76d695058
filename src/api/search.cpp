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

constexpr std::string_view names[] = {"query", "search", "highlight", "limit", "order", "after", "before", "around"};

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
            if (is_last || !found->messages.empty())
                co_return slice<core::message>(is_last, std::move(found->messages));
        }
    }
};

// A page of a search goes downwards, newest first: `limit` and `before` are all it takes.
std::optional<http::problem> refusal_of(const page& asked, fields& given) {
    if (given.word("order") == "asc") return invalid_parameter("order", "of a search is desc: the newest come first");
    const bool fits = asked.anchor == anchor_kind::none || asked.anchor == anchor_kind::before;
    return fits ? std::nullopt
                : std::optional(invalid_anchor(asked, "is not known to a search, which goes down from `before`"));
}

// The numbers of the first hits of the run, one more than the page may have if there are as many. Numbers only: a page
// of the longest messages is not to be held, and its Link has to be known before it is sent.
awaitable<result<std::vector<core::message_number>>> first_hits(search_run& run, std::size_t limit) {
    std::vector<core::message_number> numbers;
    for (bool is_last = false; !is_last && numbers.size() <= limit;) {
        const auto found = co_await run.next();
        if (!found) co_return found.error();
        for (const auto& m : found->rows) numbers.push_back(m.number);
        is_last = found->is_last;
    }
    co_return numbers;
}

// Reads the messages of these numbers again, a slice at a time, without those that were deleted or edited to something
// else meanwhile.
slice_source<core::message> messages_of(ledger::reader& ledger, std::shared_ptr<search_run> run,
                                        std::vector<core::message_number> numbers) {
    return [&ledger, run, numbers = std::move(numbers),
            at = std::size_t{0}]() mutable -> awaitable<result<slice<core::message>>> {
        const std::span left(numbers.begin() + static_cast<std::ptrdiff_t>(at), numbers.end());
        auto found = co_await ledger.matching(run->chat, left, run->query);
        if (!found) co_return found.error();
        at += found->looked_at;
        co_return slice<core::message>(at == numbers.size(), std::move(found->rows));
    };
}

std::vector<highlighted_message> highlighted(std::vector<core::message> messages, const core::folded_query& query) {
    std::vector<highlighted_message> all;
    for (auto& m : messages) all.push_back({std::move(m), &query});
    return all;
}

// The hits a source gives, marked where they match if that was asked for.
awaitable<http::response> list_hits(call& c, slice_source<core::message> plain, std::shared_ptr<search_run> run,
                                    bool highlight) {
    if (!highlight) co_return co_await list_of(c, std::move(plain));
    slice_source<highlighted_message> marked = [plain = std::move(plain),
                                                run]() -> awaitable<result<slice<highlighted_message>>> {
        auto found = co_await plain();
        if (!found) co_return found.error();
        co_return slice<highlighted_message>(found->is_last, highlighted(std::move(found->rows), run->query));
    };
    co_return co_await list_of(c, std::move(marked));
}

awaitable<http::response> page_of_hits(call& c, std::shared_ptr<search_run> run, page asked, std::string repeated,
                                       bool highlight) {
    auto numbers = co_await first_hits(*run, static_cast<std::size_t>(asked.limit));
    if (!numbers) co_return refuse(c, numbers.error());
    const bool has_more = numbers->size() > asked.limit;
    if (has_more) numbers->resize(static_cast<std::size_t>(asked.limit));
    std::string next;
    if (has_more) {
        const auto query = fmt::format("{}&limit={}", repeated, asked.limit);
        next = link(c, query, anchor_kind::before, std::to_string(numbers->back().value()), "next");
    }
    auto source = messages_of(c.parts.ledger, run, std::move(*numbers));
    auto r = co_await list_hits(c, std::move(source), run, highlight);
    if (has_more) r.headers.add("Link", next);
    co_return r;
}

}  // namespace

awaitable<http::response> search_messages(call c) {
    const auto place = chat_place::parse(c);
    if (!place) co_return not_found(c);
    auto read = fields::read(c, names);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    auto& given = std::get<fields>(read);
    const auto name = given.was_given("query") || !given.was_given("search") ? "query" : "search";
    const auto query = given.required<core::search_query>(name);
    const bool highlight = given.flag("highlight");
    if (const auto wrong = given.refusal()) co_return refuse(c, *wrong);
    auto paged = read_page(given);
    if (const auto* wrong = std::get_if<http::problem>(&paged)) co_return refuse(c, *wrong);
    auto& asked = std::get<0>(paged);

    const auto chat = co_await c.parts.ledger.find_chat(place->app, place->chat);
    if (!chat) co_return refuse(c, chat.error());
    auto before = chat->messages_count + 1;
    if (asked) {
        const auto anchor = anchor_number(*asked);
        if (const auto* wrong = std::get_if<http::problem>(&anchor)) co_return refuse(c, *wrong);
        if (const auto wrong = refusal_of(*asked, given)) co_return refuse(c, *wrong);
        if (asked->anchor == anchor_kind::before) before = std::min(before, std::get<0>(anchor));
    }
    const auto run =
        std::make_shared<search_run>(search_run{c.parts.search, chat->id, core::folded_query(query->text()),
                                                core::message_number(before), c.parts.search_time_max});
    if (!asked) {
        slice_source<core::message> all = [run] { return run->next(); };
        co_return co_await list_hits(c, std::move(all), run, highlight);
    }
    auto repeated = fmt::format("query={}{}", http::percent_encode(query->text()), highlight ? "&highlight=true" : "");
    co_return co_await page_of_hits(c, run, *asked, std::move(repeated), highlight);
}

}  // namespace confab::api
