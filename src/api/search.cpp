#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>

#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/lists.hpp"
#include "api/path_parameters.hpp"
#include "http/percent.hpp"

namespace confab::api {
namespace {

constexpr std::string_view names[] = {"query", "search", "highlight", "limit", "order", "after", "before", "around"};

using clock = std::chrono::steady_clock;

// The position of a search, which goes downwards.
struct search_run {
    search::port& search;
    core::chat_id chat;
    core::folded_query query;
    core::message_number before;
    clock::duration left;  // until the time limit; the time of a slow client does not count

    // Counts the time of `work`. Errors: too_slow, and those of `work`.
    template <class T, class Work>
    awaitable<result<T>> in_time(Work work) {
        if (left <= clock::duration::zero()) co_return error::too_slow;
        const auto begun = clock::now();
        auto done = co_await work();
        left -= clock::now() - begun;
        co_return done;
    }

    // Continues until there are hits to send or the chat ends. Errors: too_slow.
    awaitable<result<slice<core::message>>> next() {
        for (;;) {
            auto found = co_await in_time<search::hits>([this] { return search.find(chat, query, before); });
            if (!found) co_return found.error();
            const bool is_last = !found->next;
            if (!is_last) before = *found->next;
            if (is_last || !found->messages.empty())
                co_return slice<core::message>(is_last, std::move(found->messages));
        }
    }
};

struct search_parameters {
    core::search_query query;
    bool highlight;
    bool ascends;  // explicitly requested
    std::optional<page> paged;
};

http::expected<search_parameters> read_search(const call& c) {
    auto read = fields::read(c, names);
    if (!read) return read.error();
    auto& given = *read;
    const auto name = given.was_given("query") || !given.was_given("search") ? "query" : "search";
    auto query = given.required<core::search_query>(name);
    const bool highlight = given.flag("highlight");
    if (auto wrong = given.refusal()) return std::move(*wrong);
    auto paged = read_page(given);
    if (!paged) return paged.error();
    return search_parameters{std::move(*query), highlight, given.scalar("order") == "asc", std::move(*paged)};
}

// A page of a search goes downwards, newest first. Only `limit` and `before` are allowed.
std::optional<http::problem> refusal_of(const page& asked, bool ascends) {
    if (ascends) return invalid_parameter("order", "must be desc in a search: the newest hits come first");
    const bool fits = asked.anchor == anchor_kind::none || asked.anchor == anchor_kind::before;
    return fits ? std::nullopt : std::optional(invalid_anchor(asked, "is not supported in a search: use `before`"));
}

// The numbers of the first hits of the run, one more than the page may have if there are that many. Why only numbers: a
// page of the longest messages would take too much memory, and the Link header is sent before the page.
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

// Reads the messages of these numbers again, slice by slice. Skips messages that were deleted, or edited so that they
// no longer match.
slice_source<core::message> messages_of(ledger::matcher& matcher, std::shared_ptr<search_run> run,
                                        std::vector<core::message_number> numbers) {
    return [&matcher, run, numbers = std::move(numbers),
            at = std::size_t{0}]() mutable -> awaitable<result<slice<core::message>>> {
        const std::span left(numbers.begin() + static_cast<std::ptrdiff_t>(at), numbers.end());
        auto found = co_await run->in_time<ledger::matches_by_number>(
            [&] { return matcher.matching(run->chat, left, run->query); });
        if (!found) co_return found.error();
        at += found->examined;
        co_return slice<core::message>(at == numbers.size(), std::move(found->rows));
    };
}

using highlighted_messages = std::vector<highlighted_message>;

// Errors: too_slow.
result<highlighted_messages> all_highlighted(const std::vector<core::message>& messages,
                                             const core::folded_query& query, clock::time_point deadline) {
    highlighted_messages all;
    for (const auto& m : messages) {
        if (clock::now() >= deadline) return error::too_slow;
        all.push_back(highlighted(m, query));
    }
    return all;
}

// Runs on the pool, because it takes several times as long as finding the messages. Errors: too_slow.
awaitable<result<highlighted_messages>> highlight_on(asio::any_io_executor pool, search_run& run,
                                                     const std::vector<core::message>& messages) {
    const auto deadline = clock::now() + run.left;
    const auto mark = [&] { return all_highlighted(messages, run.query, deadline); };
    co_return co_await run.in_time<highlighted_messages>([&] { return run_on(pool, mark); });
}

// The hits of a source, highlighted if that was requested.
awaitable<http::response> list_hits(call& c, slice_source<core::message> plain, std::shared_ptr<search_run> run,
                                    bool highlight) {
    if (!highlight) co_return co_await list_of(c, std::move(plain));
    slice_source<highlighted_message> marked =
        [plain = std::move(plain), run,
         pool = c.services.thread_pool]() -> awaitable<result<slice<highlighted_message>>> {
        const auto found = co_await plain();
        if (!found) co_return found.error();
        if (found->rows.empty()) co_return slice<highlighted_message>(found->is_last, {});
        auto rows = co_await highlight_on(pool, *run, found->rows);
        if (!rows) co_return rows.error();
        co_return slice<highlighted_message>(found->is_last, std::move(*rows));
    };
    co_return co_await list_of(c, std::move(marked));
}

awaitable<http::response> page_of_hits(call& c, std::shared_ptr<search_run> run, page asked, std::string query_string,
                                       bool highlight) {
    auto numbers = co_await first_hits(*run, static_cast<std::size_t>(asked.limit));
    if (!numbers) co_return refuse(c, numbers.error());
    const bool has_more = numbers->size() > asked.limit;
    if (has_more) numbers->resize(static_cast<std::size_t>(asked.limit));
    std::string next;
    if (has_more) {
        const auto query = fmt::format("{}&limit={}", query_string, asked.limit);
        next = link(c, query, anchor_kind::before, std::to_string(numbers->back().value()), "next");
    }
    auto source = messages_of(c.services.matcher, run, std::move(*numbers));
    auto r = co_await list_hits(c, std::move(source), run, highlight);
    if (has_more && r.status == 200) r.headers.add("Link", next);
    co_return r;
}

}  // namespace

awaitable<http::response> search_messages(call c) {
    const auto path = chat_path::parse(c);
    if (!path) co_return not_found(c);
    const auto reading = [&c] { return read_search(c); };
    auto read = parse_inline(c, reading);
    if (!read) read.emplace(co_await run_on(c.services.thread_pool, reading));
    if (!*read) co_return refuse(c, read->error());
    const auto& given = **read;
    const auto& asked = given.paged;

    const auto chat = co_await c.services.ledger.find_chat(path->app, path->chat);
    if (!chat) co_return refuse(c, chat.error());
    auto before = chat->messages_count + 1;
    if (asked) {
        const auto anchor = anchor_number(*asked);
        if (!anchor) co_return refuse(c, anchor.error());
        if (const auto wrong = refusal_of(*asked, given.ascends)) co_return refuse(c, *wrong);
        if (asked->anchor == anchor_kind::before) before = std::min(before, *anchor);
    }
    const auto run =
        std::make_shared<search_run>(search_run{c.services.search, chat->id, core::folded_query(given.query.text()),
                                                core::message_number(before), c.services.search_time_max});
    if (!asked) {
        slice_source<core::message> all = [run] { return run->next(); };
        co_return co_await list_hits(c, std::move(all), run, given.highlight);
    }
    auto query_string =
        fmt::format("query={}{}", http::percent_encode(given.query.text()), given.highlight ? "&highlight=true" : "");
    co_return co_await page_of_hits(c, run, *asked, std::move(query_string), given.highlight);
}

}  // namespace confab::api
