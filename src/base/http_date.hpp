// Dates as HTTP writes them (RFC 9110, 5.6.7), to the second.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace confab {

// Like Sat, 31 Jan 2026 23:59:59 GMT.
std::string http_date(timestamp at);

// In any of the three forms; nothing when it is none of them, or no day of the calendar. A year of two digits is the
// nearest one that is not more than 50 years after `today`.
std::optional<timestamp> parse_http_date(std::string_view text, timestamp today);

}  // namespace confab
