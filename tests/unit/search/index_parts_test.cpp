// Components of the indexes, without a file or an engine: blocks, their signatures, substring search, and the settings
// of an index in Elasticsearch.
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <csignal>

#include "core/substring.hpp"
#include "search/elastic/index_definition.hpp"
#include "search/elastic/index_locator.hpp"
#include "search/sqlite/block.hpp"
#include "search/sqlite/ngrams.hpp"
#include "support/seed.hpp"

namespace confab::search {
namespace {

using core::message_number;

std::string random_text(std::mt19937_64& random, std::size_t length_max, unsigned letters) {
    std::string text(std::uniform_int_distribution<std::size_t>(0, length_max)(random), ' ');
    for (char& c : text) c = static_cast<char>('a' + std::uniform_int_distribution<unsigned>(0, letters - 1)(random));
    return text;
}

TEST(find_substring, finds_where_a_plain_search_finds) {
    std::mt19937_64 random(testing::seed());
    for (int i = 0; i < 20'000; ++i) {
        const auto text = random_text(random, 100, 2), wanted = random_text(random, 9, 2);
        if (wanted.empty()) continue;
        const auto from = std::uniform_int_distribution<std::size_t>(0, text.size())(random);
        ASSERT_EQ(core::find_substring(text, wanted, from), text.find(wanted, from)) << text << ' ' << wanted;
    }
}

TEST(find_substring, finds_a_piece_that_is_there) {
    std::mt19937_64 random(testing::seed());
    for (int i = 0; i < 20'000; ++i) {
        const auto text = random_text(random, 200, 26);
        if (text.empty()) continue;
        const auto at = std::uniform_int_distribution<std::size_t>(0, text.size() - 1)(random);
        const auto piece = text.substr(at, static_cast<std::size_t>(1 + i % 70));
        ASSERT_EQ(core::find_substring(text, piece, 0), text.find(piece));
        ASSERT_EQ(core::find_substring(text, piece, at), at);
    }
}

// One letter repeated, so that almost every position is a candidate: then the search changes its algorithm.
TEST(find_substring, finds_what_comes_after_many_near_misses) {
    for (std::size_t size = 2; size < 600; size += 7) {
        std::string wanted(size, 'a');
        wanted[size / 3] = 'b';
        const auto text = std::string(2'000, 'a') + wanted + std::string(500, 'a') + wanted;
        for (const std::size_t from : {0U, 1U, 1'990U, 2'001U, 2'600U})
            ASSERT_EQ(core::find_substring(text, wanted, from), text.find(wanted, from)) << size << " from " << from;
        ASSERT_EQ(core::find_substring(std::string(3'000, 'a'), wanted, 0), std::string::npos) << size;
    }
}

std::vector<indexed_text> some_texts(std::uint64_t first, std::size_t count, std::mt19937_64& random) {
    std::vector<indexed_text> texts;
    for (std::size_t i = 0; i < count; ++i)
        texts.push_back(
            {message_number(first + i), 1 + i * i % 300, random_text(random, i % 50 == 0 ? 40'000 : 90, 5)});
    return texts;
}

TEST(block, gives_back_what_was_packed) {
    std::mt19937_64 random(testing::seed());
    const auto texts = some_texts(1'000, 700, random);
    std::vector<indexed_text> back;
    for (const auto& b : pack(texts)) {
        EXPECT_EQ(b.first.value(), 1'000 + back.size());
        const auto part = unpack(b.first, b.entries, b.texts);
        EXPECT_TRUE(part.size() == 1 || b.entries.size() + b.texts.size() <= block_bytes_max);
        back.insert(back.end(), part.begin(), part.end());
    }
    EXPECT_EQ(back, texts);
}

TEST(block, returns_exactly_the_messages_that_contain_a_text) {
    std::mt19937_64 random(testing::seed());
    const auto texts = some_texts(1, 400, random);
    for (const auto* query : {"a", "ab", "abc", "eee", "abcde", "aaaaaaaaaa", "x"}) {
        std::vector<message_number> found, expected;
        for (const auto& b : pack(texts))
            for (const auto number : numbers_in(b.first, b.entries, b.texts, core::folded_query(query)))
                found.push_back(number);
        for (const auto& t : texts)
            if (t.text.find(query) != std::string::npos) expected.push_back(t.number);
        EXPECT_EQ(found, expected) << query;
    }
}

TEST(block, finds_no_text_across_two_messages) {
    const std::vector<indexed_text> texts{{message_number(1), 1, "ab"}, {message_number(2), 1, "cd"}};
    const auto b = pack(texts).front();
    EXPECT_TRUE(numbers_in(b.first, b.entries, b.texts, core::folded_query("bc")).empty());
}

TEST(block, that_is_damaged_is_detected) {
    const std::vector<indexed_text> texts{{message_number(1), 1, "first"}, {message_number(2), 1, "second"}};
    const auto b = pack(texts).front();
    const auto expect_damage = [&](std::string entries, std::string all) {
        EXPECT_THROW(unpack(b.first, entries, all), damaged_block);
    };
    expect_damage(b.entries, b.texts.substr(0, b.texts.size() - 1));
    expect_damage(b.entries.substr(0, b.entries.size() - 1), b.texts);
    expect_damage(b.entries, "x" + b.texts);
    expect_damage(std::string(12, '\xff'), b.texts);
    expect_damage("", "");
    expect_damage("", b.texts);
    expect_damage(b.entries, b.texts + '\0');
    EXPECT_THROW(numbers_in(b.first, b.entries.substr(0, 2), b.texts, core::folded_query("second")), damaged_block);
}

TEST(index_definition, distinguishes_another_folding_from_another_mapping) {
    const std::array<std::string, 1> aliases{"x-write"};
    const auto made = search::definition_body(1, aliases, "0123456789abcdef").as_object();
    const auto described = [&](auto change) {
        boost::json::object index = made;
        change(index["mappings"].as_object());
        return search::compare_definition(index);
    };
    using search::definition_match;
    EXPECT_EQ(described([](auto&) {}), definition_match::same);
    EXPECT_EQ(described([](auto& m) { m["_meta"].as_object()["ledger"] = "fedcba9876543210"; }),
              definition_match::same);
    EXPECT_EQ(described([](auto& m) { m["_meta"] = boost::json::object{{"folding", "2 of Unicode 99"}}; }),
              definition_match::other_folding);
    EXPECT_EQ(described([](auto& m) { m.erase("_meta"); }),
              definition_match::other_folding);  // of a version that did not record it
    EXPECT_EQ(described([](auto& m) { m["dynamic"] = "true"; }), definition_match::different);
    EXPECT_EQ(described([](auto& m) { m.erase("properties"); }), definition_match::different);
    EXPECT_EQ(search::compare_definition(boost::json::object()), definition_match::different);
}

TEST(index_definition, says_why_an_index_cannot_be_searched) {
    const auto refusal = [](search::definition_match found, const std::string& ledger) {
        const index_description index{{}, found, ledger, {}, {}};
        return std::string(reason_not_to_search(index, "0123456789abcdef").value_or("none"));
    };
    EXPECT_EQ(refusal(search::definition_match::same, "0123456789abcdef"), "none");
    EXPECT_EQ(refusal(search::definition_match::other_folding, "0123456789abcdef"),
              "has another folding version (`confab reindex` makes a new one)");
    EXPECT_EQ(refusal(search::definition_match::different, "0123456789abcdef"),
              "has other settings or mappings than expected (`confab reindex` makes a new one)");
    for (const auto* other : {"fedcba9876543210", ""})
        EXPECT_EQ(refusal(search::definition_match::same, other),
                  "is not an index of this cluster (`confab reindex` makes a new one)");
}

TEST(index_definition, names_the_ledger_of_an_index) {
    const std::array<std::string, 1> aliases{"x-write"};
    EXPECT_EQ(search::ledger_of(search::definition_body(1, aliases, "0123456789abcdef")), "0123456789abcdef");
    EXPECT_EQ(search::ledger_of(search::definition_body(1, aliases, "")), "");
    EXPECT_EQ(search::ledger_of(boost::json::object()), "");
}

TEST(ngrams, never_rule_out_a_text_that_is_there) {
    std::mt19937_64 random(testing::seed());
    for (int i = 0; i < 300; ++i) {
        ngrams all;
        const auto text = random_text(random, 2'000, 26);
        all.add(text);
        for (std::size_t length = 1; length <= 20 && length <= text.size(); ++length) {
            const auto at = std::uniform_int_distribution<std::size_t>(0, text.size() - length)(random);
            ASSERT_TRUE(query_ngrams(text.substr(at, length)).may_be_in(all.stored()));
        }
    }
}

TEST(ngrams, rule_out_most_of_what_is_not_there) {
    std::mt19937_64 random(testing::seed());
    ngrams all;
    all.add(random_text(random, 16'000, 13));
    int not_ruled_out = 0;
    for (int i = 0; i < 1'000; ++i) {
        auto absent = random_text(random, 9, 13) + "xyz";
        not_ruled_out += query_ngrams(absent).may_be_in(all.stored());
    }
    EXPECT_LT(not_ruled_out, 200);
}

TEST(ngrams, of_an_empty_query_end_the_process) {
    EXPECT_EXIT(query_ngrams(""), ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::search
