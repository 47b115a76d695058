// Percent-encoding (RFC 3986, 2.1) and HTML forms' variant of it, where '+' stands for a space.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace confab::http {

enum class plus { stays, is_space };

// Nothing when a '%' is not followed by two hexadecimal digits. Other bytes, also raw ones beyond ASCII, stand for
// themselves.
std::optional<std::string> percent_decode(std::string_view text, plus how);

// Everything but RFC 3986's unreserved characters encoded: fit for any part of a URL.
std::string percent_encode(std::string_view text);

// The pairs of `a=1&b=2`, in order, as a query string or a form body has them.
using pairs = std::vector<std::pair<std::string, std::string>>;
std::optional<pairs> parse_form(std::string_view text);

}  // namespace confab::http
