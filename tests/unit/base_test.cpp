#include <gtest/gtest.h>

#include <set>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/random.hpp"

namespace confab {
namespace {

std::string rfc3339(std::int64_t us) {
    std::string out;
    append_rfc3339(out, {us});
    return out;
}

TEST(timestamp, is_written_as_rfc_3339_in_utc) {
    EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(951'827'696'789'999), "2000-02-29T12:34:56.789Z");
    EXPECT_EQ(rfc3339(1'767'225'599'999'999), "2025-12-31T23:59:59.999Z");
}

TEST(timestamp, is_a_date_for_http) {
    EXPECT_EQ(http_date({784'111'777'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(digest, tells_where_one_field_ends_and_the_next_begins) {
    EXPECT_EQ(digest_of({"ab", "c"}), digest_of({"ab", "c"}));
    EXPECT_NE(digest_of({"ab", "c"}), digest_of({"a", "bc"}));
    EXPECT_NE(digest_of({"ab"}), digest_of({"ab", ""}));
}

TEST(random_bytes, never_come_twice_whatever_the_length_asked) {
    std::set<std::vector<std::byte>> seen;
    for (std::size_t i = 0; i < 2000; ++i) {
        std::vector<std::byte> drawn(16 + i % 300);
        fill_random(drawn);
        drawn.resize(16);
        EXPECT_TRUE(seen.insert(drawn).second);
    }
}

TEST(errors, all_have_a_message_of_their_own) {
    std::set<std::string> seen;
    for (int e = 1; e <= error_count; ++e)
        EXPECT_TRUE(seen.insert(make_error_code(static_cast<error>(e)).message()).second);
    EXPECT_FALSE(seen.contains("unknown error"));
}

}  // namespace
}  // namespace confab
