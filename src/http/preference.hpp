// The Prefer header (RFC 7240), as far as this server supports it.
#pragma once

#include <chrono>

#include "http/message.hpp"

namespace confab::http {

struct preference {
    bool respond_async = false;
    std::chrono::seconds wait{0};  // 0: not given; more than a minute is reduced to a minute
};

// Ignores unknown and malformed preferences. The first one of a name counts (RFC 7240, 2).
preference preference_of(const request& r);

}  // namespace confab::http
