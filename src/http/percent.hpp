// Percent-encoding (RFC 3986, 2.1) and its variant in HTML forms, where '+' means a space.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace confab::http {

enum class plus { stays, is_space };

// Nothing: a '%' is not followed by two hexadecimal digits. All other bytes stay as they are, also non-ASCII ones.
std::optional<std::string> percent_decode(std::string_view text, plus how);

// Encodes everything except RFC 3986's unreserved characters. The result fits any part of a URL.
std::string percent_encode(std::string_view text);

// The pairs of `a=1&b=2`, in order. Query strings and form bodies have this format.
using pairs = std::vector<std::pair<std::string, std::string>>;
std::optional<pairs> parse_form(std::string_view text);

}  // namespace confab::http
