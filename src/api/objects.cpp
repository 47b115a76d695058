#include "api/objects.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/digits.hpp"
#include "core/highlight.hpp"
#include "http/json.hpp"

namespace confab::api {
namespace {

using http::append_json;

// The text before a member's value: `,"name":`.
template <std::size_t Length>
struct member_name {
    consteval member_name(const char (&name)[Length]) {  // implicit, so that a literal converts to it
        text[0] = ',';
        text[1] = '"';
        std::copy_n(name, Length - 1, text + 2);
        text[Length + 1] = '"';
        text[Length + 2] = ':';
    }
    char text[Length + 3];
};

// Writes one object, member by member.
class object {
public:
    explicit object(std::string& out) : out_(out) { out_ += '{'; }
    ~object() { out_ += '}'; }
    object(const object&) = delete;
    object& operator=(const object&) = delete;

    template <member_name Name>
    void text(std::string_view value) {
        append_json(begin<Name>(), value);
    }
    template <member_name Name>
    void optional_text(const std::optional<std::string_view>& value) {
        auto& out = begin<Name>();
        if (value)
            append_json(out, *value);
        else
            out += "null";
    }
    template <member_name Name>
    void json(const std::optional<std::string_view>& value) {
        begin<Name>() += value.value_or("null");
    }
    template <member_name Name>
    void number(std::uint64_t value) {
        append_number(begin<Name>(), value);
    }
    template <member_name Name>
    void time(timestamp at) {
        begin<Name>() += '"';
        append_rfc3339(out_, at);
        out_ += '"';
    }

private:
    template <member_name Name>
    std::string& begin() {
        const std::string_view name(Name.text, sizeof Name.text);
        return out_.append(std::exchange(first_, false) ? name.substr(1) : name);
    }

    std::string& out_;
    bool first_ = true;
};

struct message_view {
    std::uint64_t number;
    std::optional<std::string_view> content;
    std::optional<std::string_view> sender;
    std::optional<std::string_view> metadata;
    std::uint64_t version;
    timestamp created_at;
    timestamp updated_at;
    std::optional<timestamp> deleted_at = std::nullopt;
};

void append_message(std::string& out, const message_view& m) {
    const auto length = m.content ? m.content->size() : 0;
    out.reserve(out.size() + length + length / 8 + 256);
    object o(out);
    o.number<"number">(m.number);
    o.optional_text<"content">(m.content);
    o.optional_text<"sender">(m.sender);
    o.json<"metadata">(m.metadata);
    o.number<"version">(m.version);
    o.time<"created_at">(m.created_at);
    o.time<"updated_at">(m.updated_at);
    if (m.deleted_at) o.time<"deleted_at">(*m.deleted_at);
}

}  // namespace

void append(std::string& out, const core::app& a) {
    object o(out);
    o.text<"token">(a.token.text());
    o.text<"name">(a.name);
    o.number<"chats_count">(a.chats_count);
    o.time<"created_at">(a.created_at);
    o.time<"updated_at">(a.updated_at);
}

void append(std::string& out, const core::chat& c) {
    object o(out);
    o.number<"number">(c.number.value());
    o.number<"messages_count">(c.messages_count);
    o.time<"created_at">(c.created_at);
    o.time<"updated_at">(c.updated_at);
}

void append(std::string& out, const core::message& m) {
    const auto content = m.deleted_at ? std::nullopt : std::optional<std::string_view>(m.content);
    append_message(
        out, {m.number.value(), content, m.sender, m.metadata, m.version, m.created_at, m.updated_at, m.deleted_at});
}

highlighted_message highlighted(const core::message& m, const core::folded_query& query) {
    highlighted_message made;
    auto& out = made.json;
    append(out, m);
    out.back() = ',';  // continues the object
    out += "\"fragments\":[";
    for (bool first = true; const auto& f : core::fragments_of(m.content, query)) {
        out += std::exchange(first, false) ? "{\"text\":" : ",{\"text\":";
        append_json(out, f.text);
        out += f.is_match ? ",\"match\":true}" : "}";
    }
    out += "]}";
    return made;
}

void append(std::string& out, const core::message_version& v) {
    object o(out);
    o.number<"version">(v.version);
    o.text<"content">(v.content);
    o.time<"created_at">(v.created_at);
}

std::string json_of(const core::create_message& payload, const core::created& made) {
    std::string out;
    const auto sender = payload.sender ? std::optional<std::string_view>(payload.sender->text()) : std::nullopt;
    append_message(out, {made.number, payload.content.text(), sender, payload.metadata, 1, made.at, made.at});
    return out;
}

std::string etag_of(std::uint64_t version) {
    std::string tag = "\"";
    append_number(tag, version);
    return tag += '"';
}

std::string path_to(const core::app_token& app) {
    std::string path;
    path.reserve(64);
    return path.append("/apps/").append(app.text());
}

std::string path_to(const core::app_token& app, core::chat_number chat) {
    auto path = path_to(app) += "/chats/";
    append_number(path, chat.value());
    return path;
}

std::string path_to(const core::app_token& app, core::chat_number chat, core::message_number message) {
    auto path = path_to(app, chat) += "/messages/";
    append_number(path, message.value());
    return path;
}

}  // namespace confab::api
