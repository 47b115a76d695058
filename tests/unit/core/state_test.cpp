#include "core/state.hpp"

#include <gtest/gtest.h>

namespace confab::core {
namespace {

class a_state : public ::testing::Test {
protected:
    // One of each: an app, a chat, a message, a key and a result.
    void fill() {
        s.next_app = app_id(8);
        s.next_chat = chat_id(9);
        s.put(app{app_id(1), token, "name", 1, {}, {}});
        s.put(chat, {chat_id(5), 2, 3});
        s.put(chat_id(5), message{message_number(2), "text", {}, {}, 1, {}, {}});
        s.put(key, {fingerprint, 17, {4}});
        s.put(job, result<command_result>(command_result(created{2, {}})));
    }
    bool has_counters() {
        return s.find(token) && s.find(chat) && s.next_app == app_id(8) && s.next_chat == chat_id(9);
    }
    bool has_no_counters() {
        return !s.find(token) && !s.find(chat) && s.next_app == app_id() && s.next_chat == chat_id();
    }
    bool has_rest() { return s.find(message_at) && s.find(key) && s.find(job); }
    bool has_nothing_else() { return !s.find(message_at) && !s.find(key) && !s.find(job); }

    state s;
    const app_token token = app_token::make();
    const state::chat_locator chat{app_id(1), chat_number(1)};
    const state::message_locator message_at{chat_id(5), message_number(2)};
    const state::key_locator key{{key_scope::kind::chats_of_app, 1}, digest_of({"key"})};
    const job_id job = make_job_id();
    const digest fingerprint = digest_of({"fingerprint"});
};

TEST_F(a_state, finds_what_was_put_into_it) {
    EXPECT_TRUE(has_no_counters() && has_nothing_else());
    fill();
    ASSERT_TRUE(has_counters() && has_rest());
    EXPECT_EQ(s.find(token)->name, "name");
    EXPECT_EQ(s.find(chat)->id, chat_id(5));
    EXPECT_EQ(s.find(chat)->changes_count, 3U);
    EXPECT_EQ(s.find(message_at)->content, "text");
    EXPECT_EQ(s.find(key)->number, 17U);
    EXPECT_EQ(s.find(key)->fingerprint, fingerprint);
    EXPECT_EQ(s.find(key)->expires_at, timestamp{4});
    EXPECT_EQ(std::get<created>(s.find(job)->value()).number, 2U);
}

TEST_F(a_state, finds_nothing_at_another_locator) {
    fill();
    EXPECT_FALSE(s.find(app_token::make()));
    EXPECT_FALSE(s.find(state::chat_locator{app_id(2), chat_number(1)}));
    EXPECT_FALSE(s.find(state::chat_locator{app_id(1), chat_number(2)}));
    EXPECT_FALSE(s.find(state::message_locator{chat_id(2), message_number(2)}));
    EXPECT_FALSE(s.find(state::message_locator{chat_id(5), message_number(5)}));
    EXPECT_FALSE(s.find(state::key_locator{{key_scope::kind::apps, 1}, key.second}));
    EXPECT_FALSE(s.find(state::key_locator{{key_scope::kind::chats_of_app, 2}, key.second}));
    EXPECT_FALSE(s.find(state::key_locator{key.first, digest_of({"other"})}));
    EXPECT_FALSE(s.find(make_job_id()));
}

TEST_F(a_state, replaces_what_is_put_again_and_returns_the_entry) {
    fill();
    EXPECT_EQ(&s.put(app{app_id(1), token, "new", 1, {}, {}}), s.find(token));
    EXPECT_EQ(s.find(token)->name, "new");
    auto& counters = s.put(chat, {chat_id(5), 7, 8});
    ++counters.messages_count;
    EXPECT_EQ(s.find(chat)->messages_count, 8U);
    EXPECT_EQ(s.find(chat)->changes_count, 8U);
    s.put(chat_id(5), message{message_number(2), "edited", {}, {}, 2, {}, {}}).version = 3;
    EXPECT_EQ(s.find(message_at)->content, "edited");
    EXPECT_EQ(s.find(message_at)->version, 3U);
    s.put(key, {fingerprint, 18, {}});
    EXPECT_EQ(s.find(key)->number, 18U);
    s.put(job, error::rejected);
    EXPECT_EQ(s.find(job)->error(), error::rejected);
}

TEST_F(a_state, keeps_the_counters_between_batches_if_there_are_not_too_many) {
    fill();
    s.end_batch(2);
    EXPECT_TRUE(has_counters() && has_nothing_else());
    s.put({app_id(1), chat_number(2)}, chat_counters{chat_id(6)});
    s.end_batch(3);
    EXPECT_TRUE(has_counters());
    s.end_batch(2);
    EXPECT_TRUE(has_no_counters());
    EXPECT_FALSE(s.find(state::chat_locator{app_id(1), chat_number(2)}));
}

TEST_F(a_state, has_nothing_once_it_is_cleared) {
    fill();
    s.clear();
    EXPECT_TRUE(has_no_counters() && has_nothing_else());
    fill();
    EXPECT_TRUE(has_counters() && has_rest());
}

}  // namespace
}  // namespace confab::core
