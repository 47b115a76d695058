#include "ledger/sqlite/batch_codec.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "ledger/sqlite/batch.pb.h"

namespace confab::ledger::sqlite {
namespace {

digest digest_like(std::string_view text) {
    return digest_of({text});
}

const timestamp at{1'700'000'000'123'456};

TEST(batch_codec, gives_back_every_kind_of_effect) {
    const auto token = core::app_token::make();
    const std::string name = "näme 😀", content(70'000, 'c'), metadata = R"({"a":1})", nul("a\0b", 3);
    const core::key_scope scope{core::key_scope::kind::messages_of_chat, 7};
    const core::batch_effects effects{
        core::app_created{core::app_id(1), token, name, at, {}},
        core::app_renamed{core::app_id(1), nul, at, {}},
        core::chat_created{core::chat_id(2), core::app_id(1), core::chat_number(core::number_max), at, {}},
        core::message_created{core::chat_id(2), core::message_number(1), content, "ann", metadata, at, {}},
        core::message_created{core::chat_id(2), core::message_number(2), "", std::nullopt, std::nullopt, at, {}},
        core::message_edited{core::chat_id(2), core::message_number(1), "new", std::nullopt, 2, 1, at, {}},
        core::message_edited{core::chat_id(2), core::message_number(1), "newer", "", 3, 2, at, {}},
        core::message_deleted{core::chat_id(2), core::message_number(1), 4, 3, at, {}},
        core::key_used{scope, digest_like("key"), digest_like("fingerprint"), 1, at}};
    const auto bytes = encode(effects);
    const auto decoded = decoded_batch::from(bytes);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->effects().size(), effects.size());
    EXPECT_EQ(encode(decoded->effects()), bytes);

    const auto& app = std::get<core::app_created>(decoded->effects()[0]);
    EXPECT_EQ(app.id, core::app_id(1));
    EXPECT_EQ(app.token, token);
    EXPECT_EQ(app.name, name);
    EXPECT_EQ(app.at, at);
    EXPECT_EQ(std::get<core::app_renamed>(decoded->effects()[1]).name, nul);
    const auto& chat = std::get<core::chat_created>(decoded->effects()[2]);
    EXPECT_EQ(chat.id, core::chat_id(2));
    EXPECT_EQ(chat.app, core::app_id(1));
    EXPECT_EQ(chat.number, core::chat_number(core::number_max));
    const auto& message = std::get<core::message_created>(decoded->effects()[3]);
    EXPECT_EQ(message.chat, core::chat_id(2));
    EXPECT_EQ(message.number, core::message_number(1));
    EXPECT_EQ(message.content, content);
    EXPECT_EQ(message.sender, "ann");
    EXPECT_EQ(message.metadata, metadata);
    const auto& plain = std::get<core::message_created>(decoded->effects()[4]);
    EXPECT_EQ(plain.content, "");
    EXPECT_EQ(plain.sender, std::nullopt);
    EXPECT_EQ(plain.metadata, std::nullopt);
    const auto& edit = std::get<core::message_edited>(decoded->effects()[5]);
    EXPECT_EQ(edit.content, "new");
    EXPECT_EQ(edit.metadata, std::nullopt);
    EXPECT_EQ(edit.version, 2U);
    EXPECT_EQ(edit.seq, 1U);
    EXPECT_EQ(std::get<core::message_edited>(decoded->effects()[6]).metadata, "");
    const auto& deletion = std::get<core::message_deleted>(decoded->effects()[7]);
    EXPECT_EQ(deletion.number, core::message_number(1));
    EXPECT_EQ(deletion.version, 4U);
    EXPECT_EQ(deletion.seq, 3U);
    const auto& key = std::get<core::key_used>(decoded->effects()[8]);
    EXPECT_EQ(key.scope, scope);
    EXPECT_EQ(key.key_hash, digest_like("key"));
    EXPECT_EQ(key.fingerprint, digest_like("fingerprint"));
    EXPECT_EQ(key.number, 1U);
    EXPECT_EQ(key.expires_at, at);
}

TEST(batch_codec, lasts_as_long_as_what_was_decoded) {
    std::string bytes = encode(core::batch_effects{core::app_renamed{core::app_id(1), "a long enough name", at, {}}});
    auto decoded = decoded_batch::from(bytes);
    const auto moved = std::move(decoded);
    bytes.assign(bytes.size(), '?');
    EXPECT_EQ(std::get<core::app_renamed>(moved->effects()[0]).name, "a long enough name");
}

TEST(batch_codec, refuses_what_is_no_batch) {
    const auto bytes = encode(
        core::batch_effects{core::message_created{core::chat_id(1), core::message_number(1), "text", {}, {}, at, {}}});
    for (std::size_t length = 1; length < bytes.size(); ++length)
        EXPECT_FALSE(decoded_batch::from(std::string_view(bytes).substr(0, length))) << length;
    EXPECT_FALSE(decoded_batch::from("something else"));
}

TEST(batch_codec, refuses_a_digest_of_another_length) {
    for (const bool is_of_key : {true, false}) {
        for (const std::size_t length : {0U, 31U, 33U}) {
            wire::Batch batch;
            auto& used = *batch.add_effects()->mutable_key_used();
            used.set_key_hash(std::string(is_of_key ? length : 32, 'k'));
            used.set_fingerprint(std::string(is_of_key ? 32 : length, 'f'));
            EXPECT_FALSE(decoded_batch::from(batch.SerializeAsString())) << length;
        }
    }
}

}  // namespace
}  // namespace confab::ledger::sqlite
