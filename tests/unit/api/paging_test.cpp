#include "api/paging.hpp"

#include <gtest/gtest.h>

namespace confab::api {
namespace {

using ledger::order;

std::pair<std::uint64_t, std::uint64_t> range(anchor_kind kind, std::uint64_t anchor, std::uint64_t limit,
                                              std::uint64_t count, order o = order::ascending) {
    const auto w = window_of({limit, o, kind, {}}, anchor, count);
    return {w.after + 1, w.last};
}

TEST(page, is_a_range_of_numbers) {
    using enum anchor_kind;
    using r = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_EQ(range(none, 0, 3, 10), r(1, 3));
    EXPECT_EQ(range(none, 0, 3, 10, order::descending), r(8, 10));
    EXPECT_EQ(range(after, 4, 3, 10), r(5, 7));
    EXPECT_EQ(range(after, 9, 3, 10), r(10, 10));
    EXPECT_EQ(range(before, 4, 2, 10), r(2, 3));
    EXPECT_EQ(range(before, 4, 9, 10), r(1, 3));
    EXPECT_EQ(range(around, 5, 3, 10), r(4, 6));
    EXPECT_EQ(range(around, 5, 4, 10), r(4, 7));
    EXPECT_EQ(range(around, 1, 4, 10), r(1, 4));
    EXPECT_EQ(range(around, 10, 4, 10), r(7, 10));
    EXPECT_EQ(range(around, 5, 50, 10), r(1, 10));
}

// For any request, a page is within 1..count and as long as possible. The next pages continue exactly where it ends.
TEST(page, never_leaves_the_list) {
    for (const auto kind : {anchor_kind::none, anchor_kind::after, anchor_kind::before, anchor_kind::around}) {
        for (const auto o : {order::ascending, order::descending}) {
            for (std::uint64_t count = 0; count <= 8; ++count) {
                for (const std::uint64_t anchor : {0UL, 1UL, 2UL, 5UL, 8UL, 9UL, 100UL, core::number_max + 1}) {
                    for (std::uint64_t limit = 1; limit <= 10; ++limit) {
                        const auto w = window_of({limit, o, kind, {}}, anchor, count);
                        ASSERT_LE(w.after, w.last);
                        ASSERT_LE(w.last, count);
                        ASSERT_LE(w.last - w.after, limit);
                        const bool fills = kind == anchor_kind::none || kind == anchor_kind::around;
                        if (fills) {
                            ASSERT_EQ(w.last - w.after, std::min(limit, count));
                        }
                        const auto n = neighbours_of(w, count);
                        ASSERT_EQ(n.below.has_value(), w.after > 0);
                        ASSERT_EQ(n.above.has_value(), w.last < count);
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace confab::api
