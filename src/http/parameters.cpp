#include "http/parameters.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/byte_order_mark.hpp"
#include "base/ignoring_case.hpp"
#include "base/require.hpp"
#include "base/trimmed.hpp"
#include "http/json.hpp"
#include "http/json_members.hpp"
#include "http/multipart.hpp"
#include "http/percent.hpp"

namespace confab::http {
namespace {

namespace json = boost::json;

constexpr auto npos = std::string_view::npos;

std::string_view media_type(std::string_view content_type) {
    return trimmed(content_type.substr(0, content_type.find(';')));
}

bool is_json(std::string_view type) {
    return equals_ignoring_case(type, "application/json") ||
           (type.size() > 5 && equals_ignoring_case(type.substr(type.size() - 5), "+json"));
}

bool looks_like_json(std::string_view body) {
    body = trimmed(without_byte_order_mark(body), " \t\r\n");
    return (body.starts_with('{') && body.ends_with('}')) || (body.starts_with('[') && body.ends_with(']'));
}

parameter from_json(const json::value& v, std::string_view as_sent) {
    if (const auto* text = v.if_string()) return {parameter::type::text, std::string(*text)};
    if (v.is_object()) return {parameter::type::object, compact_json(as_sent)};
    if (v.is_number()) return {parameter::type::number, compact_json(as_sent)};
    if (const auto* flag = v.if_bool()) return {parameter::type::boolean, *flag ? "true" : "false"};
    return {parameter::type::other, {}};
}

problem malformed(std::string detail) {
    return {problem_kind::malformed, std::move(detail)};
}

problem not_json(const boost::system::error_code& cause) {
    return malformed(fmt::format("the body is not JSON: {}", cause.message()));
}

bool is_encoded(const request& r) {
    const auto encoding = r.find("Content-Encoding");
    return encoding && !equals_ignoring_case(*encoding, "identity");
}

// The offset after the scheme of a target in absolute form; npos: another form. REQUIRES: a target without query.
std::size_t authority_begin(std::string_view target) {
    require_costly([&] { return target.find('?') == npos; }, "the query is cut off first");
    const auto scheme_end = target.starts_with('/') ? npos : target.find("://");
    return scheme_end == npos ? npos : scheme_end + 3;
}

}  // namespace

std::optional<std::string_view> authority_of(std::string_view target) {
    target = target.substr(0, target.find('?'));
    const auto begin = authority_begin(target);
    if (begin == npos) return std::nullopt;
    target.remove_prefix(begin);
    return target.substr(0, target.find('/'));
}

std::string_view path_of(std::string_view target) {
    target = target.substr(0, target.find('?'));
    const auto begin = authority_begin(target);
    if (begin == npos) return target;
    const auto path = target.find('/', begin);
    return path == npos ? "/" : target.substr(path);
}

std::string_view query_of(std::string_view target) {
    const auto mark = target.find('?');
    return mark == npos ? std::string_view() : target.substr(mark + 1);
}

expected<parameters> parameters::read(const request& r, std::span<const std::string_view> names,
                                      std::size_t json_depth_max) {
    parameters all;
    auto in_query = parse_form(query_of(r.target));
    if (!in_query) return malformed("the query string has a '%' that is not followed by two hexadecimal digits");
    all.take(std::move(*in_query), names);
    if (r.body.empty()) return all;
    if (auto wrong = all.take_body(r, names, json_depth_max)) return std::move(*wrong);
    return all;
}

std::optional<problem> parameters::take_body(const request& r, std::span<const std::string_view> names,
                                             std::size_t json_depth_max) {
    constexpr auto unsupported = problem_kind::unsupported_media_type;
    if (is_encoded(r)) return problem{unsupported, "send the body without a Content-Encoding"};
    const auto content_type = r.find("Content-Type").value_or("");
    const auto type = media_type(content_type);
    if (is_json(type)) return take_json(r.body, names, json_depth_max);
    std::optional<pairs> form;
    if (equals_ignoring_case(type, "application/x-www-form-urlencoded")) {
        form = parse_form(r.body);
        is_json_sent_as_form_ = looks_like_json(r.body);
    } else if (equals_ignoring_case(type, "multipart/form-data")) {
        form = parse_multipart(content_type, r.body);
    } else {
        return problem{unsupported, "send application/json, application/x-www-form-urlencoded or multipart/form-data"};
    }
    if (!form && is_json_sent_as_form_) return malformed(std::string(json_as_form_hint));
    if (!form) return malformed(fmt::format("the body is not well-formed {}", type));
    take(std::move(*form), names);
    return std::nullopt;
}

std::optional<problem> parameters::take_json(std::string_view body, std::span<const std::string_view> names,
                                             std::size_t depth_max) {
    body = without_byte_order_mark(body);
    if (!begins_object(body)) {
        boost::system::error_code cause;
        json::parse(body, cause, {}, parse_options_for(depth_max));
        return cause ? not_json(cause) : malformed("the body is JSON but not an object");
    }
    parameters given;
    const auto read = for_each_member(
        body, depth_max, [&](std::string_view name, const json::value& value, std::string_view as_sent) {
            const auto wanted = std::ranges::find(names, name);
            if (wanted == names.end()) return;
            value.is_null() ? given.remove(*wanted) : given.put(*wanted, from_json(value, as_sent));
        });
    if (!read) return not_json(read.error());
    if (found_.empty()) found_.swap(given.found_);
    for (auto& [name, value] : given.found_) put(name, std::move(value));
    return std::nullopt;
}

void parameters::take(pairs form, std::span<const std::string_view> names) {
    for (auto& [name, value] : form) {
        const auto wanted = std::ranges::find(names, name);
        if (wanted != names.end()) put(*wanted, {parameter::type::form_text, std::move(value)});
    }
}

parameter* parameters::find(std::string_view name) {
    for (auto& [known, value] : found_)
        if (known == name) return &value;
    return nullptr;
}

void parameters::put(std::string_view name, parameter p) {
    if (auto* const known = find(name))
        *known = std::move(p);
    else
        found_.emplace_back(name, std::move(p));
}

void parameters::remove(std::string_view name) {
    std::erase_if(found_, [&](const auto& one) { return one.first == name; });
}

std::optional<std::string> compact_json_object(std::string_view text, std::size_t json_depth_max) {
    text = without_byte_order_mark(text);
    boost::system::error_code cause;
    const auto parsed = json::parse(text, cause, {}, parse_options_for(json_depth_max));
    if (cause || !parsed.is_object()) return std::nullopt;
    return compact_json(text);
}

}  // namespace confab::http
