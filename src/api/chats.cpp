#include "api/conditions.hpp"
#include "api/creation.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/idempotency_key.hpp"
#include "api/lists.hpp"
#include "api/path_parameters.hpp"

namespace confab::api {

awaitable<http::response> list_chats(call c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    const auto app = co_await c.services.ledger.find_app(*token);
    if (!app) co_return refuse(c, app.error());
    const auto selected = select(c, app->chats_count);
    if (!selected) co_return refuse(c, selected.error());
    const auto& [window, links] = *selected;
    auto source = rows_of<core::chat>(
        window, [&ledger = c.services.ledger, id = app->id](ledger::window w) { return ledger.chats(id, w); });
    auto r = co_await list_of(c, std::move(source));
    if (!links.empty() && r.status == 200) r.headers.add("Link", links);
    co_return r;
}

awaitable<http::response> create_chat(call c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    if (const auto wrong = precondition_problem(c.request)) {
        const auto app = co_await c.services.ledger.find_app(*token);
        co_return refuse_if_found(c, app, *wrong);
    }
    // There are no parameters, but a malformed body is refused here too.
    const auto reading = [&c] { return fields::read(c, {}); };
    auto read = parse_inline(c, reading);
    if (!read) read.emplace(co_await run_on(c.services.thread_pool, reading));
    if (!*read) co_return refuse(c, read->error());
    const core::create_chat payload{*token};
    const auto key = read_idempotency_key(c.request, payload);
    if (!key) co_return refuse(c, key.error());

    const core::command command{core::make_job_id(), *key, payload};
    const auto outcome = co_await create(c, command);
    if (!outcome) co_return refuse(c, outcome.error());
    if (!*outcome) co_return accepted();
    const auto& command_result = **outcome;
    if (const auto* seen = std::get_if<core::replayed>(&command_result)) {
        const core::chat_number number(seen->number);
        const auto found = co_await c.services.ledger.find_chat(*token, number);
        if (!found) co_return refuse(c, found.error());
        co_return created(c, path_to(*token, number), json_of(*found), creation_outcome::replayed);
    }
    const auto& answer = std::get<core::created>(command_result);
    const core::chat made{{}, core::chat_number(answer.number), 0, 0, answer.at, answer.at};
    co_return created(c, path_to(*token, made.number), json_of(made), creation_outcome::created);
}

awaitable<http::response> show_chat(call c) {
    const auto path = chat_path::parse(c);
    if (!path) co_return not_found(c);
    const auto found = co_await c.services.ledger.find_chat(path->app, path->chat);
    if (!found) co_return refuse(c, found.error());
    co_return http::json_response(200, json_of(*found));
}

}  // namespace confab::api
