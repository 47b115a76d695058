// The Prefer header (RFC 7240), as far as this server supports it.
#pragma once

#include <chrono>

#include "http/message.hpp"

namespace confab::http {

struct preference {
    bool respond_async = false;
    std::chrono::seconds wait{0};  // at most a minute
};

// Ignores unknown and malformed preferences.
preference preference_of(const request& r);

}  // namespace confab::http
