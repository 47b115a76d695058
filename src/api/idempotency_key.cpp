#include "api/idempotency_key.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace confab::api {
namespace {

bool is_printable(char c) {
    return c >= ' ' && c < 127;
}

// The text between the quotes, without escapes (RFC 8941, 3.3.3). Nothing: malformed.
std::optional<std::string> unquoted(std::string_view text) {
    if (text.size() < 2 || text.back() != '"') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::string key;
    bool is_escaped = false;
    for (const char c : text) {
        const bool needs_escape = c == '"' || c == '\\';
        if (is_escaped && !needs_escape) return std::nullopt;
        if (!is_escaped && c == '"') return std::nullopt;
        is_escaped = !is_escaped && c == '\\';
        if (!is_escaped) key += c;
    }
    if (is_escaped) return std::nullopt;
    return key;
}

}  // namespace

http::expected<std::optional<digest>> read_key_hash(const http::request& r) {
    const auto given = r.find("Idempotency-Key");
    if (!given) return std::nullopt;
    if (r.count("Idempotency-Key") > 1) return http::problem{http::problem_kind::malformed, "send one Idempotency-Key"};
    const auto key = given->starts_with('"') ? unquoted(*given) : std::string(*given);
    if (!key || key->empty() || key->size() > idempotency_key_length_max || !std::ranges::all_of(*key, is_printable)) {
        return http::problem{
            http::problem_kind::malformed,
            fmt::format("Idempotency-Key must have 1 to {} printable ASCII characters", idempotency_key_length_max)};
    }
    return digest_of({*key});
}

}  // namespace confab::api
