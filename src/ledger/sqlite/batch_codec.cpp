#include "ledger/sqlite/batch_codec.hpp"

#include <google/protobuf/arena.h>

#include "ledger/sqlite/batch.pb.h"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {
namespace {

std::string text_of(std::string_view text) {
    return std::string(text);
}
std::string text_of(const digest& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<digest> digest_of_text(const std::string& text) {
    return parse_digest(std::as_bytes(std::span(text)));
}

class effect_encoder {
public:
    explicit effect_encoder(wire::Effect& to) : to_(to) {}

    void operator()(const core::app_created& e) const {
        auto& to = *to_.mutable_app_created();
        to.set_id(e.id.value());
        to.set_token(text_of(e.token.text()));
        to.set_name(text_of(e.name));
        to.set_at_us(e.at.us);
    }
    void operator()(const core::app_renamed& e) const {
        auto& to = *to_.mutable_app_renamed();
        to.set_id(e.id.value());
        to.set_name(text_of(e.name));
        to.set_at_us(e.at.us);
    }
    void operator()(const core::chat_created& e) const {
        auto& to = *to_.mutable_chat_created();
        to.set_id(e.id.value());
        to.set_app(e.app.value());
        to.set_number(e.number.value());
        to.set_at_us(e.at.us);
    }
    void operator()(const core::message_created& e) const {
        auto& to = *to_.mutable_message_created();
        put_common_fields(to, e);
        to.set_content(e.content.data(), e.content.size());
        if (e.sender) to.set_sender(e.sender->data(), e.sender->size());
        if (e.metadata) to.set_metadata(e.metadata->data(), e.metadata->size());
    }
    void operator()(const core::message_edited& e) const {
        auto& to = *to_.mutable_message_edited();
        put_common_fields(to, e);
        to.set_content(e.content.data(), e.content.size());
        if (e.metadata) to.set_metadata(e.metadata->data(), e.metadata->size());
        to.set_version(e.version);
        to.set_seq(e.seq);
    }
    void operator()(const core::message_deleted& e) const {
        auto& to = *to_.mutable_message_deleted();
        put_common_fields(to, e);
        to.set_version(e.version);
        to.set_seq(e.seq);
    }
    void operator()(const core::key_used& e) const {
        auto& to = *to_.mutable_key_used();
        to.set_scope_kind(static_cast<std::uint32_t>(e.scope.of));
        to.set_scope_id(e.scope.id);
        to.set_key_hash(text_of(e.key_hash));
        to.set_fingerprint(text_of(e.fingerprint));
        to.set_number(e.number);
        to.set_expires_at_us(e.expires_at.us);
    }

private:
    template <class To, class Effect>
    static void put_common_fields(To& to, const Effect& e) {
        to.set_chat(e.chat.value());
        to.set_number(e.number.value());
        to.set_at_us(e.at.us);
    }

    wire::Effect& to_;
};

template <class From>
std::optional<std::string_view> metadata_of(const From& from) {
    return from.has_metadata() ? std::optional<std::string_view>(from.metadata()) : std::nullopt;
}

std::optional<core::effect> effect_from(const wire::AppCreated& e) {
    const auto token = core::app_token::parse(e.token());
    if (!token) return std::nullopt;
    return core::app_created{core::app_id(e.id()), *token, e.name(), {e.at_us()}, {}};
}
std::optional<core::effect> effect_from(const wire::AppRenamed& e) {
    return core::app_renamed{core::app_id(e.id()), e.name(), {e.at_us()}, {}};
}
std::optional<core::effect> effect_from(const wire::ChatCreated& e) {
    return core::chat_created{
        core::chat_id(e.id()), core::app_id(e.app()), core::chat_number(e.number()), {e.at_us()}, {}};
}
std::optional<core::effect> effect_from(const wire::MessageCreated& e) {
    const auto sender = e.has_sender() ? std::optional<std::string_view>(e.sender()) : std::nullopt;
    return core::message_created{core::chat_id(e.chat()),
                                 core::message_number(e.number()),
                                 e.content(),
                                 sender,
                                 metadata_of(e),
                                 {e.at_us()},
                                 {}};
}
std::optional<core::effect> effect_from(const wire::MessageEdited& e) {
    return core::message_edited{core::chat_id(e.chat()),
                                core::message_number(e.number()),
                                e.content(),
                                metadata_of(e),
                                e.version(),
                                e.seq(),
                                {e.at_us()},
                                {}};
}
std::optional<core::effect> effect_from(const wire::MessageDeleted& e) {
    return core::message_deleted{
        core::chat_id(e.chat()), core::message_number(e.number()), e.version(), e.seq(), {e.at_us()}, {}};
}
std::optional<core::effect> effect_from(const wire::KeyUsed& e) {
    using kind = core::key_scope::kind;
    if (e.scope_kind() > static_cast<std::uint32_t>(kind::messages_of_chat)) return std::nullopt;
    const auto key_hash = digest_of_text(e.key_hash()), fingerprint = digest_of_text(e.fingerprint());
    if (!key_hash || !fingerprint) return std::nullopt;
    return core::key_used{
        {static_cast<kind>(e.scope_kind()), e.scope_id()}, *key_hash, *fingerprint, e.number(), {e.expires_at_us()}};
}

std::optional<core::effect> effect_from(const wire::Effect& e) {
    switch (e.what_case()) {
        case wire::Effect::kAppCreated:
            return effect_from(e.app_created());
        case wire::Effect::kAppRenamed:
            return effect_from(e.app_renamed());
        case wire::Effect::kChatCreated:
            return effect_from(e.chat_created());
        case wire::Effect::kMessageCreated:
            return effect_from(e.message_created());
        case wire::Effect::kMessageEdited:
            return effect_from(e.message_edited());
        case wire::Effect::kMessageDeleted:
            return effect_from(e.message_deleted());
        case wire::Effect::kKeyUsed:
            return effect_from(e.key_used());
        case wire::Effect::WHAT_NOT_SET:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::string encode(const core::batch_effects& effects) {
    google::protobuf::Arena arena;
    auto& batch = *google::protobuf::Arena::CreateMessage<wire::Batch>(&arena);
    batch.mutable_effects()->Reserve(static_cast<int>(effects.size()));
    for (const auto& e : effects) std::visit(effect_encoder(*batch.add_effects()), e);
    return batch.SerializeAsString();
}

std::optional<decoded_batch> decoded_batch::from(std::string_view bytes) {
    const auto batch = std::make_shared<wire::Batch>();
    if (!batch->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
    decoded_batch decoded;
    for (const auto& one : batch->effects()) {
        const auto e = effect_from(one);
        if (!e) return std::nullopt;
        decoded.effects_.add(*e);
    }
    decoded.texts_ = batch;
    return decoded;
}

}  // namespace confab::ledger::sqlite
