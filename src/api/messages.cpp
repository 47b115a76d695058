#include "api/conditions.hpp"
#include "api/creation.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/idempotency_key.hpp"
#include "api/lists.hpp"
#include "api/path_parameters.hpp"
#include "core/event_id.hpp"

namespace confab::api {
namespace {

constexpr std::string_view creation_names[] = {"content", "sender", "metadata"};
constexpr std::string_view edit_names[] = {"content", "metadata"};
constexpr int attempts_max = 100;  // of a conditional change; another change won in each failed one

// The command that creates a message.
http::expected<core::command> read_creation(const call& c, const chat_path& path) {
    auto read = fields::read(c, creation_names);
    if (!read) return read.error();
    auto& given = *read;
    auto content = given.required<core::message_content>("content");
    auto sender = given.optional<core::sender_name>("sender");
    auto metadata = given.metadata("metadata");
    if (auto wrong = given.refusal()) return std::move(*wrong);
    core::create_message created{path.app, path.chat, std::move(content).value(), std::move(sender),
                                 std::move(metadata)};
    auto key = read_idempotency_key(c.request, created);
    if (!key) return key.error();
    return core::command{core::make_job_id(), *key, std::move(created)};
}

struct edit_parameters {
    core::message_content content;
    std::optional<std::string> metadata;
};

http::expected<edit_parameters> read_edit(const call& c) {
    auto read = fields::read(c, edit_names);
    if (!read) return read.error();
    auto& given = *read;
    auto content = given.required<core::message_content>("content");
    auto metadata = given.metadata("metadata");
    if (auto wrong = given.refusal()) return std::move(*wrong);
    return edit_parameters{std::move(content).value(), std::move(metadata)};
}

http::response message_response(const core::message& m) {
    auto r = http::json_response(200, json_of(m));
    r.etag = etag_of(m.version);
    r.modified_at = m.updated_at;
    return r;
}

http::response no_content() {
    return {.status = 204};
}

// The version to which a change of this message may be applied, if the conditions are true for the message now. Errors:
// version_mismatch (one is false), not_found.
awaitable<result<core::version_condition>> version_to_change(const call& c, const message_path& path,
                                                             const conditions& preconditions) {
    const auto found = co_await c.services.ledger.find_message(path.app, path.chat, path.message);
    if (!found) co_return found.error();
    if (found->deleted_at) co_return core::version_condition();  // nothing to compare with
    if (preconditions.failed({etag_of(found->version), found->updated_at})) co_return error::version_mismatch;
    co_return core::version_condition(std::in_place, {found->version});
}

// Changes a message if the conditions are true at that moment. The change itself checks If-Match. For other conditions
// the message is read first. If it changes between the read and the change, it is read again. Errors: those of the
// queue, and of version_to_change().
template <class Payload>
awaitable<result<core::command_result>> change(const call& c, const message_path& path, const conditions& preconditions,
                                               Payload payload) {
    payload.only_at = preconditions.versions();
    core::command command{core::make_job_id(), std::nullopt, std::move(payload)};
    if (!preconditions.need_representation()) co_return co_await c.services.queue.submit(command);
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        auto version = co_await version_to_change(c, path, preconditions);
        if (!version) co_return version.error();
        std::get<Payload>(command.payload).only_at = std::move(*version);
        auto outcome = co_await c.services.queue.submit(command);
        if (outcome || outcome.error() != error::version_mismatch) co_return outcome;
        command.job = core::make_job_id();
    }
    co_return error::overloaded;
}

}  // namespace

awaitable<http::response> list_messages(call c) {
    const auto path = chat_path::parse(c);
    if (!path) co_return not_found(c);
    // Before the counters: a position of this generation with counters of a later one is refused, not misunderstood.
    const auto generation = c.services.feed.readers.generation();
    const auto chat = co_await c.services.ledger.find_chat(path->app, path->chat);
    if (!chat) co_return refuse(c, chat.error());
    const auto selected = select(c, chat->messages_count);
    if (!selected) co_return refuse(c, selected.error());
    const auto& [window, links] = *selected;
    const page_key cache_key{chat->id, chat->changes_count, window};
    http::response r;
    if (const auto known = c.services.pages.find(cache_key)) {
        r = http::json_response(200, *known);
    } else {
        auto source = rows_of<core::message>(
            window, [&ledger = c.services.ledger, id = chat->id](ledger::window w) { return ledger.messages(id, w); });
        r = co_await list_of(c, std::move(source));
        if (r.status == 200 && !r.more) c.services.pages.put(cache_key, r.body);
    }
    if (r.status != 200) co_return r;
    if (!links.empty()) r.headers.add("Link", links);
    // The counters are read before the list. So a feed that continues from here may repeat rows of the list, but misses
    // nothing.
    const core::position position{chat->messages_count, chat->changes_count};
    r.headers.add("Last-Event-ID", core::event_id_of(generation, chat->number, position));
    r.headers.add("Stream-Next-Offset", core::text_of({generation, position}));
    co_return r;
}

