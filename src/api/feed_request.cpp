#include "api/feed_request.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/counted.hpp"
#include "base/ignoring_case.hpp"
#include "base/trimmed.hpp"
#include "http/header_parts.hpp"
#include "http/parameters.hpp"
#include "http/percent.hpp"

namespace confab::api {

http::problem malformed(std::string detail) {
    return {http::problem_kind::malformed, std::move(detail)};
}

http::expected<feed_parameters> feed_parameters::read(const call& c) {
    const auto query = http::parse_form(http::query_of(c.request.target));
    if (!query) return malformed("the query string is not well-formed");
    feed_parameters found;
    const std::pair<std::string_view, std::optional<std::string>*> known[] = {{"offset", &found.offset},
                                                                              {"live", &found.live},
                                                                              {"cursor", &found.cursor},
                                                                              {"last_event_id", &found.last_event_id},
                                                                              {"chats", &found.chats}};
    for (const auto& [name, value] : *query)
        for (const auto& [known_name, to] : known)
            if (name == known_name) *to = value;
    return found;
}

http::expected<std::optional<core::event_id>> read_event_id(const call& c, const feed_parameters& given) {
    const auto header = c.request.find("Last-Event-ID");
    const bool is_header = header && !header->empty();
    const std::string_view text = is_header             ? *header
                                  : given.last_event_id ? std::string_view(*given.last_event_id)
                                                        : std::string_view();
    if (text.empty()) return std::optional<core::event_id>();
    auto parsed = core::event_id::parse(text);
    if (!parsed)
        return malformed(
            fmt::format("{} is not an id of an event of this server", is_header ? "Last-Event-ID" : "last_event_id"));
    return parsed;
}

http::expected<std::vector<core::chat_number>> read_chats(const std::string& chats) {
    std::vector<core::chat_number> found;
    for (std::string_view rest = chats;;) {
        const auto text = rest.substr(0, rest.find(','));
        const auto number = core::parse_number<core::chat_number>(text);
        if (!number) return malformed("chats must be numbers of chats, separated by commas");
        if (std::ranges::find(found, *number) == found.end()) found.push_back(*number);
        if (found.size() > core::event_id_chats_max)
            return malformed("chats is limited to " + counted(core::event_id_chats_max, "chat"));
        if (text.size() == rest.size()) return found;
        rest.remove_prefix(text.size() + 1);
    }
}

bool accepts_event_stream(const http::request& r) {
    const auto accepted = r.list("Accept");
    if (!accepted) return false;
    for (std::string_view list = *accepted; !list.empty();) {
        const auto element = http::take_element(list);
        if (equals_ignoring_case(trimmed(element.substr(0, element.find(';'))), "text/event-stream")) return true;
    }
    return false;
}

}  // namespace confab::api
