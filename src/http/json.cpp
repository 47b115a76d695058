#include "http/json.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/hex.hpp"
#include "base/require.hpp"
#include "http/json_members.hpp"

namespace confab::http {
namespace {

void append_escape(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    out += "\\u00";
    append_hex(out, std::as_bytes(std::span(&c, 1)));
}

bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

// Whether all eight bytes are plain. Each term sets the high bit of the bytes that are below 0x20, '"' or '\\', at
// least of the first one (https://graphics.stanford.edu/~seander/bithacks.html, "Determine if a word has a byte less
// than n").
bool are_plain(std::uint64_t bytes) {
    constexpr std::uint64_t ones = 0x0101010101010101ULL, high = 0x8080808080808080ULL;
    const auto below = [](std::uint64_t x, std::uint64_t n) { return (x - ones * n) & ~x; };
    const auto quotes = bytes ^ (ones * '"');
    const auto slashes = bytes ^ (ones * '\\');
    return ((below(bytes, 0x20) | below(quotes, 1) | below(slashes, 1)) & high) == 0;
}

// The number of leading plain bytes. Up to seven of them may not be counted.
std::size_t plain_prefix(std::string_view text) {
    std::size_t i = 0;
    for (std::uint64_t word; i + sizeof word <= text.size(); i += sizeof word) {
        std::memcpy(&word, text.data() + i, sizeof word);
        if (!are_plain(word)) break;
    }
    return i;
}

// Whether the parser accepts it. It verifies the UTF-8 of strings, too.
bool is_json(std::string_view text) {
    constexpr std::size_t depth_max = 1000;  // the largest --json-depth-max
    boost::system::error_code fault;
    boost::json::parse(text, fault, {}, parse_options_for(depth_max));
    return !fault;
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    const auto begin = out.size();
    out += '"';
    std::size_t plain_from = 0;
    for (std::size_t i = plain_prefix(text); i < text.size(); ++i) {
        if (is_plain(text[i])) continue;
        out.append(text, plain_from, i - plain_from);
        append_escape(out, text[i]);
        plain_from = i + 1;
        i += plain_prefix(text.substr(plain_from));
    }
    out.append(text, plain_from);
    out += '"';
    require_costly([&] { return is_json(std::string_view(out).substr(begin)); }, "only valid UTF-8 is text of JSON");
}

std::string compact_json(std::string_view text) {
    require_costly([&] { return is_json(text); }, "only JSON can be made compact");
    std::string compact;
    compact.reserve(text.size());
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string || !is_json_space(c)) compact += c;
        if (in_string && c == '\\') compact += text[++i];
    }
    return compact;
}

}  // namespace confab::http
