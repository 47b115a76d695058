// SHA-256 (FIPS 180-4) of a sequence of fields. The length of each field is hashed before it, so ("ab","c") and
// ("a","bc") differ.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace confab {

using digest = std::array<std::byte, 32>;

digest digest_of(std::initializer_list<std::string_view> fields);

}  // namespace confab
