// Answers that a worker publishes to the node that waits.
#include <gtest/gtest.h>

#include "queue/redis/codec.hpp"
#include "queue/redis/entry.pb.h"

namespace confab::queue {
namespace {

const core::job_id job = core::make_job_id();

outcome sent(outcome value) {
    const auto found = decode_answers(encode({{job, std::move(value)}}));
    EXPECT_EQ(found.size(), 1U);
    EXPECT_EQ(found.at(0).job, job);
    return found.at(0).value;
}

template <class Result>
Result sent_result(Result value) {
    return std::get<Result>(*sent(core::command_result(std::move(value))));
}

// How many answers a reader finds beside `broken`.
std::size_t count_beside(const wire::Answer& broken) {
    wire::Answers all;
    all.ParseFromString(encode({{job, core::command_result(core::replayed{1})}}));
    *all.add_all() = broken;
    *all.add_all() = all.all(0);
    return decode_answers(all.SerializeAsString()).size();
}

wire::Answer readable() {
    wire::Answers all;
    all.ParseFromString(encode({{job, core::command_result(core::replayed{1})}}));
    return all.all(0);
}

TEST(an_answer, keeps_the_number_that_was_created_or_replayed) {
    const auto created = sent_result(core::created{7, {-5}});
    EXPECT_EQ(created.number, 7U);
    EXPECT_EQ(created.at.us, -5);
    EXPECT_EQ(sent_result(core::replayed{core::number_max}).number, core::number_max);
}

TEST(an_answer, keeps_every_member_of_an_app) {
    const core::app app{core::app_id(3), core::app_token::make(), std::string("a\0\xff", 3), 4, {5}, {6}};
    const auto found = sent_result(app);
    EXPECT_EQ(found.id, app.id);
    EXPECT_EQ(found.token, app.token);
    EXPECT_EQ(found.name, app.name);
    EXPECT_EQ(found.chats_count, 4U);
    EXPECT_EQ(found.created_at.us, 5);
    EXPECT_EQ(found.updated_at.us, 6);
}

TEST(an_answer, keeps_every_member_of_a_message_and_which_of_them_are_missing) {
    const auto full = sent_result(core::message{core::message_number(2), "text", "ann", "{}", 3, {4}, {5}, {{6}}});
    EXPECT_EQ(full.number.value(), 2U);
    EXPECT_EQ(full.content, "text");
    EXPECT_EQ(full.sender, "ann");
    EXPECT_EQ(full.metadata, "{}");
    EXPECT_EQ(full.version, 3U);
    EXPECT_EQ(full.created_at.us, 4);
    EXPECT_EQ(full.updated_at.us, 5);
    EXPECT_EQ(full.deleted_at, timestamp{6});
    const auto short_one = sent_result(core::message{core::message_number(2), "", {}, {}, 1, {4}, {4}});
    EXPECT_EQ(short_one.sender, std::nullopt);
    EXPECT_EQ(short_one.metadata, std::nullopt);
    EXPECT_EQ(short_one.deleted_at, std::nullopt);
    EXPECT_EQ(sent_result(core::message{core::message_number(2), "", "", {}, 1, {4}, {4}}).sender, "");
}

TEST(an_answer, keeps_every_error) {
    for (int e = 1; e <= error_count; ++e) {
        const auto found = sent(static_cast<error>(e));
        ASSERT_FALSE(found) << e;
        EXPECT_EQ(found.error(), static_cast<error>(e));
    }
}

TEST(answers, are_in_the_order_in_which_they_were_sent) {
    std::vector<job_outcome> all;
    for (std::uint64_t i = 0; i < 100; ++i)
        all.push_back({core::make_job_id(), core::command_result(core::replayed{i})});
    const auto found = decode_answers(encode(all));
    ASSERT_EQ(found.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(found[i].job, all[i].job);
        EXPECT_EQ(std::get<core::replayed>(*found[i].value).number, i);
    }
    EXPECT_TRUE(decode_answers(encode(std::vector<job_outcome>{})).empty());
}

TEST(answers, that_cannot_be_read_are_skipped) {
    EXPECT_EQ(count_beside(readable()), 3U);
    auto broken = readable();
    broken.clear_outcome();
    EXPECT_EQ(count_beside(broken), 2U);
    for (const auto unknown : {0U, static_cast<unsigned>(error_count) + 1}) {
        broken.set_refused(unknown);
        EXPECT_EQ(count_beside(broken), 2U) << unknown;
    }
    broken.mutable_app()->set_token("no token");
    EXPECT_EQ(count_beside(broken), 2U);
    for (const auto* other : {"", "short", "seventeen letters"}) {
        broken = readable();
        broken.set_job(other);
        EXPECT_EQ(count_beside(broken), 2U) << other;
    }
    EXPECT_TRUE(decode_answers("\xff\xff").empty());
}

}  // namespace
}  // namespace confab::queue
