// Why there is no connection to Redis.
#pragma once

#include <string>

namespace confab::redis {

struct failure {
    enum class kind {
        unreachable,  // nothing answers, or the server asks to come back later: it may pass by itself
        refused,      // the server refuses the login or a command: it stays until somebody changes a setting
        no_primary,   // a replica or a Sentinel, which take no writes
    };

    kind type = kind::unreachable;
    std::string reason;  // part of a sentence; what the server said is in its own words

    bool is_permanent() const { return type != kind::unreachable; }
};

// Of two servers that one name leads to: both reasons, and what an operator can do something about.
failure joined(failure one, const failure& other);

// What a server that refuses with these words means.
failure failure_of(std::string words);

}  // namespace confab::redis
