// The parameters of a request: a flat list from a JSON object or a form body (urlencoded or multipart text), and from
// the query string. The body takes precedence. If a name occurs several times, its last value counts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/percent.hpp"
#include "http/problem.hpp"

namespace confab::http {

struct parameter {
    enum class type {
        text,       // a JSON string
        form_text,  // from a form or query, where every value is a text
        object,     // a JSON object; `value` is its text without white space between tokens
        boolean,    // JSON's true or false; `value` is its text
        number,     // a JSON number; `value` is its text
        other,      // any other JSON value; `value` is empty
    };
    type is;
    std::string value;
};

class parameters {
public:
    // Reads the parameters with these names, and ignores others. A JSON null counts as absent. An empty body has no
    // parameters, whatever its Content-Type. Errors: malformed, unsupported_media_type. The names must outlive the
    // result.
    static expected<parameters> read(const request& r, std::span<const std::string_view> names,
                                     std::size_t json_depth_max);

    // Null: absent.
    parameter* find(std::string_view name);

    // Whether the body was sent as a form but looks like JSON, as `curl -d` sends it by default.
    bool is_json_sent_as_form() const { return is_json_sent_as_form_; }

private:
    std::optional<problem> take_body(const request& r, std::span<const std::string_view> names,
                                     std::size_t json_depth_max);
    std::optional<problem> take_json(std::string_view body, std::span<const std::string_view> names,
                                     std::size_t depth_max);
    void take(pairs form, std::span<const std::string_view> names);
    void put(std::string_view name, parameter p);
    void remove(std::string_view name);

    std::vector<std::pair<std::string_view, parameter>> found_;  // names are the caller's literals
    bool is_json_sent_as_form_ = false;
};

// The hint for a client if is_json_sent_as_form().
inline constexpr std::string_view json_as_form_hint =
    "the body looks like JSON: send it with Content-Type: application/json";

// The authority of a target in absolute form (RFC 9112, 3.2.2). Nothing: another form.
std::optional<std::string_view> authority_of(std::string_view target);

// The path of a target in origin or absolute form (RFC 9112, 3.2), and its query without the '?'. "/": an absolute form
// without a path. Other forms are returned as the path.
std::string_view path_of(std::string_view target);
std::string_view query_of(std::string_view target);

// The text of a JSON object without white space between tokens. Nothing: `text` is not a JSON object, or is nested
// deeper than json_depth_max.
std::optional<std::string> compact_json_object(std::string_view text, std::size_t json_depth_max);

}  // namespace confab::http
