#include "core/fingerprint.hpp"

#include <gtest/gtest.h>

#include "core/decide.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/entry.pb.h"
#include "support/commands.hpp"

namespace confab::core {
namespace {

create_message message_with(std::optional<std::string> metadata, std::optional<sender_name> sender = std::nullopt) {
    auto payload = testing::new_message(app_token::make(), 1, "text");
    payload.sender = std::move(sender);
    payload.metadata = std::move(metadata);
    return payload;
}

TEST(fingerprints, do_not_see_the_order_of_members) {
    const auto a = fingerprints_of(message_with(R"({"b":1,"a":[{"d":2,"c":3}]})")),
               b = fingerprints_of(message_with(R"({"a":[{"c":3,"d":2}],"b":1})"));
    EXPECT_EQ(a.canonical, b.canonical);
    EXPECT_NE(a.as_sent, b.as_sent);
    EXPECT_EQ(b.canonical, b.as_sent);
    for (const auto* const other : {R"({"a":[{"c":3,"d":2}],"b":1.0})", R"({"a":[{"c":3,"d":2}],"b":1,"c":1})", "{}"})
        EXPECT_NE(fingerprints_of(message_with(other)).canonical, b.canonical) << other;
    EXPECT_NE(fingerprints_of(message_with(R"({"a":1,"a":2})")).canonical,
              fingerprints_of(message_with(R"({"a":2,"a":1})")).canonical);
    EXPECT_NE(fingerprints_of(message_with("{}")).canonical, fingerprints_of(message_with({})).canonical);
}

TEST(fingerprints, as_sent_are_those_of_version_0_1_0) {
    const auto sent = R"({"b":1,"a":2})";
    const auto sender = testing::valid<sender_name>("ann");
    EXPECT_EQ(fingerprints_of(message_with(sent, sender)).as_sent,
              digest_of({"message", "text", "1", "ann", "1", sent}));
    EXPECT_EQ(fingerprints_of(message_with({})).as_sent, digest_of({"message", "text", "0", "", "0", ""}));
    EXPECT_EQ(fingerprints_of(create_chat{app_token::make()}).as_sent, digest_of({"chat"}));
    EXPECT_EQ(fingerprints_of(testing::new_app(app_token::make(), "name")).as_sent, digest_of({"app", "name"}));
}

class retry : public ::testing::Test {
protected:
    retry() { s.put({app_id(1), chat_number(1)}, chat_counters{chat_id(1)}); }

    result<command_result> decided(const create_message& payload, const std::optional<idempotency_key>& key) {
        batch_effects effects;
        auto submitted = payload;
        submitted.app = token;
        return decide(s, testing::command(std::move(submitted), key), {1}, {}, effects);
    }
    void keep(const digest& fingerprint) {
        s.put({key_scope{key_scope::kind::messages_of_chat, 1}, hash}, key_record{fingerprint, 7, {2}});
    }

    state s;
    const app_token token = s.put(app{app_id(1), app_token::make(), "name", 1, {}, {}}).token;
    const digest hash = digest_of({"k"});
    const create_message sent = message_with(R"({"b":1,"a":2})"), reordered = message_with(R"({"a":2,"b":1})"),
                         other = message_with(R"({"a":2,"b":2})");
};

TEST_F(retry, of_a_key_of_this_version_may_have_its_members_in_another_order) {
    keep(make_idempotency_key(hash, sent).fingerprint);
    for (const auto* const again : {&sent, &reordered})
        EXPECT_EQ(std::get<replayed>(decided(*again, make_idempotency_key(hash, *again)).value()).number, 7U);
    EXPECT_EQ(decided(other, make_idempotency_key(hash, other)).error(), error::key_reused);
}

TEST_F(retry, of_a_key_of_version_0_1_0_is_recognised_as_it_was_sent) {
    keep(fingerprints_of(sent).as_sent);
    EXPECT_EQ(std::get<replayed>(decided(sent, make_idempotency_key(hash, sent)).value()).number, 7U);
    EXPECT_EQ(decided(other, make_idempotency_key(hash, other)).error(), error::key_reused);
}

TEST_F(retry, through_a_node_of_version_0_1_0_is_recognised) {
    keep(make_idempotency_key(hash, sent).fingerprint);
    for (const auto* const again : {&sent, &reordered}) {
        const auto c = testing::command(*again, make_idempotency_key(hash, *again));
        queue::wire::Entry entry;
        ASSERT_TRUE(entry.ParseFromString(queue::encode(c, {}, "")));
        entry.mutable_key()->clear_canonical_fingerprint();
        const auto delivered = queue::decode(entry.SerializeAsString()).command;
        ASSERT_TRUE(delivered.key);
        EXPECT_EQ(delivered.key->fingerprint,
                  fingerprints_of(*again).as_sent);  // a worker of that version knows only this one
        EXPECT_EQ(std::get<replayed>(decided(*again, delivered.key).value()).number, 7U);
    }
}

TEST(retry_key_in_the_queue, carries_both_fingerprints) {
    const auto payload = message_with(R"({"b":1,"a":2})");
    const auto key = make_idempotency_key(digest_of({"k"}), payload);
    const auto bytes = queue::encode(testing::command(payload, key), {}, "");
    const auto delivered = queue::decode(bytes).command;
    ASSERT_TRUE(delivered.key);
    EXPECT_EQ(delivered.key->key_hash, key.key_hash);
    EXPECT_EQ(delivered.key->fingerprint, key.fingerprint);
    EXPECT_EQ(delivered.key->fingerprint_as_sent, key.fingerprint_as_sent);

    // A worker of version 0.1.0 reads the fingerprint that it knows.
    queue::wire::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(bytes));
    const auto as_sent = fingerprints_of(payload).as_sent;
    EXPECT_EQ(entry.key().fingerprint(), std::string(reinterpret_cast<const char*>(as_sent.data()), as_sent.size()));
}

TEST(retry_key_in_the_queue, that_is_none_makes_the_command_unreadable) {
    const auto payload = message_with("{}");
    queue::wire::Entry entry;
    ASSERT_TRUE(
        entry.ParseFromString(queue::encode(testing::command(payload, make_idempotency_key({}, payload)), {}, "")));
    const auto is_unreadable = [](const queue::wire::Entry& e) {
        return std::holds_alternative<unreadable>(queue::decode(e.SerializeAsString()).command.payload);
    };
    EXPECT_FALSE(is_unreadable(entry));
    for (const std::size_t length : {0U, 31U, 33U}) {
        auto wrong = entry;
        wrong.mutable_key()->set_canonical_fingerprint(std::string(length, 'f'));
        EXPECT_TRUE(is_unreadable(wrong)) << length;
        wrong = entry;
        wrong.mutable_key()->set_fingerprint(std::string(length, 'f'));
        EXPECT_TRUE(is_unreadable(wrong)) << length;
    }
    auto rename = entry;
    rename.mutable_rename_app()->set_app(entry.create_message().app());
    rename.mutable_rename_app()->set_name("x");
    EXPECT_TRUE(is_unreadable(rename));
}

}  // namespace
}  // namespace confab::core
