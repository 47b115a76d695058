// Entries of a shared queue.
#include <gtest/gtest.h>

#include "queue/redis/codec.hpp"
#include "queue/redis/entry.pb.h"
#include "support/commands.hpp"

namespace confab::queue {
namespace {

const core::command message =
    testing::command(testing::new_message(core::app_token::make(), 7, "text"), testing::key("key", "payload"));

TEST(entry_codec, keeps_what_the_sender_saw_and_where_it_listens) {
    const auto [command, answer_to] = decode(encode(message, {3, 4}, "channel"));
    EXPECT_EQ(command.job, message.job);
    EXPECT_EQ(command.delivery->seen.number, 3U);
    EXPECT_EQ(command.delivery->seen.change, 4U);
    EXPECT_FALSE(command.delivery->replay_of);
    EXPECT_EQ(answer_to, "channel");
}

TEST(entry_codec, names_the_dead_letter_of_a_replay) {
    const auto job = core::make_job_id();
    const auto [command, answer_to] = decode(encode(message, {5, job}));
    EXPECT_EQ(command.job, message.job);
    ASSERT_TRUE(command.delivery->replay_of);
    EXPECT_EQ(command.delivery->replay_of->id, 5U);
    EXPECT_EQ(command.delivery->replay_of->job, job);
    EXPECT_EQ(std::get<core::create_message>(command.payload).content.text(), "text");
    EXPECT_EQ(command.key->key_hash, message.key->key_hash);
    EXPECT_EQ(answer_to, "");
}

TEST(entry_codec, cannot_read_the_replay_of_a_dead_letter_without_its_job) {
    wire::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(encode(message, {5, core::make_job_id()})));
    entry.mutable_replay_of()->set_job("short");
    EXPECT_TRUE(std::holds_alternative<core::unreadable>(decode(entry.SerializeAsString()).command.payload));
}

}  // namespace
}  // namespace confab::queue
