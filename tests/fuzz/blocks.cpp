// Blocks of the search index and their signatures. Texts that were packed are unpacked to the same, and a search of a
// block finds what a plain search of each text finds. Any bytes are a damaged block, or one whose texts add up to them.
#include "search/sqlite/block.hpp"

#include <optional>
#include <string>
#include <vector>

#include "core/substring.hpp"
#include "fuzz/fuzz.hpp"
#include "search/sqlite/ngrams.hpp"

namespace confab::fuzz {
namespace {

using core::message_number;
using texts = std::vector<search::indexed_text>;
using numbers = std::vector<message_number>;

std::string without_zeros(std::string_view text) {
    std::string kept(text);
    std::erase(kept, '\0');
    return kept;
}

numbers plain_search(const texts& all, std::string_view query) {
    numbers found;
    for (const auto& t : all)
        if (t.text.find(query) != std::string::npos) found.push_back(t.number);
    return found;
}

void check_signature(const texts& all, std::string_view query) {
    search::ngrams signature;
    for (const auto& t : all) signature.add(t.text);
    const auto may_be_in = search::query_ngrams(query).may_be_in(signature.stored());
    expect(may_be_in || plain_search(all, query).empty(), "a signature excludes no text that has the query");
}

// The query of the searches: ASCII, which folds to itself if it is in lower case.
std::string query_in(input& from) {
    auto query = without_zeros(from.text());
    for (char& c : query) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
    return query;
}

void check_packed(input from) {
    const auto query = query_in(from);
    const message_number first(1 + from.number(4));
    texts all;
    int long_texts_left = 6;
    for (auto number = first; !from.is_at_end(); number = number.next()) {
        const auto version = from.number(1 + from.number() % 8);
        auto text = without_zeros(from.text());
        if (from.number() % 16 == 0 && long_texts_left-- > 0)
            text.append(7'000, 'x');  // so that there are several blocks
        all.push_back({number, version, std::move(text)});
    }
    texts back;
    numbers found;
    for (const auto& b : search::pack(all)) {
        const auto part = search::unpack(b.first, b.entries, b.texts);
        expect(part.front().number == b.first, "a block begins with its first message");
        expect(part.size() == 1 || b.entries.size() + b.texts.size() <= search::block_bytes_max, "a block fits a page");
        back.insert(back.end(), part.begin(), part.end());
        if (query.empty()) continue;
        const auto hits = search::numbers_in(b.first, b.entries, b.texts, core::folded_query(query));
        found.insert(found.end(), hits.begin(), hits.end());
        check_signature(part, query);
    }
    expect(back == all, "texts that were packed are unpacked to the same");
    expect(query.empty() || found == plain_search(all, query), "a search of blocks finds what a plain search finds");
}

std::optional<texts> unpacked(message_number first, std::string_view entries, std::string_view bytes) {
    try {
        return search::unpack(first, entries, bytes);
    } catch (const search::damaged_block&) {
        return std::nullopt;
    }
}

void check_any_bytes(input from) {
    const auto query = query_in(from);
    const message_number first(1 + from.number(4));
    const auto entries = from.text(), bytes = from.rest();
    const auto all = unpacked(first, entries, bytes);
    if (all) {
        std::string joined;
        for (const auto& t : *all) joined.append(t.text).append(1, '\0');
        expect(!all->empty() && joined == bytes, "the texts of a block add up to its bytes");
    }
    if (query.empty()) return;
    try {
        const auto found = search::numbers_in(first, entries, bytes, core::folded_query(query));
        if (all) expect(found == plain_search(*all, query), "a search of a block finds what a plain search finds");
        expect(std::ranges::is_sorted(found), "the numbers that a search finds ascend");
    } catch (const search::damaged_block&) {
        expect(!all, "only a damaged block is called one");
    }
}

void check_substring(input from) {
    const auto at = from.number();
    const auto wanted = from.text(), text = from.rest();
    if (wanted.empty()) return;
    expect(core::find_substring(text, wanted, at) == text.find(wanted, at), "a text is found where it is");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    switch (from.number() % 3) {
        case 0:
            check_any_bytes(from);
            break;
        case 1:
            check_packed(from);
            break;
        default:
            check_substring(from);
    }
    return 0;
}
