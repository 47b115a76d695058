// The parameters of a call as valid texts. Collects the problems of all parameters before the call is refused.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "api/routes.hpp"
#include "core/text.hpp"
#include "http/parameters.hpp"

namespace confab::api {

// Requests of up to this size are parsed on the event loop. That takes a fraction of a millisecond.
inline constexpr std::size_t parse_inline_bytes_max = 64 * 1024;

// Calls `read`, which reads and checks the parameters, if the request is short enough. Nothing: call it on the thread
// pool. Why not one coroutine for both: its frame costs a creation some hundred nanoseconds.
template <class Read>
std::optional<std::invoke_result_t<Read>> parse_inline(const call& c, const Read& read) {
    if (c.request.body.size() + c.request.target.size() > parse_inline_bytes_max) return std::nullopt;
    return read();
}

class fields {
public:
    // Errors: malformed, unsupported_media_type.
    static http::expected<fields> read(const call& c, std::span<const std::string_view> names);

    // Nothing: it is missing or invalid, and refusal() says so.
    template <class Text>
    std::optional<Text> required(std::string_view name) {
        auto found = optional<Text>(name);
        if (!found && !was_given(name)) refuse_missing(name);
        return found;
    }

    // Nothing: it is missing, which is allowed, or invalid.
    template <class Text>
    std::optional<Text> optional(std::string_view name) {
        auto text = text_of(name);
        if (!text) return std::nullopt;
        auto parsed = Text::parse(std::move(*text));
        if (parsed) return std::move(*parsed);
        refuse(name, parsed.error(), Text::rule);
        return std::nullopt;
    }

    // A JSON object, or in forms its text.
    std::optional<std::string> metadata(std::string_view name);

    // A JSON boolean, or in forms the text true or false. Absent: false.
    bool flag(std::string_view name);

    // The text of a number or a string, unchecked. Nothing: it is absent or of another type.
    std::optional<std::string> scalar(std::string_view name);

    bool was_given(std::string_view name) { return all_.find(name) != nullptr; }

    // The problems of the parameters that were read so far.
    std::optional<http::problem> refusal() const;

private:
    fields(http::parameters all, std::size_t json_depth_max) : all_(std::move(all)), json_depth_max_(json_depth_max) {}

    std::optional<std::string> text_of(std::string_view name);
    void refuse_missing(std::string_view name);
    void refuse(std::string_view name, core::text_fault why, const core::text_rule& rule);
    void refuse(std::string_view name, std::string_view code, std::string detail);

    http::parameters all_;
    std::size_t json_depth_max_;
    std::optional<std::string> malformed_;
    std::vector<http::field_problem> refused_;
};

}  // namespace confab::api
