// Builders of commands for tests.
#pragma once

#include <string>

#include "core/command.hpp"

namespace confab::testing {

template <class Text>
Text valid(std::string text) {
    return *Text::parse(std::move(text));
}

inline std::optional<core::idempotency_key> key(std::string_view name, std::string_view payload) {
    return core::idempotency_key{digest_of({name}), digest_of({payload})};
}

template <class Payload>
core::command command(Payload payload, std::optional<core::idempotency_key> k = std::nullopt) {
    return {core::make_job_id(), std::move(k), std::move(payload)};
}

inline core::create_app new_app(const core::app_token& token, std::string name) {
    return {token, valid<core::app_name>(std::move(name))};
}

inline core::create_message new_message(const core::app_token& app, std::uint64_t chat, std::string content) {
    return {app, core::chat_number(chat), valid<core::message_content>(std::move(content)), {}, {}};
}

inline core::edit_message edit(const core::app_token& app, std::uint64_t chat, std::uint64_t message,
                               std::string content) {
    return {app,
            core::chat_number(chat),
            core::message_number(message),
            valid<core::message_content>(std::move(content)),
            {}};
}

}  // namespace confab::testing
