#include "core/generation.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/random_text.hpp"

namespace confab::core {
namespace {

TEST(generation, is_read_from_its_text) {
    const auto made = generation::make();
    EXPECT_EQ(made.text().size(), generation::length);
    EXPECT_TRUE(is_alphanumeric(made.text())) << made.text();
    EXPECT_EQ(generation::parse(made.text()), made);
    const auto parsed = generation::parse("aB3dE6gH");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text(), "aB3dE6gH");
    EXPECT_NE(parsed, generation::parse("aB3dE6gh"));
    EXPECT_TRUE(generation::parse("0OIl0OIl"));  // of another alphabet
}

TEST(generation, is_another_one_each_time) {
    for (int i = 0; i < 1000; ++i) ASSERT_NE(generation::make(), generation::make());
}

TEST(generation, has_eight_letters_and_digits) {
    for (const std::string malformed :
         {"", "aB3dE6g", "aB3dE6gH1", "aB3dE6g-", "aB3dE6g ", " B3dE6gH", "aB3dE:gH", "aB3dE6g\xc3", "\303\244aB3dE6"})
        EXPECT_FALSE(generation::parse(malformed)) << malformed;
    EXPECT_FALSE(generation::parse(std::string(8, '\0')));
}

}  // namespace
}  // namespace confab::core
