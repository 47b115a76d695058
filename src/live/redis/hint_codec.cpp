#include "live/redis/hint_codec.hpp"

#include <fmt/core.h>

#include <charconv>
#include <iterator>

#include "base/require.hpp"
#include "core/ids.hpp"

namespace confab::live {
namespace {

constexpr std::string_view format = "1";

bool is_valid(const hint& h) {
    const bool has_moved = h.creations > 0 || h.changes > 0;
    const bool has_changes = h.topic.of == topic::kind::chat || h.changes == 0;
    return h.topic.id > 0 && has_moved && has_changes && h.creations <= core::number_max &&
           h.changes <= core::number_max;
}

// Removes a beginning of the text. False: the text begins with something else.
bool skip(std::string_view& text, std::string_view begin) {
    const bool begins_so = text.starts_with(begin);
    if (begins_so) text.remove_prefix(begin.size());
    return begins_so;
}

bool take_number(std::string_view& text, std::uint64_t& to) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
    if (failed != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take_kind(std::string_view& text, topic::kind& to) {
    to = text.starts_with('a') ? topic::kind::app : topic::kind::chat;
    return skip(text, "a") || skip(text, "c");
}

std::optional<hint> take_hint(std::string_view& text) {
    hint h;
    const bool is_whole = skip(text, " ") && take_kind(text, h.topic.of) && take_number(text, h.topic.id) &&
                          skip(text, ":") && take_number(text, h.creations) && skip(text, ".") &&
                          take_number(text, h.changes);
    return is_whole && is_valid(h) ? std::optional(h) : std::nullopt;
}

}  // namespace

std::string hint_channel(std::string_view cluster) {
    return fmt::format("confab:{}:live", cluster);
}

std::string encode(std::span<const hint> hints) {
    require(hints.size() <= hints_per_message_max, "a message has at most hints_per_message_max hints");
    std::string text(format);
    for (const auto& h : hints) {
        require(is_valid(h), "a hint has a topic and a counter that moved");
        fmt::format_to(std::back_inserter(text), " {}{}:{}.{}", h.topic.of == topic::kind::app ? 'a' : 'c', h.topic.id,
                       h.creations, h.changes);
    }
    return text;
}

std::optional<std::vector<hint>> decode_hints(std::string_view text) {
    if (!skip(text, format)) return std::nullopt;
    std::vector<hint> all;
    while (!text.empty()) {
        const auto next = take_hint(text);
        if (!next || all.size() == hints_per_message_max) return std::nullopt;
        all.push_back(*next);
    }
    return all;
}

}  // namespace confab::live
