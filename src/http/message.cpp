#include "http/message.hpp"

#include <algorithm>

#include "base/ignoring_case.hpp"

namespace confab::http {
std::string_view name_of(verb v) {
    switch (v) {
        case verb::get:
            return "GET";
        case verb::head:
            return "HEAD";
        case verb::post:
            return "POST";
        case verb::put:
            return "PUT";
        case verb::delete_:
            return "DELETE";
        case verb::options:
            return "OPTIONS";
        case verb::other:
            break;
    }
    return "";
}

std::optional<std::string_view> request::find(std::string_view name) const {
    for (const auto& h : headers)
        if (equals_ignoring_case(h.name, name)) return h.value;
    return std::nullopt;
}

std::size_t request::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(headers, [name](const auto& h) { return equals_ignoring_case(h.name, name); }));
}

std::optional<std::string> request::list(std::string_view name) const {
    std::optional<std::string> all;
    for (const auto& h : headers) {
        if (!equals_ignoring_case(h.name, name)) continue;
        if (all)
            all->append(", ").append(h.value);
        else
            all.emplace(h.value);
    }
    return all;
}

response json_response(unsigned status, std::string body) {
    return {.status = status, .content_type = json_type, .body = std::move(body)};
}

}  // namespace confab::http
