// Where a proxy shows the API, when it is not at the root of its host.
#pragma once

#include <string>

namespace confab::app {

// What stands before the paths of Location and Link: like /chat, or nothing. A '/' at the end is dropped. Throws
// usage_error.
std::string parse_base_path(std::string text);

}  // namespace confab::app
