// Entries of a stream, answers and positions. Any bytes are an unreadable command that keeps them, or a valid command,
// which is the same when it is encoded and decoded again.
#include <optional>
#include <string>

#include "core/fingerprint.hpp"
#include "fuzz/fuzz.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/streams.hpp"

namespace confab::fuzz {
namespace {

template <class Text>
std::optional<Text> valid(std::string_view text) {
    auto parsed = Text::parse(std::string(text));
    return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

template <class Text>
bool is_valid(const Text& text) {
    return Text::parse(text.text()).has_value();
}

bool is_number(std::uint64_t value) {
    return value >= 1 && value <= core::number_max;
}

// What the ledger relies on, checked again.
struct checker {
    bool operator()(const core::create_app& p) const { return is_valid(p.name); }
    bool operator()(const core::rename_app& p) const { return is_valid(p.name); }
    bool operator()(const core::create_chat&) const { return true; }
    bool operator()(const core::create_message& p) const {
        return is_number(p.chat.value()) && is_valid(p.content) && (!p.sender || is_valid(*p.sender));
    }
    bool operator()(const core::edit_message& p) const {
        return is_number(p.chat.value()) && is_number(p.message.value()) && is_valid(p.content);
    }
    bool operator()(const core::delete_message& p) const {
        return is_number(p.chat.value()) && is_number(p.message.value());
    }
    bool operator()(const core::unreadable&) const { return false; }
};

bool creates(const core::command& c) {
    return std::visit([](const auto& p) { return requires { core::fingerprints_of(p); }; }, c.payload);
}

void check_decoded(std::string_view bytes) {
    const auto first = queue::decode(bytes);
    const auto& c = first.command;
    expect(c.delivery.has_value(), "a command of a queue has a delivery");
    if (const auto* const unreadable = std::get_if<core::unreadable>(&c.payload)) {
        expect(unreadable->bytes == bytes && !c.key && c.job == core::job_id{} && first.answer_to.empty(),
               "an unreadable entry keeps its bytes");
        return;
    }
    expect(std::visit(checker(), c.payload), "a command is valid");
    expect(!c.key || creates(c), "only a creation has a key");
    const auto encoded = queue::encode(c, c.delivery->seen, first.answer_to);
    const auto second = queue::decode(encoded);
    expect(second.command.payload.index() == c.payload.index(), "an entry that is encoded again can be read");
    expect(queue::encode(second.command, second.command.delivery->seen, second.answer_to) == encoded,
           "an entry that is encoded again is the same");
}

core::version_condition versions_in(input& from) {
    if (!from.flag()) return std::nullopt;
    core::version_condition versions(std::in_place);
    for (auto count = from.number() % 4; count > 0; --count) versions->push_back(from.number(8));
    return versions;
}

// Nothing: the texts are not valid.
std::optional<core::command> command_in(input& from) {
    const auto token = *core::app_token::parse("abcdefghijkmnopqrstuvwxy");
    core::command c{{}, std::nullopt, core::create_chat{token}};
    std::ranges::transform(from.bytes(c.job.size()), c.job.begin(), [](char b) { return static_cast<std::byte>(b); });
    const auto kind = from.number() % 6;
    const bool has_key = from.flag();
    const core::chat_number chat(from.number(4));
    const core::message_number message(from.number(4));
    const auto name = valid<core::app_name>(from.text());
    const auto content = valid<core::message_content>(from.text());
    const auto sender = from.flag() ? valid<core::sender_name>(from.text()) : std::nullopt;
    const auto metadata = from.flag() ? std::optional<std::string>(from.text()) : std::nullopt;
    if (!name || !content || chat.value() == 0 || message.value() == 0) return std::nullopt;
    const auto put = [&](auto payload) {
        if constexpr (requires { core::fingerprints_of(payload); })
            if (has_key) c.key = core::make_idempotency_key(digest_of({"key"}), payload);
        c.payload = std::move(payload);
    };
    switch (kind) {
        case 0:
            put(core::create_app{token, *name});
            break;
        case 1:
            put(core::rename_app{token, *name});
            break;
        case 2:
            put(core::create_chat{token});
            break;
        case 3:
            put(core::create_message{token, chat, *content, sender, metadata});
            break;
        case 4:
            put(core::edit_message{token, chat, message, *content, metadata, versions_in(from)});
            break;
        default:
            put(core::delete_message{token, chat, message, versions_in(from)});
    }
    return c;
}

struct comparison {
    bool operator()(const core::create_app& a, const core::create_app& b) const {
        return a.token == b.token && a.name == b.name;
    }
    bool operator()(const core::rename_app& a, const core::rename_app& b) const {
        return a.app == b.app && a.name == b.name;
    }
    bool operator()(const core::create_chat& a, const core::create_chat& b) const { return a.app == b.app; }
    bool operator()(const core::create_message& a, const core::create_message& b) const {
        return a.app == b.app && a.chat == b.chat && a.content == b.content && a.sender == b.sender &&
               a.metadata == b.metadata;
    }
    bool operator()(const core::edit_message& a, const core::edit_message& b) const {
        return a.app == b.app && a.chat == b.chat && a.message == b.message && a.content == b.content &&
               a.metadata == b.metadata && a.only_at == b.only_at;
    }
    bool operator()(const core::delete_message& a, const core::delete_message& b) const {
        return a.app == b.app && a.chat == b.chat && a.message == b.message && a.only_at == b.only_at;
    }
    template <class A, class B>
    bool operator()(const A&, const B&) const {
        return false;  // another kind, or unreadable
    }
};

bool is_same(const std::optional<core::idempotency_key>& a, const std::optional<core::idempotency_key>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    return a->key_hash == b->key_hash && a->fingerprint == b->fingerprint &&
           a->fingerprint_as_sent == b->fingerprint_as_sent;
}

void check_encoded(input from) {
    const core::last_seen seen{from.number(8), from.number(8)};
    const auto answer_to = from.text();
    const auto c = command_in(from);
    if (!c) return;
    const auto decoded = queue::decode(queue::encode(*c, seen, answer_to));
    const auto& read = decoded.command;
    expect(read.job == c->job && decoded.answer_to == answer_to && is_same(read.key, c->key),
           "a command keeps its job, its key and the channel");
    expect(read.delivery && read.delivery->seen.number == seen.number && read.delivery->seen.change == seen.change,
           "a command keeps what its sender saw");
    expect(std::visit(comparison(), read.payload, c->payload), "a command that was encoded is decoded to the same");
}

void check_answers(std::string_view bytes) {
    const auto encoded = queue::encode(queue::decode_answers(bytes));
    const auto again = queue::decode_answers(encoded);
    expect(queue::encode(again) == encoded, "answers that are encoded again are the same");
    for (const auto& answer : again)
        expect(answer.value || (answer.value.error().value() >= 1 && answer.value.error().value() <= error_count),
               "a refusal is a known error");
}

void check_positions(std::string_view text) {
    if (const auto id = queue::parse_entry_id(text))
        expect(queue::parse_entry_id(queue::text_of(*id)) == id, "the id of an entry is written as it is read");
    if (const auto epoch = queue::parse_epoch(text)) expect(queue::text_of(*epoch) == text, "an epoch is its bytes");
}

}  // namespace
}  // namespace confab::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    if (from.flag()) {
        check_encoded(from);
        return 0;
    }
    const auto bytes = from.rest();
    check_decoded(bytes);
    check_answers(bytes);
    check_positions(bytes);
    return 0;
}
