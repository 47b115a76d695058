// The parameters of a path, parsed. Nothing: one of them is not a valid token or number, so the resource does not exist
// (404).
#pragma once

#include <optional>

#include "api/routes.hpp"

namespace confab::api {

struct chat_path {
    core::app_token app;
    core::chat_number chat;

    static std::optional<chat_path> parse(const call& c) {
        const auto app = core::app_token::parse(c.app());
        const auto chat = core::parse_number<core::chat_number>(c.chat());
        if (!app || !chat) return std::nullopt;
        return chat_path{*app, *chat};
    }
};

struct message_path {
    core::app_token app;
    core::chat_number chat;
    core::message_number message;

    static std::optional<message_path> parse(const call& c) {
        const auto in = chat_path::parse(c);
        const auto message = core::parse_number<core::message_number>(c.message());
        if (!in || !message) return std::nullopt;
        return message_path{in->app, in->chat, *message};
    }
};

}  // namespace confab::api
