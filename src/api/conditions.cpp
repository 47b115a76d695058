#include "api/conditions.hpp"

#include <algorithm>

#include "api/objects.hpp"

namespace confab::api {
namespace {

struct entity_tag {
    bool is_weak;
    std::string_view opaque;  // without its quotes
};

struct tags {
    bool any = false;  // `*`
    std::vector<entity_tag> named;
};

void skip(std::string_view& text, std::string_view what) {
    text.remove_prefix(std::min(text.find_first_not_of(what), text.size()));
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool is_tag_character(unsigned char c) {
    return c > ' ' && c != 127;
}

// Nothing when the list is not well-formed.
std::optional<tags> parse_tags(std::string_view text) {
    tags found;
    skip(text, " \t,");
    if (take(text, "*")) {
        found.any = true;
        skip(text, " \t");
        return text.empty() ? std::optional(found) : std::nullopt;
    }
    while (!text.empty()) {
        const bool is_weak = take(text, "W/");
        const auto end = take(text, "\"") ? text.find('"') : std::string_view::npos;
        if (end == std::string_view::npos || !std::ranges::all_of(text.substr(0, end), is_tag_character))
            return std::nullopt;
        found.named.push_back({is_weak, text.substr(0, end)});
        text.remove_prefix(end + 1);
        skip(text, " \t");
        if (!text.empty() && !take(text, ",")) return std::nullopt;
        skip(text, " \t,");
    }
    return found.named.empty() ? std::nullopt : std::optional(found);
}

http::problem malformed(std::string_view header) {
    return {http::problem_kind::malformed, std::string(header) + R"( takes tags like "3", "4" or *)"};
}

}  // namespace

std::variant<core::version_condition, http::problem> read_if_match(const http::request& r) {
    const auto given = r.list("If-Match");
    if (!given) return core::version_condition();
    const auto parsed = parse_tags(*given);
    if (!parsed) return malformed("If-Match");
    if (parsed->any) return core::version_condition();
    core::version_condition versions(std::in_place);
    for (const auto& tag : parsed->named) {
        const auto version = core::parse_number<number<struct version_tag>>(tag.opaque);
        if (version && !tag.is_weak) versions->push_back(version->value());  // a tag of another kind is of no version
    }
    return versions;
}

std::variant<bool, http::problem> is_known_to_client(const http::request& r, std::uint64_t version) {
    const auto given = r.list("If-None-Match");
    if (!given) return false;
    const auto parsed = parse_tags(*given);
    if (!parsed) return malformed("If-None-Match");
    const auto etag = etag_of(version);
    const auto opaque = std::string_view(etag).substr(1, etag.size() - 2);
    return parsed->any || std::ranges::any_of(parsed->named, [&](const auto& tag) { return tag.opaque == opaque; });
}

}  // namespace confab::api
