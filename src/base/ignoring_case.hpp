// Compares names of HTTP and MIME, in which the case of ASCII letters does not count. Why not Beast's iequals: where
// two texts differ in case only, that of Boost 1.83 reads a byte behind each.
#pragma once

#include <algorithm>
#include <string_view>

namespace confab {

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

}  // namespace confab
