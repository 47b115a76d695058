// Writing JSON: what our objects need, straight into the response's text.
#pragma once

#include <string>
#include <string_view>

namespace confab::http {

// Appends `text` as a JSON string (RFC 8259, 7), quotes included. REQUIRES: valid UTF-8.
void append_json(std::string& out, std::string_view text);

}  // namespace confab::http
