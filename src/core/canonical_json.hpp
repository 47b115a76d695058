// One text for all JSON texts that say the same: what RFC 8785 makes of one, but numbers stay as they were written,
// since clients get them back so, and members with the same name stay in their order.
#pragma once

#include <string>
#include <string_view>

namespace confab::core {

// Members in the order of their names' UTF-16 code units, strings with as few escapes as possible, no white space. Of
// what is not JSON, or is nested deeper than 1000 levels: the text as it is.
std::string canonical_json(std::string_view text);

}  // namespace confab::core
