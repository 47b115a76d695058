// The path under which a proxy publishes the API.
#pragma once

#include <string>

namespace confab::app {

// The prefix of the paths in Location and Link: like /chat, or empty. Removes one '/' at the end. Throws usage_error:
// the text is not an absolute path (RFC 3986, 3.3), has an empty segment, `.` or `..`, or is longer than 255 bytes.
std::string parse_base_path(std::string text);

}  // namespace confab::app
