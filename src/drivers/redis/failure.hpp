// Why there is no connection to Redis.
#pragma once

#include <string>

namespace confab::redis {

struct failure {
    enum class kind {
        unreachable,  // no answer, or the server asks to retry later: it may pass by itself
        refused,      // the server refuses the login or a command: it stays until somebody changes a setting
        no_primary,   // a replica or a Sentinel: neither accepts writes
    };

    kind type = kind::unreachable;
    std::string reason;  // part of a sentence; quotes the server's text

    bool is_permanent() const { return type != kind::unreachable; }
};

// The failure of a name that resolves to several servers: both reasons. The kind is the one that an operator can act
// on.
failure joined(failure one, const failure& other);

// The failure that the text of a server's refusal means.
failure failure_of(std::string words);

}  // namespace confab::redis
