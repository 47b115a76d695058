// The version of fold(), for stores that keep folded texts.
#pragma once

#include <string_view>

namespace confab::core {

// Two programs have different versions if they may fold the same text to different bytes.
std::string_view folding_version();

}  // namespace confab::core
