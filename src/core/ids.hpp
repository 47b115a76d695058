// Identifiers of apps, chats, messages and writes. Clients see numbers and tokens. Ids are internal to the ledger, and
// clients never see them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/number.hpp"

namespace confab::core {

using app_id = number<struct app_id_tag>;
using chat_id = number<struct chat_id_tag>;
using chat_number = number<struct chat_number_tag>;
using message_number = number<struct message_number_tag>;

// Chats of an app, messages of a chat and changes of a chat are counted in 32 bits, so that (chat, number) fits one
// 64-bit key.
inline constexpr std::uint64_t number_max = 0xffff'ffff;

// A number in a path: digits without a leading zero, 1 to number_max.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    if (text.empty() || text.size() > 10 || text[0] == '0') return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (value > number_max) return std::nullopt;
    return Number(value);
}

// An app's public identifier: 24 characters of the base-58 alphabet (140 bits) from the operating system's generator.
// Case-sensitive. parse() accepts 24 of any ASCII letters and digits.
class app_token {
public:
    static constexpr std::size_t length = 24;

    static std::optional<app_token> parse(std::string_view text);
    static app_token make();

    std::string_view text() const { return {text_.data(), text_.size()}; }

    friend bool operator==(const app_token&, const app_token&) = default;

private:
    app_token() = default;

    std::array<char, length> text_{};
};

// The permanent id of one write: 128 random bits.
using job_id = std::array<std::byte, 16>;
job_id make_job_id();

}  // namespace confab::core

template <>
struct std::hash<confab::core::app_token> {
    std::size_t operator()(const confab::core::app_token& token) const noexcept {
        return std::hash<std::string_view>{}(token.text());
    }
};
