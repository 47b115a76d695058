// HTTP dates (RFC 9110, 5.6.7). Their resolution is one second.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace confab {

// Formats a date like Sat, 31 Jan 2026 23:59:59 GMT.
std::string http_date(timestamp at);

// Parses any of HTTP's three formats. Nothing: another format, or not a day of the calendar. A two-digit year is in the
// century of `today`, or in the one before if it would be more than 50 years ahead.
std::optional<timestamp> parse_http_date(std::string_view text, timestamp today);

}  // namespace confab
