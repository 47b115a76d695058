#include "search/sqlite/ngrams.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "support/random_text.hpp"
#include "support/seed.hpp"

namespace confab::search {
namespace {

using testing::random_text;

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

TEST(ngrams, of_no_text_rule_out_every_query) {
    ngrams none;
    none.add("");
    for (const auto* query : {"a", "ab", "abc", "abcd"}) EXPECT_FALSE(query_ngrams(query).may_be_in(none.stored()));
}

TEST(ngrams, of_several_texts_are_those_of_each) {
    ngrams both;
    both.add("a");
    both.add("\xff\xfe\xfd");
    for (const auto* query : {"a", "\xff", "\xfe\xfd", "\xff\xfe\xfd"})
        EXPECT_TRUE(query_ngrams(query).may_be_in(both.stored())) << query;
}

TEST(ngrams, are_read_from_a_whole_signature_only) {
    const ngrams all;
    const query_ngrams query("a");
    EXPECT_EXIT(static_cast<void>(query.may_be_in(all.stored().first(ngrams::bytes - 1))),
                ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::search
