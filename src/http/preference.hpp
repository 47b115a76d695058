// The Prefer header (RFC 7240): what a client would like, as far as it is known here.
#pragma once

#include <chrono>

#include "http/message.hpp"

namespace confab::http {

struct preference {
    bool respond_async = false;
    std::chrono::seconds wait{0};  // at most a minute
};

// What is not known, or not well-formed, is no preference.
preference preference_of(const request& r);

}  // namespace confab::http
