// Writing JSON straight into a response's text, and keeping a client's JSON as the client wrote it: numbers of any size
// and precision, members in their order. Only white space between tokens is dropped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace confab::http {

// Appends `text` as a JSON string (RFC 8259, 7), quotes included. REQUIRES: valid UTF-8.
void append_json(std::string& out, std::string_view text);

// The value of a member of the object `text`, as it stands there; of several with that name the last. Nothing when
// there is none. REQUIRES: a JSON object, checked by a parser.
std::optional<std::string_view> raw_member(std::string_view text, std::string_view name);

// The same JSON without white space between tokens. REQUIRES: JSON, checked by a parser.
std::string compact_json(std::string_view text);

}  // namespace confab::http
