#include "drivers/redis/login.hpp"

#include "drivers/redis/role.hpp"

namespace confab::redis {
namespace {

// Whether only this command is refused: for this user, by this server, or because it was renamed.
bool is_about_command(const failure& f) {
    return f.reason.starts_with("NOPERM") || f.reason.starts_with("ERR unknown command");
}

std::optional<failure> refusal_in(const connection& on, const result<reply>& answer) {
    if (!answer) return on.is_open() ? failure{failure::kind::unreachable, "no reply in time"} : on.why();
    if (answer->is_error()) return failure_of(answer->text);
    return std::nullopt;
}

awaitable<std::optional<failure>> authenticate(connection& on, const client_options& options) {
    const auto& where = options.where;
    if (where.password.empty()) co_return std::nullopt;
    arguments command{"AUTH", where.password};
    if (!where.user.empty()) command.insert(command.begin() + 1, where.user);
    const auto answer = co_await on.execute(command, options.reply_timeout);
    co_return refusal_in(on, answer);
}

awaitable<login> find_primary(connection& on, const client_options& options) {
    for (std::size_t i = 0; i < role_commands_count; ++i) {
        const auto& command = role_command(i);
        const auto answer = co_await on.execute(command, options.reply_timeout);
        auto refusal = refusal_in(on, answer);
        if (refusal && is_about_command(*refusal)) continue;
        if (!refusal) refusal = failure_of(parse_role(*answer));
        co_return login{std::move(refusal), &command};
    }
    co_return login{};
}

awaitable<std::optional<failure>> choose_database(connection& on, const client_options& options) {
    if (options.where.path.empty()) co_return std::nullopt;
    const arguments choose{"SELECT", options.where.path};
    const auto answer = co_await on.execute(choose, options.reply_timeout);
    co_return refusal_in(on, answer);
}

}  // namespace

awaitable<login> log_in(connection& on, const client_options& options) {
    auto refused = co_await authenticate(on, options);
    if (refused) co_return login{std::move(refused), nullptr};
    auto found = co_await find_primary(on, options);
    if (found.refusal) co_return found;
    found.refusal = co_await choose_database(on, options);
    co_return found;
}

awaitable<std::optional<failure>> subscribe_on(connection& on, const std::string& channel,
                                               const client_options& options) {
    const arguments subscribe{"SUBSCRIBE", channel};
    const auto answer = co_await on.execute(subscribe, options.reply_timeout);
    co_return refusal_in(on, answer);
}

}  // namespace confab::redis
