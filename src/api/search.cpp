#include <memory>

#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/lists.hpp"
#include "api/places.hpp"

namespace confab::api {
namespace {

constexpr std::string_view names[] = {"query", "search"};

// How far a search has come, downwards from the chat's last message at its start.
struct search_run {
    search::port& search;
    core::chat_id chat;
    core::folded_query query;
    core::message_number before;

    // Goes on until there is something to send or the chat ends.
    awaitable<result<slice<core::message>>> next() {
        for (;;) {
            auto found = co_await search.find(chat, query, before);
            if (!found) co_return found.error();
            const bool is_last = !found->next;
            if (!is_last) before = *found->next;
            if (is_last || !found->messages.empty()) co_return slice<core::message>{std::move(found->messages), is_last};
        }
    }
};

}  // namespace

awaitable<http::response> search_messages(call& c) {
    const auto place = chat_place::parse(c);
    if (!place) co_return not_found(c);
    auto read = fields::read(c, names);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    auto& given = std::get<fields>(read);
    const auto name = given.was_given("query") || !given.was_given("search") ? "query" : "search";
    const auto query = given.required<core::search_query>(name);
    if (const auto wrong = given.refusal()) co_return refuse(c, *wrong);

    const auto chat = co_await c.parts.ledger.find_chat(place->app, place->chat);
    if (!chat) co_return refuse(c, chat.error());
    const auto run = std::make_shared<search_run>(search_run{c.parts.search, chat->id, core::folded_query(query->text()),
                                                             core::message_number(chat->messages_count).next()});
    slice_source<core::message> source = [run] { return run->next(); };
    co_return co_await whole_list(c, std::move(source));
}

}  // namespace confab::api
