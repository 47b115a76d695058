#include "search/indexed/failure_reason.hpp"

#include <gtest/gtest.h>

namespace confab::search {
namespace {

std::string ledger_down() {
    return "MySQL is down";
}

TEST(the_reason_of_an_index_failure, is_the_engine_that_was_unavailable) {
    EXPECT_EQ(failure_reason(error::unavailable, "Elasticsearch is down", ledger_down), "Elasticsearch is down");
    EXPECT_EQ(failure_reason(error::unavailable, "", ledger_down), "MySQL is down");
    EXPECT_EQ(failure_reason(error::unavailable, "Elasticsearch is down", nullptr), "Elasticsearch is down");
}

TEST(the_reason_of_an_index_failure, is_the_error_itself_if_no_engine_has_one) {
    const auto unavailable = make_error_code(error::unavailable).message();
    EXPECT_EQ(failure_reason(error::unavailable, "", nullptr), unavailable);
    EXPECT_EQ(failure_reason(error::unavailable, "", [] { return std::string(); }), unavailable);
}

TEST(the_reason_of_an_index_failure, is_another_error_whatever_the_engines_report) {
    for (int e = 1; e <= error_count; ++e) {
        const auto cause = make_error_code(static_cast<error>(e));
        if (cause == error::unavailable) continue;
        EXPECT_EQ(failure_reason(cause, "Elasticsearch is down", ledger_down), cause.message());
    }
}

}  // namespace
}  // namespace confab::search
