#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/lists.hpp"
#include "api/places.hpp"
#include "api/retry.hpp"

namespace confab::api {
namespace {

constexpr std::string_view creation_names[] = {"content", "sender", "metadata"};
constexpr std::string_view edit_names[] = {"content", "metadata"};

// Tells an absent text from an empty one.
std::string_view mark(bool is_there) { return is_there ? "1" : "0"; }

std::variant<std::optional<core::retry_key>, http::problem> key_of(const call& c, const core::create_message& wish) {
    return read_retry_key(c.request, {"message", wish.content.text(), mark(wish.sender.has_value()),
                                      wish.sender ? wish.sender->text() : "", mark(wish.metadata.has_value()),
                                      wish.metadata ? std::string_view(*wish.metadata) : ""});
}

std::variant<core::create_message, http::problem> read_creation(const call& c, const chat_place& place) {
    auto read = fields::read(c, creation_names);
    if (auto* wrong = std::get_if<http::problem>(&read)) return std::move(*wrong);
    auto& given = std::get<fields>(read);
    auto content = given.required<core::message_content>("content");
    auto sender = given.optional<core::sender_name>("sender");
    auto metadata = given.metadata("metadata");
    if (auto wrong = given.refusal()) return std::move(*wrong);
    return core::create_message{place.app, place.chat, std::move(*content), std::move(sender), std::move(metadata)};
}

}  // namespace

awaitable<http::response> list_messages(call& c) {
    const auto place = chat_place::parse(c);
    if (!place) co_return not_found(c);
    const auto chat = co_await c.parts.ledger.find_chat(place->app, place->chat);
    if (!chat) co_return refuse(c, chat.error());
    slice_source<core::message> source = [&ledger = c.parts.ledger, id = chat->id, after = core::message_number(),
                                          last = core::message_number(chat->messages_count)]() mutable
        -> awaitable<result<slice<core::message>>> {
        auto rows = co_await ledger.messages(id, after, last);
        if (!rows) co_return rows.error();
        if (!rows->empty()) after = rows->back().number;
        co_return slice<core::message>{std::move(*rows), after == last};
    };
    co_return co_await whole_list(c, std::move(source));
}

awaitable<http::response> create_message(call& c) {
    const auto place = chat_place::parse(c);
    if (!place) co_return not_found(c);
    auto read = read_creation(c, *place);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    const auto key = key_of(c, std::get<0>(read));
    if (const auto* wrong = std::get_if<http::problem>(&key)) co_return refuse(c, *wrong);

    const core::command command{core::make_job_id(), std::get<0>(key), std::get<0>(std::move(read))};
    const auto outcome = co_await c.parts.queue.submit(command);
    if (!outcome) co_return refuse(c, outcome.error());
    if (const auto* seen = std::get_if<core::replayed>(&*outcome)) {
        const core::message_number number(seen->number);
        const auto found = co_await c.parts.ledger.find_message(place->app, place->chat, number);
        if (!found) co_return refuse(c, found.error());
        co_return created(path_to(place->app, place->chat, number), json_of(*found), novelty::replayed);
    }
    const auto& made = std::get<core::created>(*outcome);
    co_return created(path_to(place->app, place->chat, core::message_number(made.number)),
                      json_of(std::get<core::create_message>(command.wish), made), novelty::created);
}

awaitable<http::response> show_message(call& c) {
    const auto place = message_place::parse(c);
    if (!place) co_return not_found(c);
    const auto found = co_await c.parts.ledger.find_message(place->app, place->chat, place->message);
    if (!found) co_return refuse(c, found.error());
    co_return http::json_response(200, json_of(*found));
}

awaitable<http::response> edit_message(call& c) {
    const auto place = message_place::parse(c);
    if (!place) co_return not_found(c);
    auto read = fields::read(c, edit_names);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    auto& given = std::get<fields>(read);
    auto content = given.required<core::message_content>("content");
    auto metadata = given.metadata("metadata");
    if (const auto wrong = given.refusal()) co_return refuse(c, *wrong);

    const core::command command{
        core::make_job_id(), std::nullopt,
        core::edit_message{place->app, place->chat, place->message, std::move(*content), std::move(metadata)}};
    const auto outcome = co_await c.parts.queue.submit(command);
    if (!outcome) co_return refuse(c, outcome.error());
    co_return http::json_response(200, json_of(std::get<core::message>(*outcome)));
}

}  // namespace confab::api
