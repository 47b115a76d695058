#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "api/lists.hpp"
#include "api/retry.hpp"

namespace confab::api {
namespace {

constexpr std::string_view names[] = {"name"};

awaitable<http::response> replayed_app(call& c, core::app_id id) {
    const auto found = co_await c.parts.ledger.find_app(id);
    if (!found) co_return refuse(c, found.error());
    co_return created(path_to(found->token), json_of(*found), novelty::replayed);
}

}  // namespace

awaitable<http::response> list_apps(call& c) {
    const auto last = co_await c.parts.ledger.last_app();
    if (!last) co_return refuse(c, last.error());
    slice_source<core::app> source = [&ledger = c.parts.ledger, after = core::app_id(),
                                      last = *last]() mutable -> awaitable<result<slice<core::app>>> {
        auto rows = co_await ledger.apps(after, last);
        if (!rows) co_return rows.error();
        if (!rows->empty()) after = rows->back().id;
        co_return slice<core::app>{std::move(*rows), after == last};
    };
    co_return co_await whole_list(c, std::move(source));
}

awaitable<http::response> create_app(call& c) {
    auto read = fields::read(c, names);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    auto& given = std::get<fields>(read);
    auto name = given.required<core::app_name>("name");
    if (const auto wrong = given.refusal()) co_return refuse(c, *wrong);
    const auto key = read_retry_key(c.request, {"app", name->text()});
    if (const auto* wrong = std::get_if<http::problem>(&key)) co_return refuse(c, *wrong);

    const core::create_app wish{core::app_token::make(), std::move(*name)};
    const core::command command{core::make_job_id(), std::get<0>(key), wish};
    const auto outcome = co_await c.parts.queue.submit(command);
    if (!outcome) co_return refuse(c, outcome.error());
    if (const auto* seen = std::get_if<core::replayed>(&*outcome)) {
        co_return co_await replayed_app(c, core::app_id(seen->number));
    }
    const auto at = std::get<core::created>(*outcome).at;
    const core::app made{{}, wish.token, wish.name.text(), 0, at, at};
    co_return created(path_to(made.token), json_of(made), novelty::created);
}

awaitable<http::response> show_app(call& c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    const auto found = co_await c.parts.ledger.find_app(*token);
    if (!found) co_return refuse(c, found.error());
    co_return http::json_response(200, json_of(*found));
}

awaitable<http::response> rename_app(call& c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    auto read = fields::read(c, names);
    if (const auto* wrong = std::get_if<http::problem>(&read)) co_return refuse(c, *wrong);
    auto& given = std::get<fields>(read);
    auto name = given.required<core::app_name>("name");
    if (const auto wrong = given.refusal()) co_return refuse(c, *wrong);

    const core::command command{core::make_job_id(), std::nullopt, core::rename_app{*token, std::move(*name)}};
    const auto outcome = co_await c.parts.queue.submit(command);
    if (!outcome) co_return refuse(c, outcome.error());
    co_return http::json_response(200, json_of(std::get<core::app>(*outcome)));
}

}  // namespace confab::api
