#include "queue/redis/codec.hpp"

#include <algorithm>

#include "core/fingerprint.hpp"
#include "queue/redis/entry.pb.h"

namespace confab::queue {
namespace {

constexpr std::uint32_t format = 1;

template <class Array>
std::string text_of(const Array& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Array>
std::optional<Array> array_of(const std::string& text) {
    Array bytes;
    if (text.size() != bytes.size()) return std::nullopt;
    std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

class entry_writer {
public:
    explicit entry_writer(wire::Entry& entry) : entry_(entry) {}

    void operator()(const core::create_app& payload) const {
        auto& to = *entry_.mutable_create_app();
        to.set_token(text_of(payload.token.text()));
        to.set_name(payload.name.text());
    }
    void operator()(const core::rename_app& payload) const {
        auto& to = *entry_.mutable_rename_app();
        to.set_app(text_of(payload.app.text()));
        to.set_name(payload.name.text());
    }
    void operator()(const core::create_chat& payload) const {
        entry_.mutable_create_chat()->set_app(text_of(payload.app.text()));
    }
    void operator()(const core::create_message& payload) const {
        auto& to = *entry_.mutable_create_message();
        to.set_app(text_of(payload.app.text()));
        to.set_chat(payload.chat.value());
        to.set_content(payload.content.text());
        if (payload.sender) to.set_sender(payload.sender->text());
        if (payload.metadata) to.set_metadata(*payload.metadata);
    }
    void operator()(const core::edit_message& payload) const {
        auto& to = *entry_.mutable_edit_message();
        put_common_fields(to, payload);
        to.set_content(payload.content.text());
        if (payload.metadata) to.set_metadata(*payload.metadata);
    }
    void operator()(const core::delete_message& payload) const {
        put_common_fields(*entry_.mutable_delete_message(), payload);
    }
    void operator()(const core::unreadable&) const {}

private:
    template <class To, class Payload>
    static void put_common_fields(To& to, const Payload& payload) {
        to.set_app(text_of(payload.app.text()));
        to.set_chat(payload.chat.value());
        to.set_message(payload.message.value());
        if (!payload.only_at) return;
        auto& versions = *to.mutable_only_at();
        for (const auto v : *payload.only_at) versions.add_one_of(v);
    }

    wire::Entry& entry_;
};

std::optional<std::uint64_t> number_from(std::uint64_t value) {
    return value >= 1 && value <= core::number_max ? std::optional(value) : std::nullopt;
}

// Validates again what another node validated, as far as the ledger relies on it: others can write into the stream.
template <class Text>
std::optional<Text> valid(const std::string& text) {
    auto parsed = Text::parse(text);
    return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

using payload = decltype(core::command::payload);

std::optional<payload> payload_from(const wire::CreateApp& from) {
    const auto token = core::app_token::parse(from.token());
    auto name = valid<core::app_name>(from.name());
    if (!token || !name) return std::nullopt;
    return core::create_app{*token, std::move(*name)};
}

std::optional<payload> payload_from(const wire::RenameApp& from) {
    const auto app = core::app_token::parse(from.app());
    auto name = valid<core::app_name>(from.name());
    if (!app || !name) return std::nullopt;
    return core::rename_app{*app, std::move(*name)};
}

std::optional<payload> payload_from(const wire::CreateChat& from) {
    const auto app = core::app_token::parse(from.app());
    return app ? std::optional<payload>(core::create_chat{*app}) : std::nullopt;
}

template <class From>
std::optional<std::string> metadata_from(const From& from) {
    return from.has_metadata() ? std::optional(from.metadata()) : std::nullopt;
}

std::optional<payload> payload_from(const wire::CreateMessage& from) {
    const auto app = core::app_token::parse(from.app());
    const auto chat = number_from(from.chat());
    auto content = valid<core::message_content>(from.content());
    auto sender = from.has_sender() ? valid<core::sender_name>(from.sender()) : std::nullopt;
    if (!app || !chat || !content || (from.has_sender() && !sender)) return std::nullopt;
    return core::create_message{*app, core::chat_number(*chat), std::move(*content), std::move(sender),
                                metadata_from(from)};
}

template <class From>
core::version_condition condition_from(const From& from) {
    if (!from.has_only_at()) return std::nullopt;
    const auto& versions = from.only_at().one_of();
    return std::vector<std::uint64_t>(versions.begin(), versions.end());
}

std::optional<payload> payload_from(const wire::EditMessage& from) {
    const auto app = core::app_token::parse(from.app());
    const auto chat = number_from(from.chat()), message = number_from(from.message());
    auto content = valid<core::message_content>(from.content());
    if (!app || !chat || !message || !content) return std::nullopt;
    return core::edit_message{*app,
                              core::chat_number(*chat),
                              core::message_number(*message),
                              std::move(*content),
                              metadata_from(from),
                              condition_from(from)};
}

std::optional<payload> payload_from(const wire::DeleteMessage& from) {
    const auto app = core::app_token::parse(from.app());
    const auto chat = number_from(from.chat()), message = number_from(from.message());
    if (!app || !chat || !message) return std::nullopt;
    return core::delete_message{*app, core::chat_number(*chat), core::message_number(*message), condition_from(from)};
}

std::optional<payload> payload_from(const wire::Entry& from) {
    switch (from.payload_case()) {
        case wire::Entry::kCreateApp:
            return payload_from(from.create_app());
        case wire::Entry::kRenameApp:
            return payload_from(from.rename_app());
        case wire::Entry::kCreateChat:
            return payload_from(from.create_chat());
        case wire::Entry::kCreateMessage:
            return payload_from(from.create_message());
        case wire::Entry::kEditMessage:
            return payload_from(from.edit_message());
        case wire::Entry::kDeleteMessage:
            return payload_from(from.delete_message());
        case wire::Entry::PAYLOAD_NOT_SET:
            break;
    }
    return std::nullopt;
}

bool creates(const payload& w) {
    return std::visit([](const auto& c) { return requires { core::fingerprints_of(c); }; }, w);
}

std::optional<digest> canonical_fingerprint_of(const payload& w) {
    return std::visit(
        [](const auto& c) -> std::optional<digest> {
            if constexpr (requires { core::fingerprints_of(c); }) return core::fingerprints_of(c).canonical;
            return std::nullopt;
        },
        w);
}

// Nothing: the key is invalid, or its command creates nothing. A node of version 0.1.0 omits the canonical fingerprint,
// so it is computed here. Then the stored fingerprint is the one as sent. So that node, and a worker of that version
// which takes over the partition, recognise a retry.
std::optional<core::idempotency_key> key_from(const wire::Key& from, const payload& w) {
    const auto hash = array_of<digest>(from.hash()), as_sent = array_of<digest>(from.fingerprint());
    const auto canonical =
        from.has_canonical_fingerprint() ? array_of<digest>(from.canonical_fingerprint()) : canonical_fingerprint_of(w);
    if (!hash || !as_sent || !canonical || !creates(w)) return std::nullopt;
    if (!from.has_canonical_fingerprint()) return core::idempotency_key{*hash, *as_sent, canonical};
    return core::idempotency_key{*hash, *canonical, as_sent};
}

std::optional<decoded> command_from(const wire::Entry& from) {
    if (from.format() != format) return std::nullopt;
    const auto job = array_of<core::job_id>(from.job());
    auto decoded_payload = payload_from(from);
    if (!job || !decoded_payload) return std::nullopt;
    std::optional<core::idempotency_key> key;
    if (from.has_key()) {
        key = key_from(from.key(), *decoded_payload);
        if (!key) return std::nullopt;
    }
    core::delivery delivery{.seen = {from.seen_number(), from.seen_change()}};
    if (from.has_replay_of()) {
        const auto dead_letter_job = array_of<core::job_id>(from.replay_of().job());
        if (!dead_letter_job) return std::nullopt;
        delivery.replay_of = {from.replay_of().id(), *dead_letter_job};
    }
    return decoded{{*job, key, std::move(*decoded_payload), delivery}, from.answer_to()};
}

wire::Entry entry_of(const core::command& c) {
    wire::Entry entry;
    entry.set_format(format);
    entry.set_job(text_of(c.job));
    if (c.key) {
        entry.mutable_key()->set_hash(text_of(c.key->key_hash));
        entry.mutable_key()->set_fingerprint(text_of(c.key->fingerprint_as_sent.value_or(c.key->fingerprint)));
        entry.mutable_key()->set_canonical_fingerprint(text_of(c.key->fingerprint));
    }
    std::visit(entry_writer(entry), c.payload);
    return entry;
}

}  // namespace

std::string encode(const core::command& c, const core::last_seen& seen, std::string_view answer_to) {
    auto entry = entry_of(c);
    entry.set_seen_number(seen.number);
    entry.set_seen_change(seen.change);
    entry.set_answer_to(std::string(answer_to));
    return entry.SerializeAsString();
}

std::string encode(const core::command& c, const core::replayed_dead_letter& replay_of) {
    auto entry = entry_of(c);
    entry.mutable_replay_of()->set_id(replay_of.id);
    entry.mutable_replay_of()->set_job(text_of(replay_of.job));
    return entry.SerializeAsString();
}

decoded decode(std::string_view bytes) {
    wire::Entry entry;
    if (entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
        if (auto found = command_from(entry)) return std::move(*found);
    return {{{}, std::nullopt, core::unreadable{std::string(bytes)}, core::delivery{}}, {}};
}

}  // namespace confab::queue
