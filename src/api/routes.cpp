#include "api/routes.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "api/handlers.hpp"
#include "http/parameters.hpp"
#include "http/percent.hpp"
#include "http/problem.hpp"

namespace confab::api {
namespace {

using http::verb;

constexpr route table[] = {
    {verb::get, "/apps", list_apps, "List all apps in order of creation"},
    {verb::post, "/apps", create_app, "Create an app; answers its token"},
    {verb::get, "/apps/{token}", show_app, "Show an app"},
    {verb::put, "/apps/{token}", rename_app, "Rename an app"},
    {verb::get, "/apps/{token}/chats", list_chats, "List the chats of an app"},
    {verb::post, "/apps/{token}/chats", create_chat, "Open a chat; answers its number"},
    {verb::get, "/apps/{token}/chats/{chat}", show_chat, "Show a chat"},
    {verb::get, "/apps/{token}/chats/{chat}/messages", list_messages, "List the messages of a chat"},
    {verb::post, "/apps/{token}/chats/{chat}/messages", create_message, "Create a message; answers its number"},
    {verb::post, "/apps/{token}/chats/{chat}/messages/search", search_messages, "Find messages that contain a text"},
    {verb::get, "/apps/{token}/chats/{chat}/messages/{message}", show_message, "Show a message"},
    {verb::put, "/apps/{token}/chats/{chat}/messages/{message}", edit_message, "Edit a message"},
    {verb::delete_, "/apps/{token}/chats/{chat}/messages/{message}", delete_message,
     "Delete a message; its number stays"},
    {verb::get, "/apps/{token}/chats/{chat}/messages/{message}/versions", list_versions, "List what a message said"},
};  // a path belongs to the first form it has

constexpr std::size_t segments_max = 7;  // of the longest path above

struct segments {
    std::array<std::string, segments_max> text;
    std::size_t count = 0;
};

// Takes the text before the next '/' off the front of `path`, which begins with one.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

// The decoded segments of a path; nothing when it can be none of ours. One '/' at the end is let pass.
std::optional<segments> split(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    segments found;
    while (!path.empty()) {
        if (path.front() != '/' || found.count == segments_max) return std::nullopt;
        auto decoded = http::percent_decode(take_segment(path), http::plus::stays);
        if (!decoded || decoded->empty()) return std::nullopt;
        found.text[found.count++] = std::move(*decoded);
    }
    return found;
}

bool is_capture(std::string_view segment) {
    return segment.starts_with('{');
}

bool matches(std::string_view pattern, const segments& path) {
    std::size_t at = 0;
    for (; !pattern.empty() && at < path.count; ++at) {
        const auto expected = take_segment(pattern);
        if (!is_capture(expected) && path.text[at] != expected) return false;
    }
    return pattern.empty() && at == path.count;
}

std::array<std::string, 3> capture(std::string_view pattern, segments& path) {
    std::array<std::string, 3> captured;
    std::size_t captures = 0;
    for (std::size_t at = 0; at < path.count; ++at)
        if (is_capture(take_segment(pattern))) captured[captures++] = std::move(path.text[at]);
    return captured;
}

struct found_route {
    const route* matched = nullptr;  // path and verb
    std::string_view form;           // the path of the table that the request's has; empty: none
    std::string allowed;             // the verbs of all routes of that form, unless one matched
    std::array<std::string, 3> captured;
};

// Adds a verb, and HEAD with GET, to the list of an Allow header.
void allow(std::string& allowed, verb v) {
    const auto add = [&](std::string_view name) { allowed.append(allowed.empty() ? "" : ", ").append(name); };
    add(http::name_of(v));
    if (v == verb::get) add(http::name_of(verb::head));
}

// What some path of the server allows, as OPTIONS of `*` is asked for (RFC 9110, 9.3.7).
std::string allowed_somewhere() {
    std::string allowed;
    for (const auto& r : table)
        if (std::ranges::find(table, r.verb, &route::verb) == &r) allow(allowed, r.verb);
    allow(allowed, verb::options);
    return allowed;
}

found_route find_route(verb wanted, std::string_view path) {
    found_route found;
    auto parts = split(path);
    if (!parts) return found;
    for (const auto& r : table) {
        if (found.form.empty() ? !matches(r.path, *parts) : r.path != found.form) continue;
        found.form = r.path;
        if (r.verb == wanted) {
            found.matched = &r;
            found.captured = capture(r.path, *parts);
            return found;
        }
        allow(found.allowed, r.verb);
    }
    if (!found.allowed.empty()) allow(found.allowed, verb::options);
    return found;
}

http::response options_of(const std::string& allowed) {
    return {204, {{"Allow", allowed}}, {}, nullptr};
}

http::response not_allowed(const http::request& r, const std::string& allowed) {
    auto refused = http::to_response({http::problem_kind::method_not_allowed, "allowed here: " + allowed}, r.id);
    refused.headers.push_back({"Allow", allowed});
    return refused;
}

}  // namespace

std::span<const route> routes() {
    return table;
}

awaitable<http::response> dispatch(const services& parts, const http::request& r) {
    if (r.method == verb::options && r.target == "*") co_return options_of(allowed_somewhere());
    const auto wanted = r.method == verb::head ? verb::get : r.method;
    auto found = find_route(wanted, http::path_of(r.target));
    if (found.matched) {
        call c{parts, r, std::move(found.captured)};
        co_return co_await found.matched->handler(c);
    }
    if (found.allowed.empty()) co_return http::to_response({http::problem_kind::not_found, "no such path"}, r.id);
    if (r.method == verb::options) co_return options_of(found.allowed);
    co_return not_allowed(r, found.allowed);
}

}  // namespace confab::api
