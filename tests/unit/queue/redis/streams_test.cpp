#include "queue/redis/streams.hpp"

#include <gtest/gtest.h>

#include <set>

namespace confab::queue {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();

TEST(the_keys_of_a_queue, name_the_cluster_and_share_the_hash_tag_of_their_partition) {
    const auto all = keys_of_all("0123", 12);
    ASSERT_EQ(all.size(), 12U);
    std::set<std::string> names;
    for (std::size_t p = 0; p < all.size(); ++p) {
        const auto prefix = "confab:0123:{p" + std::to_string(p) + "}:";
        EXPECT_EQ(all[p].stream, prefix + "stream");
        EXPECT_EQ(all[p].epoch, prefix + "epoch");
        EXPECT_EQ(all[p].bytes, prefix + "bytes");
        EXPECT_EQ(all[p].committed, prefix + "committed");
        names.insert({all[p].stream, all[p].epoch, all[p].bytes, all[p].committed});
    }
    EXPECT_EQ(names.size(), 4 * all.size());
    EXPECT_TRUE(keys_of_all("0123", 0).empty());
}

TEST(the_keys_of_a_queue, had_no_cluster_before) {
    const auto old = old_keys_of_all(2);
    ASSERT_EQ(old.size(), 2U);
    EXPECT_EQ(old[1].stream, "confab:{p1}:stream");
}

TEST(an_answer_channel, has_a_new_name_each_time) {
    std::set<std::string> names;
    for (int i = 0; i < 100; ++i) {
        const auto name = answer_channel("0123");
        EXPECT_TRUE(name.starts_with("confab:0123:answers:")) << name;
        EXPECT_EQ(name.size(), std::string_view("confab:0123:answers:").size() + 24);
        names.insert(name);
    }
    EXPECT_EQ(names.size(), 100U);
}

TEST(an_epoch, is_sent_as_its_bytes) {
    core::epoch_id epoch{};
    for (std::size_t i = 0; i < epoch.size(); ++i) epoch[i] = static_cast<std::byte>(i * 17);
    EXPECT_EQ(text_of(epoch).size(), 16U);
    EXPECT_EQ(parse_epoch(text_of(epoch)), epoch);
    EXPECT_EQ(parse_epoch(std::string(16, '\0')), core::epoch_id{});
    for (const std::size_t size : {0U, 15U, 17U}) EXPECT_FALSE(parse_epoch(std::string(size, 'a'))) << size;
}

TEST(an_entry_id, is_two_numbers_with_a_dash) {
    for (const auto& id : {core::entry_id{}, core::entry_id{1'700'000'000'000, 5}, core::entry_id{most, most}})
        EXPECT_EQ(parse_entry_id(text_of(id)), id);
    EXPECT_EQ(text_of(core::entry_id{12, 3}), "12-3");
    for (const auto* text : {"", "-", "1", "1-", "-1", "1-2-3", "1--2", "a-1", "1-a", " 1-2", "1-2 ", "+1-2", "1-0x2",
                             "18446744073709551616-0", "0-18446744073709551616"})
        EXPECT_FALSE(parse_entry_id(text)) << text;
}

TEST(the_digest_of_a_script, is_sha_1_as_redis_writes_it) {
    EXPECT_EQ(sha1_of(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(sha1_of("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

}  // namespace
}  // namespace confab::queue
