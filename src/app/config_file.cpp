#include "app/config_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/byte_order_mark.hpp"
#include "base/file.hpp"
#include "base/trimmed.hpp"

namespace confab::app {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view white_space = " \t\r";

bool is_quote(char c) {
    return c == '"' || c == '\'';
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

// Whether a '#' or ';' follows white space, like a comment.
bool may_hold_comment(std::string_view value) {
    for (auto at = value.find_first_of("#;"); at != npos; at = value.find_first_of("#;", at + 1))
        if (at == 0 || white_space.find(value[at - 1]) != npos) return true;
    return false;
}

// Why a value is invalid; empty if it is valid.
std::optional<std::string_view> fault_of(std::string_view value) {
    if (value.empty() || !is_quote(value.front())) {
        if (!may_hold_comment(value)) return std::nullopt;
        return "a '#' or ';' after a space: put a value that contains it in quotes, and a comment on a line of its own";
    }
    if (value.size() < 2 || value.back() != value.front())
        return "the value begins with a quote, but does not end with it";
    if (value.find(value.front(), 1) != value.size() - 1)
        return "the value contains its own quotes: use the other kind around it";
    return std::nullopt;
}

std::string_view unquoted(std::string_view value) {
    return value.empty() || !is_quote(value.front()) ? value : value.substr(1, value.size() - 2);
}

std::string text_of(const std::string& path) {
    const auto fail = [&](std::string_view why) { return usage_error(fmt::format("config file {}: {}", path, why)); };
    std::error_code ignored;  // open() reports it
    if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
        throw fail("is not a regular file");
    const auto opened = file::open(path, file::access::read);
    if (!opened) throw fail(opened.error().message());
    auto text = opened->read_all();
    if (!text) throw fail(text.error().message());
    return std::move(*text);
}

}  // namespace

usage_error wrong_line(const std::string& path, std::size_t line, std::string_view why) {
    return usage_error(fmt::format("config file {}, line {}: {}", path, line, why));
}

std::vector<config_line> read_config_file(const std::string& path) {
    const auto text = text_of(path);
    auto rest = without_byte_order_mark(text);
    std::vector<config_line> found;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = trimmed(rest.substr(0, end), white_space);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (std::ranges::any_of(line, is_control))
            throw wrong_line(path, number, "has a control character (is the file UTF-8?)");
        const auto equals = line.find('=');
        if (equals == npos) throw wrong_line(path, number, "is not `name = value`");
        const auto value = trimmed(line.substr(equals + 1), white_space);
        if (const auto fault = fault_of(value)) throw wrong_line(path, number, *fault);
        found.push_back(
            {std::string(trimmed(line.substr(0, equals), white_space)), std::string(unquoted(value)), number});
    }
    return found;
}

std::string read_secret_file(std::string_view variable, const std::string& path) {
    std::ifstream file(path);
    std::string line;
    // The path is not shown: it may be the secret, given to this variable instead of the one without _FILE.
    if (!std::getline(file, line)) throw usage_error(fmt::format("{} names a file that cannot be read", variable));
    return std::string(trimmed(without_byte_order_mark(line), white_space));
}

}  // namespace confab::app
