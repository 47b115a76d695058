// What tells a retry from another request with the same Idempotency-Key: a digest of what the command creates, but for
// the token that a new app is given.
//
// JSON objects are unordered, so metadata counts in its canonical form. Version 0.1.0 took it as it was sent. What it
// kept is recognised by the second digest, and nodes and workers of both versions understand each other by carrying
// both (queue/redis/entry.proto).
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
