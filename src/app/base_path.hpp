// The path under which a proxy publishes the API.
#pragma once

#include <string>

namespace confab::app {

// The prefix of the paths in Location and Link: like /chat, or empty. Removes a '/' at the end. Throws usage_error.
std::string parse_base_path(std::string text);

}  // namespace confab::app
