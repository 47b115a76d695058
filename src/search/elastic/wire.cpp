#include "search/elastic/wire.hpp"

#include <fmt/core.h>

#include <boost/json/serialize.hpp>
#include <iterator>

namespace confab::search {
namespace {

namespace json = boost::json;

// Of a longer query only the beginning is searched: a false candidate costs the caller a row lookup.
constexpr std::size_t query_characters_max = 64;

std::size_t character_bytes(char first) {
    const auto lead = static_cast<unsigned char>(first);
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

struct beginning {
    std::string_view text;
    std::size_t characters = 0;
};

beginning beginning_of(std::string_view query) {
    std::size_t bytes = 0, characters = 0;
    for (; bytes < query.size() && characters < query_characters_max; ++characters)
        bytes += character_bytes(query[bytes]);
    return {query.substr(0, bytes), characters};
}

json::object condition(std::string_view query) {
    const auto [text, characters] = beginning_of(query);
    switch (characters) {
        case 1:
            return {{"term", {{"text.one", text}}}};
        case 2:
            return {{"term", {{"text.two", text}}}};
        default:
            return {{"match_phrase", {{"text", text}}}};
    }
}

std::string name_of(core::chat_id chat) {
    return std::to_string(chat.value());
}

json::object of_chat(core::chat_id chat) {
    return {{"term", {{"chat", name_of(chat)}}}};
}

json::object all_of(json::array conditions) {
    return {{"bool", {{"filter", std::move(conditions)}}}};
}

const json::array* hits_of(const json::value& answer) {
    boost::system::error_code none;
    const auto* timed_out = answer.find_pointer("/timed_out", none);
    if (!timed_out || timed_out->is_bool() == false || timed_out->get_bool()) return nullptr;
    const auto* hits = answer.find_pointer("/hits/hits", none);
    return hits ? hits->if_array() : nullptr;
}

std::optional<std::uint64_t> number_at(const json::value& in, std::string_view path) {
    boost::system::error_code fault;
    const auto* found = in.find_pointer(path, fault);
    if (!found) return std::nullopt;
    const auto value = found->to_number<std::uint64_t>(fault);
    return fault ? std::nullopt : std::optional(value);
}

// Appends a text as the two lines of a bulk item.
void append(std::string& bulk, const std::string& chat, const indexed_text& t) {
    const json::string text(t.text);
    fmt::format_to(std::back_inserter(bulk),
                   R"({{"index":{{"_id":"{0}:{1}","routing":"{0}","version":{2},"version_type":"external"}}}})"
                   "\n"
                   R"({{"chat":"{0}","number":{1},"text":{3}}})"
                   "\n",
                   chat, t.number.value(), t.version, json::serialize(text));
}

}  // namespace

std::string candidates_body(core::chat_id chat, const core::folded_query& query, core::message_number below,
                            std::size_t most, std::chrono::milliseconds limit) {
    const json::object body = {{"query", all_of({of_chat(chat), condition(query.folded())})},
                               {"sort", {{{"number", "desc"}}}},
                               {"search_after", {below.value()}},
                               {"size", most},
                               {"timeout", fmt::format("{}ms", limit.count())},
                               {"track_total_hits", false},
                               {"_source", false},
                               {"stored_fields", "_none_"}};
    return json::serialize(body);
}

std::optional<std::vector<core::message_number>> numbers_in(const json::value& answer) {
    const auto* hits = hits_of(answer);
    if (!hits) return std::nullopt;
    std::vector<core::message_number> numbers;
    for (const auto& hit : *hits) {
        const auto number = number_at(hit, "/sort/0");
        if (!number) return std::nullopt;
        numbers.emplace_back(*number);
    }
    return numbers;
}

std::string texts_body(core::chat_id chat, core::message_number after, std::uint64_t last, std::size_t most) {
    const json::object up_to = {{"range", {{"number", {{"lte", last}}}}}};
    const json::object body = {{"query", all_of({of_chat(chat), up_to})},
                               {"sort", {{{"number", "asc"}}}},
                               {"search_after", {after.value()}},
                               {"size", most},
                               {"track_total_hits", false},
                               {"version", true},
                               {"_source", {"text"}}};
    return json::serialize(body);
}

std::optional<std::vector<indexed_text>> texts_in(const json::value& answer) {
    const auto* hits = hits_of(answer);
    if (!hits) return std::nullopt;
    std::vector<indexed_text> texts;
    for (const auto& hit : *hits) {
        boost::system::error_code none;
        const auto number = number_at(hit, "/sort/0");
        const auto version = number_at(hit, "/_version");
        const auto* text = hit.find_pointer("/_source/text", none);
        if (!number || !version || !text || !text->is_string()) return std::nullopt;
        texts.push_back({core::message_number(*number), *version, std::string(text->get_string())});
    }
    return texts;
}

std::vector<std::string> bulk_bodies(core::chat_id chat, std::span<const indexed_text> texts, std::size_t bytes_max) {
    const auto name = name_of(chat);
    std::vector<std::string> bodies;
    for (const auto& t : texts) {
        if (bodies.empty() || bodies.back().size() >= bytes_max) bodies.emplace_back();
        append(bodies.back(), name, t);
    }
    return bodies;
}

bulk_outcome outcome_in(const json::value& answer) {
    boost::system::error_code none;
    const auto* errors = answer.find_pointer("/errors", none);
    if (!errors || !errors->is_bool()) return {.refused = "it is not a bulk response"};
    if (!errors->get_bool()) return {};
    const auto* items = answer.find_pointer("/items", none);
    if (!items || !items->is_array()) return {.refused = "it does not list the refused items"};
    for (const auto& item : items->get_array()) {
        const auto status = number_at(item, "/index/status").value_or(0);
        const bool is_done =
            status == 200 || status == 201 || status == 409;  // 409: it has this version or a later one
        if (is_done) continue;
        const auto* type = item.find_pointer("/index/error/type", none);
        const auto* reason = item.find_pointer("/index/error/reason", none);
        return {.is_gone = status == 404,
                .refused = fmt::format("{} ({})", type ? json::serialize(*type) : "no type",
                                       reason ? json::serialize(*reason) : "no reason")};
    }
    return {};
}

}  // namespace confab::search
