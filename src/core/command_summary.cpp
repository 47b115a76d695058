#include "core/command_summary.hpp"

#include <fmt/core.h>

#include "base/overloaded.hpp"

namespace confab::core {
namespace {

std::string_view kind_of(const command& c) {
    return std::visit(
        overloaded{
            [](const create_app&) { return "create_app"; }, [](const rename_app&) { return "rename_app"; },
            [](const create_chat&) { return "create_chat"; }, [](const create_message&) { return "create_message"; },
            [](const edit_message&) { return "edit_message"; }, [](const delete_message&) { return "delete_message"; },
            [](const unreadable&) { return "unreadable"; }},
        c.payload);
}

}  // namespace

command_summary summary_of(const command& c) {
    command_summary s{kind_of(c)};
    const auto add = [&s](const auto& payload) {
        if constexpr (requires { payload.token; }) s.app = payload.token.text();
        if constexpr (requires { payload.app; }) s.app = payload.app.text();
        if constexpr (requires { payload.chat; }) s.chat = payload.chat.value();
        if constexpr (requires { payload.message; }) s.message = payload.message.value();
    };
    std::visit(add, c.payload);
    return s;
}

std::string to_text(const command_summary& s) {
    std::string text(s.kind);
    if (!s.app.empty()) text += fmt::format(", app {}", s.app);
    if (s.chat != 0) text += fmt::format(", chat {}", s.chat);
    if (s.message != 0) text += fmt::format(", message {}", s.message);
    return text;
}

}  // namespace confab::core
