#include "ledger/chat_id_cache.hpp"

#include <gtest/gtest.h>

namespace confab::ledger {
namespace {

TEST(chat_id_cache, finds_what_was_put_by_app_and_number) {
    chat_id_cache cache;
    const auto app = core::app_token::make();
    const auto other = core::app_token::make();
    cache.put(app, core::chat_number(1), core::chat_id(7));
    cache.put(other, core::chat_number(1), core::chat_id(8));
    EXPECT_EQ(cache.find(app, core::chat_number(1)), core::chat_id(7));
    EXPECT_EQ(cache.find(other, core::chat_number(1)), core::chat_id(8));
    EXPECT_EQ(cache.find(app, core::chat_number(2)), std::nullopt);
    EXPECT_EQ(cache.find(core::app_token::make(), core::chat_number(1)), std::nullopt);
}

TEST(chat_id_cache, keeps_what_is_in_use_when_it_is_full) {
    chat_id_cache cache(64 * 1024);
    const auto app = core::app_token::make();
    cache.put(app, core::chat_number(1), core::chat_id(1));
    std::size_t kept = 0;
    for (std::uint64_t n = 2; n <= 10'000; ++n) {
        cache.put(app, core::chat_number(n), core::chat_id(n));
        ASSERT_EQ(cache.find(app, core::chat_number(1)), core::chat_id(1)) << n;
    }
    for (std::uint64_t n = 2; n <= 10'000; ++n) kept += cache.find(app, core::chat_number(n)).has_value();
    EXPECT_LE(kept, 64 * 1024 / 128U);
    EXPECT_GT(kept, 64 * 1024 / 128U / 4);
}

}  // namespace
}  // namespace confab::ledger
