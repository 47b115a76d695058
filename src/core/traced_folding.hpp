// Folding that records the origin of each code point.
#pragma once

#include <string_view>
#include <vector>

#include "core/normalization.hpp"

namespace confab::core {

// The code points of fold(text). REQUIRES: valid UTF-8.
std::vector<normalization::traced_code_point> traced_fold(std::string_view text);

}  // namespace confab::core
