// Wall-clock time. The program uses microseconds since 1970-01-01T00:00:00Z. Clients see RFC 3339 with milliseconds.
#pragma once

#include <cstdint>
#include <string>

namespace confab {

struct timestamp {
    std::int64_t us = 0;

    friend constexpr auto operator<=>(timestamp, timestamp) = default;
};

timestamp now();

// Appends a time like 2026-01-31T23:59:59.123Z. REQUIRES: the year has four digits.
void append_rfc3339(std::string& out, timestamp at);

}  // namespace confab
