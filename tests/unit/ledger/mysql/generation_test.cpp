#include "ledger/mysql/generation.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace confab::ledger::mysql {
namespace {

constexpr std::uint64_t number_of_abc = 0x4162'3031'3233'795a;  // "Ab0123yZ" in ASCII

TEST(a_stored_generation, is_its_characters_as_a_number) {
    const auto g = core::generation::parse("Ab0123yZ").value();
    EXPECT_EQ(encode(g), number_of_abc);
    EXPECT_EQ(decode_generation(number_of_abc), g);
}

TEST(a_stored_generation, is_read_back) {
    for (int i = 0; i < 100; ++i) {
        const auto drawn = core::generation::make();
        EXPECT_EQ(decode_generation(encode(drawn)), drawn);
    }
}

TEST(a_stored_generation, of_other_characters_is_refused) {
    for (const std::uint64_t wrong :
         {std::uint64_t{0}, std::uint64_t{7}, number_of_abc >> 8, number_of_abc | 0x80, number_of_abc << 8,
          std::uint64_t{0x4162'3031'3233'7920}, std::numeric_limits<std::uint64_t>::max()})
        EXPECT_FALSE(decode_generation(wrong)) << wrong;
}

}  // namespace
}  // namespace confab::ledger::mysql
