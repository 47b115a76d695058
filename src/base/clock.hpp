// Wall-clock time: microseconds since 1970-01-01T00:00:00Z inside, RFC 3339 with milliseconds outside.
#pragma once

#include <cstdint>
#include <string>

namespace confab {

struct timestamp {
    std::int64_t us = 0;

    friend constexpr auto operator<=>(timestamp, timestamp) = default;
};

timestamp now();

// Appends like 2026-01-31T23:59:59.123Z. REQUIRES: a year of four digits.
void append_rfc3339(std::string& out, timestamp at);

// For HTTP's Date header (RFC 9110, 5.6.7), like Sat, 31 Jan 2026 23:59:59 GMT.
std::string http_date(timestamp at);

}  // namespace confab
