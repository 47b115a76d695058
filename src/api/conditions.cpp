#include "api/conditions.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/http_date.hpp"
#include "base/require.hpp"
#include "http/gzip.hpp"

namespace confab::api {
namespace {

constexpr std::string_view if_match = "If-Match", if_none_match = "If-None-Match",
                           if_unmodified_since = "If-Unmodified-Since", if_modified_since = "If-Modified-Since";

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

// Nothing: malformed. Empty elements of a list are skipped (RFC 9110, 5.6.1.2).
std::optional<tag_list> parse_tags(std::string_view text) {
    tag_list found;
    skip(text, " \t");
    if (take(text, "*")) {
        found.any = true;
        skip(text, " \t");
        return text.empty() ? std::optional(found) : std::nullopt;
    }
    skip(text, " \t,");
    while (!text.empty()) {
        const bool is_weak = take(text, "W/");
        const auto end = take(text, "\"") ? text.find('"') : std::string_view::npos;
        if (end == std::string_view::npos || !std::ranges::all_of(text.substr(0, end), is_tag_character))
            return std::nullopt;
        found.tags.push_back({is_weak, std::string(text.substr(0, end))});
        text.remove_prefix(end + 1);
        skip(text, " \t");
        if (!text.empty() && !take(text, ",")) return std::nullopt;
        skip(text, " \t,");
    }
    return found;
}

enum class comparison { strong, weak };

// REQUIRES: `etag` is strong, like all tags of this server.
bool matches(const tag_list& list, std::string_view etag, comparison how) {
    if (list.any) return true;
    if (etag.empty()) return false;
    require(etag.size() >= 2 && etag.front() == '"', "a tag of this server is strong");
    const auto opaque = etag.substr(1, etag.size() - 2);
    return std::ranges::any_of(
        list.tags, [&](const auto& tag) { return tag.opaque == opaque && (how == comparison::weak || !tag.is_weak); });
}

// Reads a list of tags into `to`. Errors: malformed.
std::optional<http::problem> read_tags(const http::request& r, std::string_view header, std::optional<tag_list>& to) {
    const auto given = r.list(header);
    if (!given) return std::nullopt;
    to = parse_tags(*given);
    if (to) return std::nullopt;
    return http::problem{http::problem_kind::malformed, fmt::format(R"({} takes tags like "3", "4" or *)", header)};
}

std::optional<timestamp> read_date(const http::request& r, std::string_view header) {
    const auto given = r.count(header) == 1 ? r.find(header) : std::nullopt;
    return given ? parse_http_date(*given, now()) : std::nullopt;
}

bool is_read(const http::request& r) {
    return r.method == http::verb::get || r.method == http::verb::head;
}

http::problem precondition_failed(std::string_view header) {
    return {http::problem_kind::version_mismatch,
            fmt::format("{} is false for the current version: read it again", header)};
}

// It has the headers that RFC 9110, 15.4.5 lists.
http::response not_modified(http::response plain) {
    http::response r{.status = 304};
    if (http::is_compressible(plain)) r.headers.add("Vary", "Accept-Encoding");
    r.etag = std::move(plain.etag);
    return r;
}

}  // namespace

bool conditions::are_in(const http::request& r) {
    // The first two letters exclude nearly all other headers.
    return std::ranges::any_of(r.headers, [](const auto& h) {
        return h.name.size() > 3 && (h.name[0] | 0x20) == 'i' && (h.name[1] | 0x20) == 'f' && h.name[2] == '-';
    });
}

http::expected<conditions> conditions::read(const http::request& r) {
    conditions found;
    if (!are_in(r)) return found;
    if (auto wrong = read_tags(r, if_match, found.if_match_)) return std::move(*wrong);
    if (auto wrong = read_tags(r, if_none_match, found.if_none_match_)) return std::move(*wrong);
    if (!found.if_match_) found.unmodified_since_ = read_date(r, if_unmodified_since);
    if (!found.if_none_match_ && is_read(r)) found.modified_since_ = read_date(r, if_modified_since);
    return found;
}

std::optional<std::string_view> conditions::failed(const representation& now) const {
    if (if_match_ && !matches(*if_match_, now.etag, comparison::strong)) return if_match;
    if (unmodified_since_ && now.modified_at && *now.modified_at > *unmodified_since_) return if_unmodified_since;
    if (if_none_match_ && matches(*if_none_match_, now.etag, comparison::weak)) return if_none_match;
    if (modified_since_ && now.modified_at && *now.modified_at <= *modified_since_) return if_modified_since;
    return std::nullopt;
}

core::version_condition conditions::versions() const {
    if (!if_match_ || if_match_->any) return std::nullopt;
    core::version_condition found(std::in_place);
    for (const auto& tag : if_match_->tags) {
        const auto version = core::parse_number<number<struct version_tag>>(tag.opaque);
        if (version && !tag.is_weak) found->push_back(version->value());  // other tags name no version
    }
    return found;
}

awaitable<http::response> answer_conditionally(const http::request& r, awaitable<http::response> plain) {
    auto made = co_await std::move(plain);
    if (made.status != 200) co_return made;
    const auto read = conditions::read(r);
    if (!read) co_return http::to_response(read.error(), r.id);
    const auto failed = read->failed({made.etag, made.modified_at});
    if (!failed) co_return made;
    if (*failed == if_none_match || *failed == if_modified_since) co_return not_modified(std::move(made));
    co_return http::to_response(precondition_failed(*failed), r.id);
}

std::optional<http::problem> precondition_problem(const http::request& r) {
    auto read = conditions::read(r);
    if (!read) return read.error();
    const auto failed = read->failed({});
    return failed ? std::optional(precondition_failed(*failed)) : std::nullopt;
}

}  // namespace confab::api
