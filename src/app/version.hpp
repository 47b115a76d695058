// The version of the program.
#pragma once

#include <string>

namespace confab::app {

// Like: confab 0.1.0 (0123456789ab), with the commit of the build; `-dirty` if the work tree had changes.
std::string version_line();

}  // namespace confab::app
