// multipart/form-data (RFC 7578): the text parts of a form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/percent.hpp"

namespace confab::http {

// The named parts in order, files (parts with a filename) left out. Nothing when the body is not well-formed.
// `content_type` is the whole header, which names the boundary.
std::optional<pairs> parse_multipart(std::string_view content_type, std::string_view body);

// A parameter of a header like `form-data; name="a b"`: unquoted, or nothing when it is not there.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

}  // namespace confab::http
