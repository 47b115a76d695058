// Random texts in base 58: letters and digits without 0, O, I and l, which people mix up.
#pragma once

#include <span>
#include <string_view>

namespace confab::core {

// Fills `out` with characters of the alphabet. Every character is equally likely. Aborts as fill_random() does.
void fill_with_random_text(std::span<char> out);

// Whether all characters are ASCII letters and digits.
bool is_alphanumeric(std::string_view text);

}  // namespace confab::core
