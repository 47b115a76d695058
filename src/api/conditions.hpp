// Conditional requests (RFC 9110, 13.1): If-Match and If-None-Match over the versions of a message.
#pragma once

#include <optional>
#include <variant>

#include "core/command.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::api {

// If-Match: the versions named by its strong tags; nothing for `*` or without the header. Errors: malformed.
std::variant<core::version_condition, http::problem> read_if_match(const http::request& r);

// Whether If-None-Match names this version (or any), so that the answer is 304. Errors: malformed.
std::variant<bool, http::problem> is_known_to_client(const http::request& r, std::uint64_t version);

}  // namespace confab::api
