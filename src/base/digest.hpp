// SHA-256 (FIPS 180-4) over a sequence of fields, each preceded by its length, so that ("ab","c") differs from
// ("a","bc").
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace confab {

using digest = std::array<std::byte, 32>;

digest digest_of(std::initializer_list<std::string_view> fields);

}  // namespace confab
