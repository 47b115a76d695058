// multipart/form-data (RFC 7578): the text parts of a form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/percent.hpp"

namespace confab::http {

// The named parts in order, without files (parts with a filename). `content_type` is the complete field value, which
// contains the boundary. Nothing: the body is malformed, or there is no valid boundary.
std::optional<pairs> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace confab::http
