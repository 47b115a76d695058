// How fold() folds, for those who keep what it made.
#pragma once

#include <string_view>

namespace confab::core {

// It differs between two programs if the same text may fold to different bytes in them.
std::string_view folding_version();

}  // namespace confab::core
