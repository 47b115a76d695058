#include "http/parameters.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "http/multipart.hpp"
#include "http/percent.hpp"

namespace confab::http {
namespace {

namespace json = boost::json;

constexpr auto npos = std::string_view::npos;

std::string_view media_type(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return type;
}

bool is_json(std::string_view type) {
    return boost::beast::iequals(type, "application/json") ||
           (type.size() > 5 && boost::beast::iequals(type.substr(type.size() - 5), "+json"));
}

json::parse_options options_for(std::size_t depth_max) {
    json::parse_options options;
    options.max_depth = depth_max;
    return options;
}

parameter from_json(const json::value& v) {
    if (const auto* text = v.if_string()) return {parameter::type::text, std::string(*text)};
    if (v.is_object()) return {parameter::type::object, json::serialize(v)};
    return {parameter::type::other, {}};
}

problem malformed(std::string detail) { return {problem_kind::malformed, std::move(detail)}; }

bool is_wanted(std::string_view name, std::span<const std::string_view> names, std::string_view& literal) {
    const auto at = std::ranges::find(names, name);
    if (at == names.end()) return false;
    literal = *at;
    return true;
}

}  // namespace

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
    const auto mark = target.find('?');
    return mark == npos ? std::string_view() : target.substr(mark + 1);
}

std::variant<parameters, problem> parameters::read(const request& r, std::span<const std::string_view> names,
                                                   std::size_t json_depth_max) {
    parameters all;
    const auto take_pairs = [&](std::optional<pairs> found) {
        for (auto& [name, value] : *found)
            if (std::string_view literal; is_wanted(name, names, literal))
                all.put(literal, {parameter::type::form_text, std::move(value)});
    };

    auto in_query = parse_form(query_of(r.target));
    if (!in_query) return malformed("the query string has a '%' that is not followed by two hexadecimal digits");
    take_pairs(std::move(in_query));
    if (r.body.empty()) return all;

    if (const auto encoding = r.find("Content-Encoding"); encoding && !boost::beast::iequals(*encoding, "identity")) {
        return problem{problem_kind::unsupported_media_type, "send the body without a Content-Encoding"};
    }
    const auto content_type = r.find("Content-Type").value_or("");
    const auto type = media_type(content_type);
    if (is_json(type)) {
        unsigned char space[4096];
        json::monotonic_resource memory(space, sizeof space);
        boost::system::error_code cause;
        const auto body = json::parse(r.body, cause, &memory, options_for(json_depth_max));
        if (cause) return malformed(fmt::format("the body is not JSON: {}", cause.message()));
        const auto* const object = body.if_object();
        if (!object) return malformed("the body is JSON but not an object");
        for (const auto name : names) {
            const auto* const member = object->if_contains(name);
            if (member && !member->is_null()) all.put(name, from_json(*member));
        }
    } else if (boost::beast::iequals(type, "application/x-www-form-urlencoded")) {
        auto in_body = parse_form(r.body);
        if (!in_body) return malformed("the form has a '%' that is not followed by two hexadecimal digits");
        take_pairs(std::move(in_body));
    } else if (boost::beast::iequals(type, "multipart/form-data")) {
        auto in_body = parse_multipart(content_type, r.body);
        if (!in_body) return malformed("the body is not well-formed multipart/form-data");
        take_pairs(std::move(in_body));
    } else {
        return problem{problem_kind::unsupported_media_type,
                       "send application/json, application/x-www-form-urlencoded or multipart/form-data"};
    }
    return all;
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

std::optional<std::string> normal_json_object(std::string_view text, std::size_t json_depth_max) {
    boost::system::error_code cause;
    const auto parsed = json::parse(text, cause, {}, options_for(json_depth_max));
    if (cause || !parsed.is_object()) return std::nullopt;
    return json::serialize(parsed);
}

}  // namespace confab::http
