// Elements of header fields (RFC 9110, 5.6), such as `gzip;q=0.5, br` and `form-data; name="a"`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace confab::http {

// Removes the next element from the front of a comma-separated list, and returns it with the white space around it.
// Commas in quoted strings separate nothing. An element may be empty.
std::string_view take_element(std::string_view& list);

// The parts of an element: `name` or `name=value`, separated by semicolons.
using header_parts = std::vector<std::pair<std::string, std::string>>;

// Values are without quotes. A name without a value has an empty one. Nothing: the element is empty, or a part is not
// well-formed, such as `q=`, or a value with a slash that is not quoted.
std::optional<header_parts> parse_header_parts(std::string_view element);

}  // namespace confab::http
