// Which confab this is.
#pragma once

#include <string>

namespace confab::app {

// Like: confab 0.1.0 (0123456789ab); the commit it was built from, `-dirty` when the tree differed.
std::string version_line();

}  // namespace confab::app
