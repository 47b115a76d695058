// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): quoted as a structured string, or bare.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <variant>

#include "core/command.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::api {

inline constexpr std::size_t retry_key_length_max = 255;

// The key a request brings, with the digest of its parameters; nothing when it brings none. Errors: malformed.
std::variant<std::optional<core::retry_key>, http::problem> read_retry_key(
    const http::request& r, std::initializer_list<std::string_view> parameters);

}  // namespace confab::api
