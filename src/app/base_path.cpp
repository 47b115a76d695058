#include "app/base_path.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "app/options.hpp"

namespace confab::app {
namespace {

constexpr std::size_t length_max = 255;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A segment of RFC 3986, 3.3. Clients would remove segments of dots. After an empty one, the next would be a host.
bool is_segment(std::string_view text) {
    constexpr std::string_view others = "-._~!$&'()*+,;=:@";
    if (text.empty() || text == "." || text == "..") return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
            i += 2;
            continue;
        }
        const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alphanumeric && others.find(c) == std::string_view::npos) return false;
    }
    return true;
}

}  // namespace

std::string parse_base_path(std::string text) {
    if (text.size() > length_max)
        throw usage_error(fmt::format("--base-path has {} characters: it is limited to {}", text.size(), length_max));
    if (text.ends_with('/')) text.pop_back();
    for (std::string_view left = text; !left.empty();) {
        const auto end = std::min(left.find('/', 1), left.size());
        if (left.front() != '/' || !is_segment(left.substr(1, end - 1)))
            throw usage_error(fmt::format("--base-path is '{}': it takes the path of a URL, like /chat", text));
        left.remove_prefix(end);
    }
    return text;
}

}  // namespace confab::app
