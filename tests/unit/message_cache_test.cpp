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

std::vector<core::effect> edit_of(std::uint64_t number, const std::string& content) {
    return {core::message_edited{chat, core::message_number(number), content, std::nullopt, 2, 1, timestamp{},
                                 core::job_id{}}};
}

// Asked for until it is worth keeping.
std::uint64_t ticket_of(message_cache& rows, std::uint64_t number) {
    rows.find(row_of(chat, number));
    return rows.find(row_of(chat, number)).ticket.value();
}

void keep(message_cache& rows, std::uint64_t number, std::string content) {
    rows.put(row_of(chat, number), message(number, std::move(content)), ticket_of(rows, number));
}

std::optional<std::string> found(message_cache& rows, std::uint64_t number) {
    const auto seen = rows.find(row_of(chat, number));
    return seen.found ? std::optional(seen.found->content) : std::nullopt;
}

TEST(message_cache, keep_what_was_read) {
    message_cache rows(plenty);
    EXPECT_EQ(found(rows, 1), std::nullopt);
    keep(rows, 1, "one");
    keep(rows, 2, "two");
    EXPECT_EQ(found(rows, 1), "one");
    EXPECT_EQ(found(rows, 2), "two");
}

TEST(message_cache, keep_nothing_that_is_asked_for_once) {
    message_cache rows(plenty);
    std::size_t taken = 0;
    for (std::uint64_t number = 1; number <= 20'000; ++number)
        taken += rows.find(row_of(chat, number)).ticket.has_value();
    EXPECT_EQ(taken, 0U);
    EXPECT_TRUE(rows.find(row_of(chat, 20'000)).ticket);
}

TEST(message_cache, drop_what_is_about_to_change_and_keep_nothing_of_it_until_it_has) {
    message_cache rows(plenty);
    keep(rows, 1, "before");
    const auto effects = edit_of(1, "after");
    {
        const message_cache::invalidation committing(rows, effects);
        EXPECT_EQ(found(rows, 1), std::nullopt);
        keep(rows, 1, "before");  // it was read while the commit was under way
        EXPECT_EQ(found(rows, 1), std::nullopt);
    }
    EXPECT_EQ(found(rows, 1), std::nullopt);
    keep(rows, 1, "after");
    EXPECT_EQ(found(rows, 1), "after");
}

TEST(message_cache, refuse_a_row_that_was_read_before_it_changed) {
    message_cache rows(plenty);
    const auto ticket = ticket_of(rows, 1);
    const auto effects = edit_of(1, "after");
    { const message_cache::invalidation committing(rows, effects); }
    rows.put(row_of(chat, 1), message(1, "before"), ticket);
    EXPECT_EQ(found(rows, 1), std::nullopt);
}

TEST(message_cache, keep_the_half_that_was_read_last) {
    message_cache rows(plenty);
    keep(rows, 1, "asked for again and again");
    for (std::uint64_t number = 2; number < 20'000; ++number) {
        keep(rows, number, std::string(100, 'x'));
        ASSERT_TRUE(found(rows, 1)) << number;
    }
    std::size_t kept = 0;
    for (std::uint64_t number = 2; number < 20'000; ++number) kept += found(rows, number).has_value();
    EXPECT_GT(kept, plenty / 2 / 512);
    EXPECT_LT(kept, plenty / 256);
}

}  // namespace
}  // namespace confab::ledger::sqlite
