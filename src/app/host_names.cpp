#include "app/host_names.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "app/options.hpp"
#include "base/trimmed.hpp"

namespace confab::app {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool may_be_in_a_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string host_name(std::string_view text) {
    std::string name(text);
    std::ranges::transform(name, name.begin(), lower);
    if (name.ends_with('.')) name.pop_back();
    const bool is_valid = !name.empty() && !name.starts_with('.') && std::ranges::all_of(name, may_be_in_a_name);
    if (is_valid) return name;
    throw usage_error(fmt::format(
        "allowed-hosts has '{}': it takes names like chat.example, separated by commas, without port or wildcard",
        text));
}

}  // namespace

std::vector<std::string> parse_host_names(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        if (const auto item = trimmed(text.substr(0, comma)); !item.empty()) names.push_back(host_name(item));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return names;
}

}  // namespace confab::app
