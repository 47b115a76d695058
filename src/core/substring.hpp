// Substring search by bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace confab::core {

// The first match at or after `from`; npos: no match.
std::size_t find_substring(std::string_view text, std::string_view wanted, std::size_t from);

}  // namespace confab::core
