// Formats numbers. Why not a format string: every response contains numbers, and parsing the format costs time.
#pragma once

#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>

namespace confab {

inline void append_number(std::string& out, std::uint64_t value, int base = 10) {
    char digits[20];
    out.append(digits, std::to_chars(std::begin(digits), std::end(digits), value, base).ptr);
}

}  // namespace confab
