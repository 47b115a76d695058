#include "ledger/version_history.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace confab::ledger {
namespace {

timestamp made(std::uint64_t version) {
    return {static_cast<std::int64_t>(1'000 * version)};
}

std::string content(std::uint64_t version) {
    return "text " + std::to_string(version);
}

// The versions above `after` of a message whose current version is `last`.
std::vector<core::message_version> read(std::uint64_t after, std::uint64_t last, std::uint64_t first_change) {
    version_history history(after, made(1));
    for (auto version = first_change; version <= last && !history.is_full(); ++version)
        history.add_change(version, made(version), content(version - 1));
    history.finish({last, content(last), made(last)});
    return std::move(history).versions();
}

void expect_versions(const std::vector<core::message_version>& found, std::uint64_t first, std::size_t count) {
    ASSERT_EQ(found.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(found[i].version, first + i);
        EXPECT_EQ(found[i].content, content(first + i));
        EXPECT_EQ(found[i].created_at, made(first + i)) << found[i].version;
    }
}

TEST(a_version_history, of_a_message_without_changes_is_its_current_version) {
    expect_versions(read(0, 1, 2), 1, 1);
    EXPECT_TRUE(read(1, 1, 2).empty());
}

TEST(a_version_history, has_all_versions_above_the_given_one) {
    for (std::uint64_t last = 1; last <= 5; ++last)
        for (std::uint64_t after = 0; after < last; ++after)
            expect_versions(read(after, last, std::max<std::uint64_t>(2, after + 1)), after + 1, last - after);
}

TEST(a_version_history, expects_the_next_version) {
    version_history history(0, made(1));
    EXPECT_EQ(history.next(), 1U);
    history.add_change(2, made(2), content(1));
    EXPECT_EQ(history.next(), 2U);
    history.finish({3, content(3), made(3)});  // not the next one
    expect_versions(std::move(history).versions(), 1, 1);
}

TEST(a_version_history, of_many_versions_ends_at_the_most_rows_of_a_slice) {
    expect_versions(read(0, slice_rows_max, 2), 1, slice_rows_max);
    expect_versions(read(0, slice_rows_max + 1, 2), 1, slice_rows_max);
    expect_versions(read(slice_rows_max, slice_rows_max + 1, slice_rows_max + 1), slice_rows_max + 1, 1);
}

TEST(a_version_history, of_long_texts_ends_with_the_text_that_fills_the_slice) {
    version_history history(0, made(1));
    history.add_change(2, made(2), std::string(slice_bytes_max - 1, 'a'));
    EXPECT_FALSE(history.is_full());
    history.add_change(3, made(3), "b");
    EXPECT_TRUE(history.is_full());
    history.finish({3, "c", made(3)});
    const auto found = std::move(history).versions();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].content, "b");
}

TEST(a_version_history, that_is_full_takes_no_change) {
    version_history history(0, made(1));
    history.add_change(2, made(2), std::string(slice_bytes_max, 'a'));
    ASSERT_TRUE(history.is_full());
    EXPECT_EXIT(history.add_change(3, made(3), "b"), ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::ledger
