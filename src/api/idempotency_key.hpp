// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): a structured string in quotes, or a bare one.
#pragma once

#include <optional>

#include "core/fingerprint.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace confab::api {

inline constexpr std::size_t idempotency_key_length_max = 255;

// The digest of the request's key. Nothing: it has none. Errors: malformed.
http::expected<std::optional<digest>> read_key_hash(const http::request& r);

// The key of a creation. Nothing: the request has none. Errors: malformed.
template <class Payload>
http::expected<std::optional<core::idempotency_key>> read_idempotency_key(const http::request& r,
                                                                          const Payload& payload) {
    auto read = read_key_hash(r);
    if (!read) return read.error();
    const auto& key_hash = *read;
    return key_hash ? std::optional(core::make_idempotency_key(*key_hash, payload)) : std::nullopt;
}

}  // namespace confab::api
