// Writes JSON directly into a response's text. Keeps a client's JSON as sent: numbers of any size and precision,
// members in their order. Removes only white space between tokens.
#pragma once

#include <string>
#include <string_view>

namespace confab::http {

// White space between tokens (RFC 8259, 2).
inline bool is_json_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Appends `text` as a JSON string (RFC 8259, 7), quotes included. REQUIRES: valid UTF-8.
void append_json(std::string& out, std::string_view text);

// The same JSON without white space between tokens. REQUIRES: JSON, checked by a parser.
std::string compact_json(std::string_view text);

}  // namespace confab::http
