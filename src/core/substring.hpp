// Where a text contains another, by the byte.
#pragma once

#include <cstddef>
#include <string_view>

namespace confab::core {

// The first place at or after `from`; npos: nowhere.
std::size_t find_substring(std::string_view text, std::string_view wanted, std::size_t from);

}  // namespace confab::core