awaitable<http::response> create_message(call c) {
    const auto path = chat_path::parse(c);
    if (!path) co_return not_found(c);
    if (const auto wrong = precondition_problem(c.request)) {
        const auto chat = co_await c.services.ledger.find_chat(path->app, path->chat);
        co_return refuse_if_found(c, chat, *wrong);
    }
    const auto reading = [&] { return read_creation(c, *path); };
    auto read = parse_inline(c, reading);
    if (!read) read.emplace(co_await run_on(c.services.thread_pool, reading));
    if (!*read) co_return refuse(c, read->error());

    const auto& command = **read;
    const auto outcome = co_await create(c, command);
    if (!outcome) co_return refuse(c, outcome.error());
    if (!*outcome) co_return accepted();
    const auto& command_result = **outcome;
    if (const auto* seen = std::get_if<core::replayed>(&command_result)) {
        const core::message_number number(seen->number);
        const auto found = co_await c.services.ledger.find_message(path->app, path->chat, number);
        if (!found) co_return refuse(c, found.error());
        auto r = created(c, path_to(path->app, path->chat, number), json_of(*found), creation_outcome::replayed);
        r.etag = etag_of(found->version);
        co_return r;
    }
    const auto& made = std::get<core::created>(command_result);
    auto r = created(c, path_to(path->app, path->chat, core::message_number(made.number)),
                     json_of(std::get<core::create_message>(command.payload), made), creation_outcome::created);
    r.etag = etag_of(1);
    co_return r;
}

awaitable<http::response> show_message(call c) {
    const auto path = message_path::parse(c);
    if (!path) co_return not_found(c);
    const auto found = co_await c.services.ledger.find_message(path->app, path->chat, path->message);
    if (!found) co_return refuse(c, found.error());
    if (found->deleted_at) co_return refuse(c, error::deleted);
    co_return message_response(*found);
}

awaitable<http::response> edit_message(call c) {
    const auto path = message_path::parse(c);
    if (!path) co_return not_found(c);
    const auto preconditions = conditions::read(c.request);
    if (!preconditions) co_return refuse(c, preconditions.error());
    if (preconditions->need_representation()) {  // before the content (RFC 9110, 13.2.1)
        const auto version = co_await version_to_change(c, *path, *preconditions);
        if (!version) co_return refuse(c, version.error());
    }
    const auto reading = [&c] { return read_edit(c); };
    auto read = parse_inline(c, reading);
    if (!read) read.emplace(co_await run_on(c.services.thread_pool, reading));
    if (!*read) co_return refuse(c, read->error());
    auto& given = **read;

    core::edit_message payload{path->app, path->chat, path->message, std::move(given.content),
                               std::move(given.metadata)};
    const auto outcome = co_await change(c, *path, *preconditions, std::move(payload));
    if (!outcome) co_return refuse(c, outcome.error());
    co_return message_response(std::get<core::message>(*outcome));
}

awaitable<http::response> delete_message(call c) {
    const auto path = message_path::parse(c);
    if (!path) co_return not_found(c);
    const auto preconditions = conditions::read(c.request);
    if (!preconditions) co_return refuse(c, preconditions.error());

    core::delete_message payload{path->app, path->chat, path->message};
    const auto outcome = co_await change(c, *path, *preconditions, std::move(payload));
    if (!outcome) co_return refuse(c, outcome.error());
    co_return no_content();
}

awaitable<http::response> list_versions(call c) {
    const auto path = message_path::parse(c);
    if (!path) co_return not_found(c);
    const auto chat = co_await c.services.ledger.find_chat(path->app, path->chat);
    if (!chat) co_return refuse(c, chat.error());
    const auto message = co_await c.services.ledger.find_message(path->app, path->chat, path->message);
    if (!message) co_return refuse(c, message.error());
    slice_source<core::message_version> source =
        [&ledger = c.services.ledger, id = chat->id, number = path->message, after = std::uint64_t{0},
         last = message->version]() mutable -> awaitable<result<slice<core::message_version>>> {
        auto rows = co_await ledger.versions(id, number, after);
        if (!rows) co_return rows.error();
        std::erase_if(*rows, [last](const auto& v) { return v.version > last; });
        after = rows->empty() ? last : rows->back().version;
        co_return slice<core::message_version>(after >= last, std::move(*rows));
    };
    co_return co_await list_of(c, std::move(source));
}

}  // namespace confab::api
