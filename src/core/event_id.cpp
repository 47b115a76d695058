#include "core/event_id.hpp"

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/digits.hpp"

namespace confab::core {
namespace {

constexpr std::size_t digits_max = 10;  // of number_max

// Digits without a leading zero, 0 to number_max.
std::optional<std::uint64_t> parse_counter(std::string_view text) {
    if (text == "0") return 0;
    const auto parsed = parse_number<number<struct counter_tag>>(text);
    return parsed ? std::optional(parsed->value()) : std::nullopt;
}

// Exactly digits_max digits.
std::optional<std::uint64_t> parse_padded(std::string_view text) {
    if (text.size() != digits_max || !is_digits(text)) return std::nullopt;
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value <= number_max ? std::optional(value) : std::nullopt;
}

// The text before the separator. Removes both from `rest`. Nothing: there is no separator.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
    const auto at = rest.find(separator);
    if (at == std::string_view::npos) return std::nullopt;
    const auto taken = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return taken;
}

std::optional<position> parse_position(std::string_view text) {
    const auto messages_text = take_until(text, '.');
    if (!messages_text) return std::nullopt;
    const auto messages = parse_counter(*messages_text);
    const auto changes = parse_counter(text);
    if (!messages || !changes) return std::nullopt;
    return position{*messages, *changes};
}

// Adds one part to `id`: the app's, or a chat's. False: malformed.
bool add_part(event_id& id, std::string_view part) {
    const auto number = take_until(part, ':');
    if (!number) return false;
    if (*number == "0") {
        if (id.chats_count || !id.chats.empty()) return false;
        id.chats_count = parse_counter(part);
        return id.chats_count.has_value();
    }
    const auto chat = parse_number<chat_number>(*number);
    const auto at = parse_position(part);
    if (!chat || !at || id.find(*chat) || id.chats.size() == event_id_chats_max) return false;
    id.chats.push_back({*chat, *at});
    return true;
}

}  // namespace

std::optional<event_id> event_id::parse(std::string_view text) {
    event_id id;
    // A part has one colon. With a generation the first part has two.
    const auto first = text.substr(0, text.find(','));
    if (std::ranges::count(first, ':') == 2) {
        id.generation = generation::parse(*take_until(text, ':'));
        if (!id.generation) return std::nullopt;
    }
    for (;;) {
        const auto part = take_until(text, ',');
        if (!add_part(id, part.value_or(text))) return std::nullopt;
        if (!part) return id;
    }
}

std::optional<position> event_id::find(chat_number chat) const {
    const auto found = std::ranges::find(chats, chat, &numbered_position::chat);
    return found == chats.end() ? std::nullopt : std::optional(found->position);
}

std::string event_id_of(const generation& g, chat_number chat, const position& p) {
    std::string id;
    id.reserve(48);
    id.append(g.text()).append(":");
    append_number(id, chat.value());
    id += ':';
    append_number(id, p.messages);
    id += '.';
    append_number(id, p.changes);
    return id;
}

void append_app(std::string& id, const generation& g, std::uint64_t chats_count) {
    id.append(g.text()).append(":0:");
    append_number(id, chats_count);
}

void append_chat(std::string& id, chat_number chat, const position& p) {
    id += ',';
    append_number(id, chat.value());
    id += ':';
    append_number(id, p.messages);
    id += '.';
    append_number(id, p.changes);
}

std::optional<offset> offset::parse(std::string_view text) {
    const auto of = take_until(text, '-');
    const auto messages = of ? take_until(text, '-') : std::nullopt;
    if (!messages) return std::nullopt;
    const auto parsed = generation::parse(*of);
    const auto m = parse_padded(*messages);
    const auto c = parse_padded(text);
    if (!parsed || !m || !c) return std::nullopt;
    return offset{*parsed, {*m, *c}};
}

std::string text_of(const offset& o) {
    return fmt::format(FMT_COMPILE("{}-{:010}-{:010}"), o.generation.text(), o.position.messages, o.position.changes);
}

}  // namespace confab::core
