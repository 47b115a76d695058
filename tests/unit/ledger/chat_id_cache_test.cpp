#include "ledger/chat_id_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

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
    constexpr std::size_t kept_max = 64 * 1024 / 80;
    EXPECT_LE(kept, kept_max);
    EXPECT_GT(kept, kept_max / 4);
}

TEST(chat_id_cache, finds_only_right_ids_while_all_threads_use_it) {
    chat_id_cache cache(64 * 1024);
    const auto app = core::app_token::make();
    std::atomic<std::size_t> hits = 0, wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (std::uint64_t i = 0; i < 20'000; ++i) {
                    const auto n = 1 + (i * 31 + t * 7) % 2'000;
                    if (const auto id = cache.find(app, core::chat_number(n))) {
                        hits += 1;
                        wrong += *id != core::chat_id(n + 1);
                    } else {
                        cache.put(app, core::chat_number(n), core::chat_id(n + 1));
                    }
                }
            });
    }
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(hits, 0U);
}

}  // namespace
}  // namespace confab::ledger
