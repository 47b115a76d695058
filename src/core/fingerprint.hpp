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

fingerprints fingerprints_of(const create_app& wish);
fingerprints fingerprints_of(const create_chat& wish);
fingerprints fingerprints_of(const create_message& wish);

template <class Wish>
retry_key make_retry_key(const digest& key_hash, const Wish& wish) {
    const auto of_wish = fingerprints_of(wish);
    return {key_hash, of_wish.canonical, of_wish.as_sent};
}

}  // namespace confab::core
