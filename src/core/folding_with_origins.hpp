// Folding that records the origin of each code point: the byte offsets of the first and last characters of the text
// from which it was made.
#pragma once

#include <string_view>
#include <vector>

#include "core/normalization.hpp"

namespace confab::core {

// The code points of fold(text) (folding.hpp). REQUIRES: valid UTF-8. It must be shorter than 4 GiB.
std::vector<normalization::code_point_with_origin> fold_with_origins(std::string_view text);

}  // namespace confab::core
