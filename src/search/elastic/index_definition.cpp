// A text is indexed in three fields, as n-grams of one, two and three characters (code points, as the engine's
// tokenizer counts). The analyzers drop and change nothing: core::fold has already decided what is equal.
// - A query of one or two characters is one n-gram. Every text with it matches, so these fields store no positions.
// - A longer query is the phrase of its trigrams. Exactly the texts that contain it match.
//
// Why not phrases of single characters alone, which would serve every query: over 100,000 messages of 64 characters
// they take 135 bytes a message instead of 250, but a query of ten letters takes 10 to 24 ms instead of 2.
#include "search/elastic/index_definition.hpp"

#include <fmt/core.h>

#include <array>

#include "base/hex.hpp"
#include "base/random.hpp"
#include "core/folding_version.hpp"

namespace confab::search {
namespace {

namespace json = boost::json;

constexpr std::size_t name_bytes = 8;

json::object ngrams(int length) {
    return {{"type", "text"}, {"analyzer", fmt::format("grams{}", length)}, {"norms", false}};
}

json::object ngrams_without_positions(int length) {
    auto field = ngrams(length);
    field["index_options"] = "docs";
    return field;
}

json::object meta(std::string_view ledger) {
    json::object all = {{"folding", core::folding_version()}};
    if (!ledger.empty()) all["ledger"] = ledger;
    return all;
}

// Without `_meta`.
json::object mapping() {
    auto text = ngrams(3);
    text["fields"] = {{"one", ngrams_without_positions(1)}, {"two", ngrams_without_positions(2)}};
    return {
        {"dynamic", "strict"},
        {"_routing", {{"required", true}}},
        {"properties", {{"chat", {{"type", "keyword"}}}, {"number", {{"type", "long"}}}, {"text", std::move(text)}}}};
}

json::object analysis() {
    json::object tokenizers, analyzers;
    for (const int length : {1, 2, 3}) {
        const auto name = fmt::format("grams{}", length);
        const auto text = std::to_string(length);  // as the engine returns it
        tokenizers[name] = {{"type", "ngram"}, {"min_gram", text}, {"max_gram", text}};
        analyzers[name] = {{"type", "custom"}, {"tokenizer", name}};
    }
    return {{"tokenizer", std::move(tokenizers)}, {"analyzer", std::move(analyzers)}};
}

const json::value* at(const json::value& in, std::initializer_list<std::string_view> path) {
    const auto* found = &in;
    for (const auto name : path) {
        const auto* object = found->if_object();
        found = object ? object->if_contains(name) : nullptr;
        if (!found) return nullptr;
    }
    return found;
}

}  // namespace

json::value definition_body(std::uint64_t shards, std::span<const std::string> aliases, std::string_view ledger) {
    // Replicas are created once there is a second node. A store refreshes by itself, and its texts are on disk when it
    // returns.
    json::object settings = {{"number_of_shards", shards},
                             {"auto_expand_replicas", "0-1"},
                             {"refresh_interval", "-1"},
                             {"translog", {{"durability", "request"}}},
                             {"analysis", analysis()}};
    auto mappings = mapping();
    mappings["_meta"] = meta(ledger);
    json::object named;
    for (const auto& alias : aliases) named[alias] = json::object();
    return {{"settings", {{"index", std::move(settings)}}},
            {"mappings", std::move(mappings)},
            {"aliases", std::move(named)}};
}

std::string ledger_of(const json::value& index_json) {
    const auto* found = at(index_json, {"mappings", "_meta", "ledger"});
    const auto* text = found ? found->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

definition_match compare_definition(const json::value& index_json) {
    const auto* mappings = at(index_json, {"mappings"});
    const auto* analyzers = at(index_json, {"settings", "index", "analysis"});
    if (!mappings || !mappings->is_object() || !analyzers || *analyzers != json::value(analysis()))
        return definition_match::different;
    auto theirs = mappings->get_object();
    theirs.erase("_meta");
    if (theirs != mapping()) return definition_match::different;
    const auto* folding = at(index_json, {"mappings", "_meta", "folding"});
    const bool is_folded_alike = folding && *folding == json::value(core::folding_version());
    return is_folded_alike ? definition_match::same : definition_match::other_folding;
}

std::string new_index_name(std::string_view alias) {
    std::array<std::byte, name_bytes> bytes;
    fill_random(bytes);
    return fmt::format("{}-{}", alias, to_hex(bytes));
}

std::string search_alias_of(std::string_view cluster) {
    return fmt::format("confab-{}", cluster);
}

std::string write_alias_of(std::string_view index) {
    return fmt::format("{}-write", index);
}

}  // namespace confab::search
