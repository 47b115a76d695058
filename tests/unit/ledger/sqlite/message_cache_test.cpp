#include "ledger/sqlite/message_cache.hpp"

#include <gtest/gtest.h>

#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr std::size_t plenty = 1024 * 1024;
const core::chat_id chat(7);

core::message message(std::uint64_t number, std::string content) {
    return {core::message_number(number), std::move(content), std::nullopt, std::nullopt, 1, {}, {}};
}

using changed_messages = std::vector<core::batch_effects::changed_message>;
const changed_messages first_message{{chat, core::message_number(1)}};

// The second miss in a row returns it.
std::uint64_t ticket_of(message_cache& cache, std::uint64_t number) {
    cache.find(row_of(chat, number));
    return cache.find(row_of(chat, number)).ticket.value();
}

void put(message_cache& cache, std::uint64_t number, std::string content) {
    cache.put(row_of(chat, number), message(number, std::move(content)), ticket_of(cache, number));
}

std::optional<std::string> found(message_cache& cache, std::uint64_t number) {
    const auto seen = cache.find(row_of(chat, number));
    return seen.found ? std::optional(seen.found->content) : std::nullopt;
}

TEST(message_cache, finds_a_message_that_was_put) {
    message_cache cache(plenty);
    EXPECT_EQ(found(cache, 1), std::nullopt);
    put(cache, 1, "one");
    put(cache, 2, "two");
    EXPECT_EQ(found(cache, 1), "one");
    EXPECT_EQ(found(cache, 2), "two");
}

TEST(message_cache, gives_no_ticket_on_the_first_miss) {
    message_cache cache(plenty);
    std::size_t tickets = 0;
    for (std::uint64_t number = 1; number <= 20'000; ++number)
        tickets += cache.find(row_of(chat, number)).ticket.has_value();
    EXPECT_EQ(tickets, 0U);
    EXPECT_TRUE(cache.find(row_of(chat, 20'000)).ticket);
}

TEST(message_cache, caches_no_message_while_its_invalidation_is_open) {
    message_cache cache(plenty);
    put(cache, 1, "before");
    {
        const message_cache::invalidation open(cache, first_message);
        EXPECT_EQ(found(cache, 1), std::nullopt);
        put(cache, 1, "before");  // it was read during the commit
        EXPECT_EQ(found(cache, 1), std::nullopt);
    }
    EXPECT_EQ(found(cache, 1), std::nullopt);
    put(cache, 1, "after");
    EXPECT_EQ(found(cache, 1), "after");
}

TEST(message_cache, refuses_a_message_that_was_read_before_it_changed) {
    message_cache cache(plenty);
    const auto ticket = ticket_of(cache, 1);
    {
        const message_cache::invalidation open(cache, first_message);
    }
    cache.put(row_of(chat, 1), message(1, "before"), ticket);
    EXPECT_EQ(found(cache, 1), std::nullopt);
}

TEST(message_cache, invalidates_the_changed_messages_and_no_others) {
    message_cache cache(plenty);
    for (std::uint64_t number = 1; number <= 4; ++number) put(cache, number, "before");
    const changed_messages changed{{chat, core::message_number(2)}, {chat, core::message_number(1)}};
    {
        const message_cache::invalidation open(cache, changed);
    }
    EXPECT_EQ(found(cache, 1), std::nullopt);
    EXPECT_EQ(found(cache, 2), std::nullopt);
    EXPECT_EQ(found(cache, 3), "before");
    EXPECT_EQ(found(cache, 4), "before");
}

TEST(message_cache, caches_again_only_when_all_invalidations_of_a_message_are_closed) {
    message_cache cache(plenty);
    {
        const message_cache::invalidation outer(cache, first_message);
        {
            const message_cache::invalidation inner(cache, first_message);
        }
        put(cache, 1, "before");
        EXPECT_EQ(found(cache, 1), std::nullopt);
    }
    put(cache, 1, "after");
    EXPECT_EQ(found(cache, 1), "after");
}

TEST(message_cache, refuses_a_message_that_would_evict_many_others) {
    message_cache cache(plenty);
    put(cache, 1,
        std::string(plenty / 16 / 16, 'x'));  // a shard may use a sixteenth, and a message a sixteenth of that
    EXPECT_EQ(found(cache, 1), std::nullopt);
    put(cache, 1, std::string(1000, 'x'));
    EXPECT_TRUE(found(cache, 1));
}

TEST(message_cache, keeps_the_half_that_was_read_last) {
    message_cache cache(plenty);
    put(cache, 1, "asked for again and again");
    for (std::uint64_t number = 2; number < 20'000; ++number) {
        put(cache, number, std::string(100, 'x'));
        ASSERT_TRUE(found(cache, 1)) << number;
    }
    std::size_t kept = 0;
    for (std::uint64_t number = 2; number < 20'000; ++number) kept += found(cache, number).has_value();
    EXPECT_GT(kept, plenty / 2 / 512);
    EXPECT_LT(kept, plenty / 256);
}

}  // namespace
}  // namespace confab::ledger::sqlite
