// The parameters of a request: a line with its Content-Type, a line with its target, then its body. JSON agrees with
// Boost.JSON's documents. A form, also a multipart one, that is written again from what was read is read as the same.
#include "http/parameters.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/byte_order_mark.hpp"
#include "core/canonical_json.hpp"
#include "core/text.hpp"
#include "fuzz/fuzz.hpp"
#include "http/json.hpp"
#include "http/json_members.hpp"
#include "http/multipart.hpp"

namespace confab::fuzz {
namespace {

namespace json = boost::json;
using type = http::parameter::type;

constexpr std::string_view names[] = {"name", "content", "metadata", "limit", "flag"};
constexpr std::size_t depth_max = 6;

std::optional<json::value> parsed(std::string_view text, std::size_t deepest = depth_max) {
    boost::system::error_code cause;
    auto value = json::parse(text, cause, {}, http::parse_options_for(deepest));
    return cause ? std::nullopt : std::optional(std::move(value));
}

bool has_space_between_tokens(std::string_view text) {
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') in_string = !in_string;
        if (in_string && text[i] == '\\') ++i;
        if (!in_string && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')) return true;
    }
    return false;
}

void check_compact(std::string_view text, const json::value& value) {
    expect(!has_space_between_tokens(text), "compact JSON has no white space between tokens");
    expect(parsed(text) == value, "compact JSON has the same value");
    expect(http::compact_json(text) == text, "compact JSON stays as it is");
    const auto canonical = core::canonical_json(text);
    expect(core::canonical_json(canonical) == canonical, "canonical JSON stays as it is");
    expect(parsed(canonical).has_value(), "canonical JSON is JSON");
}

void check_value(const http::parameter& p, const json::value& value) {
    switch (p.is) {
        case type::text:
            expect(value.is_string() && std::string_view(value.get_string()) == p.value,
                   "a string is that of the JSON");
            return;
        case type::object:
            expect(value.is_object(), "an object is one");
            return check_compact(p.value, value);
        case type::number:
            expect(value.is_number(), "a number is one");
            return check_compact(p.value, value);
        case type::boolean:
            expect(value.is_bool() && p.value == (value.get_bool() ? "true" : "false"), "a flag is that of the JSON");
            return;
        case type::other:
            expect(value.is_array() && p.value.empty(), "another value is an array");
            return;
        case type::form_text:
            break;
    }
    expect(false, "JSON has no text of a form");
}

void check_json(std::string_view body, http::expected<http::parameters>& read,
                http::expected<http::parameters>& in_query) {
    const auto document = parsed(without_byte_order_mark(body));
    expect(read.has_value() == (document && document->is_object()), "a body of JSON is read if it is an object");
    if (!read) return;
    for (const auto name : names) {
        const auto* const value = document->get_object().if_contains(name);
        const auto* const found = read->find(name);
        if (value && !value->is_null()) {
            expect(found != nullptr, "a member is a parameter");
            check_value(*found, *value);
        } else {
            const auto* const elsewhere = in_query->find(name);
            expect((found != nullptr) == (elsewhere != nullptr), "a missing member is none");
            expect(!found || found->value == elsewhere->value, "the query says what the body does not");
        }
    }
}

std::string as_form(const http::pairs& pairs) {
    std::string text;
    for (const auto& [name, value] : pairs)
        text += (text.empty() ? "" : "&") + http::percent_encode(name) + "=" + http::percent_encode(value);
    return text;
}

void check_form(std::string_view text) {
    const auto pairs = http::parse_form(text);
    if (!pairs) return expect(text.find('%') != std::string_view::npos, "only an encoded form can be malformed");
    expect(http::parse_form(as_form(*pairs)) == pairs, "a form that is written again is the same");
}

void check_percent_encoding(std::string_view text) {
    for (const auto how : {http::plus::stays, http::plus::is_space})
        expect(http::percent_decode(http::percent_encode(text), how) == text, "what is encoded is decoded to the same");
    const auto decoded = http::percent_decode(text, http::plus::stays);
    expect(!decoded || decoded->size() <= text.size(), "decoding makes nothing longer");
}

std::string as_multipart(const http::pairs& pairs, const std::string& boundary) {
    std::string text;
    for (const auto& [name, value] : pairs) {
        text += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"";
        for (const char c : name) text += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
        text += "\"\r\n\r\n" + value + "\r\n";
    }
    return text + "--" + boundary + "--";
}

void check_multipart(std::string_view content_type, std::string_view body) {
    const auto pairs = http::parse_multipart(content_type, body);
    if (!pairs || pairs->empty()) return;
    std::string boundary = "b";  // longer than the longest run of `b`, so that no value contains it
    for (const auto& [name, value] : *pairs)
        while (value.find(boundary) != std::string::npos) boundary += 'b';
    if (boundary.size() > 70) return;
    for (const auto& [name, value] : *pairs)
        expect(body.find(value) != std::string_view::npos, "a value is a piece of the body");
    expect(http::parse_multipart("multipart/form-data; boundary=" + boundary, as_multipart(*pairs, boundary)) == pairs,
           "a multipart form that is written again is the same");
}

void check_json_string(std::string_view text) {
    if (!core::is_utf8(text)) return;
    std::string written;
    http::append_json(written, text);
    const auto value = parsed(written);
    expect(value && value->is_string() && std::string_view(value->get_string()) == text,
           "a string in JSON is read as the same");
}

void check_target(std::string_view target) {
    const auto path = http::path_of(target), query = http::query_of(target);
    expect(path == "/" || target.find(path) != std::string_view::npos, "a path is a piece of the target");
    expect(path.find('?') == std::string_view::npos, "a path has no query");
    const auto mark = target.find('?');
    expect(query == (mark == std::string_view::npos ? "" : target.substr(mark + 1)),
           "a query begins after the first ?");
    const auto authority = http::authority_of(target);
    expect(!authority || target.substr(0, mark).find("://" + std::string(*authority)) != std::string_view::npos,
           "an authority follows the scheme");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    namespace http = confab::http;
    input from(data, size);
    const auto content_type = from.line(), target = from.line(), body = from.rest();
    check_target(target);
    check_form(http::query_of(target));
    check_form(body);
    check_percent_encoding(body);
    check_json_string(body);
    check_multipart(content_type, body);

    http::request r{http::verb::post, target, {{"Content-Type", content_type}}, std::string(body), "id"};
    auto read = http::parameters::read(r, names, depth_max);
    r.body.clear();
    auto in_query = http::parameters::read(r, names, depth_max);
    expect(in_query.has_value() == http::parse_form(http::query_of(target)).has_value(), "a query is a form");
    if (in_query && content_type == "application/json" && !body.empty()) check_json(body, read, in_query);
    return 0;
}
