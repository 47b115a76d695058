// Numbers as text.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace confab {

// Why not a format string: every response contains numbers, and parsing the format costs time.
inline void append_number(std::string& out, std::uint64_t value, int base = 10) {
    char digits[64];  // in base 2
    out.append(digits, std::to_chars(std::begin(digits), std::end(digits), value, base).ptr);
}

// Whether the text is one or more ASCII digits.
inline bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace confab
