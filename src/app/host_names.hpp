// The names that a server without authentication accepts in Host, besides localhost: the option allowed-hosts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace confab::app {

// Names separated by commas, without port; in lower case, without a dot at the end. Throws usage_error.
std::vector<std::string> parse_host_names(std::string_view text);

}  // namespace confab::app
