// Canonical JSON: equal JSON values get equal texts. Follows RFC 8785 with two exceptions. Numbers stay as written,
// because clients get them back that way. Members with the same name keep their order.
#pragma once

#include <string>
#include <string_view>

namespace confab::core {

// Sorts members by the UTF-16 code units of their names, escapes as few characters as possible, and removes white
// space. Returns the text unchanged if it is not JSON, or is nested deeper than 1000 levels.
std::string canonical_json(std::string_view text);

}  // namespace confab::core
