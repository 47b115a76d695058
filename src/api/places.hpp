// What a path names, once its parts are known to be a token and numbers.
#pragma once

#include <optional>

#include "api/routes.hpp"

namespace confab::api {

struct chat_place {
    core::app_token app;
    core::chat_number chat;

    static std::optional<chat_place> parse(const call& c) {
        const auto app = core::app_token::parse(c.app());
        const auto chat = core::parse_number<core::chat_number>(c.chat());
        if (!app || !chat) return std::nullopt;
        return chat_place{*app, *chat};
    }
};

struct message_place {
    core::app_token app;
    core::chat_number chat;
    core::message_number message;

    static std::optional<message_place> parse(const call& c) {
        const auto in = chat_place::parse(c);
        const auto message = core::parse_number<core::message_number>(c.message());
        if (!in || !message) return std::nullopt;
        return message_place{in->app, in->chat, *message};
    }
};

}  // namespace confab::api
