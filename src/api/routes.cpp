#include "api/routes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "api/conditions.hpp"
#include "api/handlers.hpp"
#include "http/parameters.hpp"
#include "http/percent.hpp"
#include "http/problem.hpp"

namespace confab::api {
namespace {

using http::verb;

constexpr route table[] = {
    {verb::get, "/apps", list_apps, "List all apps in order of creation"},
    {verb::post, "/apps", create_app, "Create an app; returns its token"},
    {verb::get, "/apps/{token}", show_app, "Show an app"},
    {verb::put, "/apps/{token}", rename_app, "Rename an app"},
    {verb::get, "/apps/{token}/chats", list_chats, "List the chats of an app"},
    {verb::post, "/apps/{token}/chats", create_chat, "Create a chat; returns its number"},
    {verb::get, "/apps/{token}/events", follow_app, "Follow an app: its new chats, and events of up to 64 chats"},
    {verb::get, "/apps/{token}/chats/{chat}", show_chat, "Show a chat"},
    {verb::get, "/apps/{token}/chats/{chat}/events", follow_chat, "Follow the messages of a chat"},
    {verb::get, "/apps/{token}/chats/{chat}/messages", list_messages, "List the messages of a chat"},
    {verb::post, "/apps/{token}/chats/{chat}/messages", create_message, "Create a message; returns its number"},
    {verb::post, "/apps/{token}/chats/{chat}/messages/search", search_messages, "Find messages that contain a text"},
    {verb::get, "/apps/{token}/chats/{chat}/messages/{message}", show_message, "Show a message"},
    {verb::put, "/apps/{token}/chats/{chat}/messages/{message}", edit_message, "Edit a message"},
    {verb::delete_, "/apps/{token}/chats/{chat}/messages/{message}", delete_message,
     "Delete a message; its number stays"},
    {verb::get, "/apps/{token}/chats/{chat}/messages/{message}/versions", list_versions,
     "List the versions of a message"},
};  // the first pattern that matches a path wins

constexpr std::size_t segments_max = 7;  // of the longest pattern above

struct segments {
    std::array<std::string_view, segments_max> text;
    std::size_t count = 0;
};

// Removes the text before the next '/' from the front of `path`, which begins with one.
constexpr std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

// The patterns of the table, split into segments.
constexpr auto patterns = [] {
    std::array<segments, std::size(table)> made{};
    for (std::size_t i = 0; i < std::size(table); ++i)
        for (auto path = table[i].path; !path.empty();) made[i].text[made[i].count++] = take_segment(path);
    return made;
}();

// The decoded segments of a path. Nothing: no pattern can match. One '/' at the end is allowed. `decoded` owns the
// segments that had to be decoded.
std::optional<segments> split(std::string_view path, std::unique_ptr<std::string>& decoded) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    if (path.find('%') != std::string_view::npos) {
        decoded = std::make_unique<std::string>();
        decoded->reserve(path.size());  // so that views of it stay valid
    }
    segments found;
    while (!path.empty()) {
        if (path.front() != '/' || found.count == segments_max) return std::nullopt;
        auto segment = take_segment(path);
        if (segment.find('%') != std::string_view::npos) {
            const auto plain = http::percent_decode(segment, http::plus::stays);
            if (!plain) return std::nullopt;
            segment = std::string_view(decoded->append(*plain)).substr(decoded->size() - plain->size());
        }
        if (segment.empty()) return std::nullopt;
        found.text[found.count++] = segment;
    }
    return found;
}

constexpr bool is_capture(std::string_view segment) {
    return segment.starts_with('{');
}

bool matches(const segments& pattern, const segments& path) {
    if (pattern.count != path.count) return false;
    for (std::size_t i = 0; i < path.count; ++i)
        if (!is_capture(pattern.text[i]) && pattern.text[i] != path.text[i]) return false;
    return true;
}

captures capture(const segments& pattern, const segments& path) {
    captures captured;
    std::size_t count = 0;
    for (std::size_t i = 0; i < path.count; ++i)
        if (is_capture(pattern.text[i])) captured[count++] = path.text[i];
    return captured;
}

struct found_route {
    const route* matched = nullptr;  // path and verb
    std::string_view pattern;        // the pattern that matches the path; empty: none
    std::string allowed;             // the verbs of all routes with that pattern, unless one matched
    captures captured;
    std::unique_ptr<std::string> decoded;
};

// Adds a verb, and HEAD with GET, to the list of an Allow header.
void allow(std::string& allowed, verb v) {
    const auto add = [&](std::string_view name) { allowed.append(allowed.empty() ? "" : ", ").append(name); };
    add(http::name_of(v));
    if (v == verb::get) add(http::name_of(verb::head));
}

// The verbs that any path allows, for OPTIONS of `*` (RFC 9110, 9.3.7).
std::string allowed_somewhere() {
    std::string allowed;
    for (const auto& r : table)
        if (std::ranges::find(table, r.verb, &route::verb) == &r) allow(allowed, r.verb);
    allow(allowed, verb::options);
    return allowed;
}

found_route find_route(verb wanted, std::string_view path) {
    found_route found;
    const auto path_segments = split(path, found.decoded);
    if (!path_segments) return found;
    for (std::size_t i = 0; i < std::size(table); ++i) {
        const auto& r = table[i];
        if (found.pattern.empty() ? !matches(patterns[i], *path_segments) : r.path != found.pattern) continue;
        found.pattern = r.path;
        if (r.verb == wanted) {
            found.matched = &r;
            found.captured = capture(patterns[i], *path_segments);
            return found;
        }
        allow(found.allowed, r.verb);
    }
    if (!found.allowed.empty()) allow(found.allowed, verb::options);
    return found;
}

http::response options_of(const std::string& allowed) {
    http::response r{.status = 204};
    r.headers.add("Allow", allowed);
    return r;
}

awaitable<http::response> make_ready(http::response r) {
    co_return r;
}

http::response not_allowed(const http::request& r, const std::string& allowed) {
    auto refused = http::to_response({http::problem_kind::method_not_allowed, "allowed methods: " + allowed}, r.id);
    refused.headers.add("Allow", allowed);
    return refused;
}

}  // namespace

std::span<const route> routes() {
    return table;
}

awaitable<http::response> dispatch(const services& services, const http::request& r) {
    if (r.method == verb::options && r.target == "*") return make_ready(options_of(allowed_somewhere()));
    const auto wanted = r.method == verb::head ? verb::get : r.method;
    auto found = find_route(wanted, http::path_of(r.target));
    if (found.matched) {
        auto answer = found.matched->handler({services, r, found.captured, std::move(found.decoded)});
        if (wanted == verb::get && conditions::are_in(r)) return answer_conditionally(r, std::move(answer));
        return answer;
    }
    if (found.allowed.empty())
        return make_ready(http::to_response({http::problem_kind::not_found, "no such path"}, r.id));
    if (r.method == verb::options) return make_ready(options_of(found.allowed));
    return make_ready(not_allowed(r, found.allowed));
}

}  // namespace confab::api
