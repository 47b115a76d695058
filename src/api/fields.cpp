#include "api/fields.hpp"

#include <fmt/core.h>

namespace confab::api {
namespace {

using type = http::parameter::type;

std::string_view unit_name(core::unit u) {
    return u == core::unit::bytes ? "bytes" : "characters";
}

}  // namespace

http::expected<fields> fields::read(const call& c, std::span<const std::string_view> names) {
    auto read = http::parameters::read(c.request, names, c.services.json_depth_max);
    if (!read) return read.error();
    return fields(std::move(*read), c.services.json_depth_max);
}

std::optional<std::string> fields::metadata(std::string_view name) {
    auto* const given = all_.find(name);
    if (!given) return std::nullopt;
    if (!core::is_utf8(given->value)) {
        refuse(name, core::text_fault::not_utf8, {});
        return std::nullopt;
    }
    std::optional<std::string> object;
    if (given->is == type::object) object = std::move(given->value);
    if (given->is == type::form_text) object = http::compact_json_object(given->value, json_depth_max_);
    if (!object) {
        refuse(name, "wrong_type", "must be a JSON object");
    } else if (object->size() > core::metadata_bytes_max) {
        refuse(name, "too_long", fmt::format("is limited to {} bytes of JSON", core::metadata_bytes_max));
        object.reset();
    }
    return object;
}

bool fields::flag(std::string_view name) {
    const auto* const given = all_.find(name);
    if (!given) return false;
    const bool is_flag = given->value == "true" || given->value == "false";
    if (!is_flag || (given->is != type::boolean && given->is != type::form_text))
        refuse(name, "wrong_type", "must be true or false");
    return given->value == "true";
}

std::optional<std::string> fields::scalar(std::string_view name) {
    auto* const given = all_.find(name);
    if (!given) return std::nullopt;
    if (given->is != type::object && given->is != type::boolean && given->is != type::other) return given->value;
    refuse(name, "wrong_type", "must be a number or a word");
    return std::nullopt;
}

std::optional<http::problem> fields::refusal() const {
    if (malformed_) return http::problem{http::problem_kind::malformed, *malformed_};
    if (refused_.empty()) return std::nullopt;
    std::string detail;
    for (const auto& f : refused_) detail += (detail.empty() ? "" : "; ") + f.detail;
    return http::problem{http::problem_kind::invalid_parameters, std::move(detail), refused_};
}

std::optional<std::string> fields::text_of(std::string_view name) {
    auto* const given = all_.find(name);
    if (!given) return std::nullopt;
    if (given->is == type::text || given->is == type::form_text) return std::move(given->value);
    refuse(name, "wrong_type", "must be a string");
    return std::nullopt;
}

void fields::refuse_missing(std::string_view name) {
    refuse(name, "required",
           all_.is_json_sent_as_form() ? fmt::format("is missing ({})", http::json_as_form_hint) : "is missing");
}

void fields::refuse(std::string_view name, core::text_fault why, const core::text_rule& rule) {
    switch (why) {
        case core::text_fault::not_utf8:
            malformed_ = fmt::format("{} is not valid UTF-8", name);
            return;
        case core::text_fault::blank:
            return refuse(name, "blank", "must not be blank");
        case core::text_fault::has_nul:
            return refuse(name, "invalid", "must not contain U+0000");
        case core::text_fault::too_long:
            return refuse(name, "too_long", fmt::format("is limited to {} {}", rule.most, unit_name(rule.counted_in)));
    }
}

void fields::refuse(std::string_view name, std::string_view code, std::string detail) {
    refused_.push_back({std::string(name), code, fmt::format("{} {}", name, detail)});
}

}  // namespace confab::api
