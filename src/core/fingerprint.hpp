// A fingerprint distinguishes a retry from another request with the same Idempotency-Key. It is a digest of the
// command's payload, without the token of a new app.
//
// JSON objects are unordered, so metadata is hashed in canonical form. Version 0.1.0 hashed it as it was sent. The
// second digest recognizes keys that version 0.1.0 stored. Commands carry both digests, so nodes and workers of both
// versions understand each other (queue/redis/entry.proto).
#pragma once

#include "core/command.hpp"

namespace confab::core {

struct fingerprints {
    digest canonical;
    digest as_sent;
};

fingerprints fingerprints_of(const create_app& payload);
fingerprints fingerprints_of(const create_chat& payload);
fingerprints fingerprints_of(const create_message& payload);

template <class Payload>
idempotency_key make_idempotency_key(const digest& key_hash, const Payload& payload) {
    const auto of_payload = fingerprints_of(payload);
    return {key_hash, of_payload.canonical, of_payload.as_sent};
}

}  // namespace confab::core
