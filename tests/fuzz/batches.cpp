// A batch as the journal keeps it. Any bytes are refused, or are effects that are the same when they are encoded and
// decoded again.
#include <cstdint>
#include <string>

#include "fuzz/fuzz.hpp"
#include "ledger/sqlite/batch_codec.hpp"

namespace confab::fuzz {
namespace {

using namespace ledger::sqlite;

// The effects of an input, one after another, as views of `from`.
core::batch_effects effects_in(input from) {
    core::batch_effects effects;
    const timestamp at{static_cast<std::int64_t>(from.number(8))};
    const auto token = core::app_token::parse("abcdefghijkmnopqrstuvwxy");
    while (!from.is_at_end()) {
        const auto kind = from.number() % 7;
        const auto id = from.number(4), number = from.number(8);
        const auto text = from.text();
        const bool is_there = from.flag();
        const auto other = is_there ? std::optional(from.text()) : std::nullopt;
        const core::chat_id chat(id);
        const core::message_number message(number);
        switch (kind) {
            case 0:
                effects.add(core::app_created{core::app_id(id), *token, text, at, {}});
                break;
            case 1:
                effects.add(core::app_renamed{core::app_id(id), text, at, {}});
                break;
            case 2:
                effects.add(core::chat_created{chat, core::app_id(number), core::chat_number(id), at, {}});
                break;
            case 3:
                effects.add(core::message_created{chat, message, text, other, other, at, {}});
                break;
            case 4:
                effects.add(core::message_edited{chat, message, text, other, number, id, at, {}});
                break;
            case 5:
                effects.add(core::message_deleted{chat, message, number, id, at, {}});
                break;
            default:
                effects.add(core::key_used{{static_cast<core::key_scope::kind>(id % 3), number},
                                           digest_of({text}),
                                           digest_of({other.value_or("")}),
                                           number,
                                           at});
        }
    }
    return effects;
}

// As a text in which effects that differ have different lines.
class described {
public:
    explicit described(const core::batch_effects& effects) {
        for (const auto& e : effects) {
            put(e.index());
            std::visit([this](const auto& one) { add(one); }, e);
            text_ += '\n';
        }
    }

    friend bool operator==(const described&, const described&) = default;

private:
    void put(std::uint64_t value) { text_ += std::to_string(value) + ' '; }
    void put(std::string_view text) {
        put(text.size());
        text_ += text;
    }
    void put(const std::optional<std::string_view>& text) {
        put(std::uint64_t{text.has_value()});
        if (text) put(*text);
    }
    void put(timestamp at) { text_ += std::to_string(at.us) + ' '; }
    void put(const digest& d) { put(std::string_view(reinterpret_cast<const char*>(d.data()), d.size())); }

    void add(const core::app_created& e) {
        put(e.id.value());
        put(e.token.text());
        put(e.name);
        put(e.at);
    }
    void add(const core::app_renamed& e) {
        put(e.id.value());
        put(e.name);
        put(e.at);
    }
    void add(const core::chat_created& e) {
        put(e.id.value());
        put(e.app.value());
        put(e.number.value());
        put(e.at);
    }
    void add(const core::message_created& e) {
        put(e.chat.value());
        put(e.number.value());
        put(e.content);
        put(e.sender);
        put(e.metadata);
        put(e.at);
    }
    void add(const core::message_edited& e) {
        put(e.chat.value());
        put(e.number.value());
        put(e.content);
        put(e.metadata);
        put(e.version);
        put(e.seq);
        put(e.at);
    }
    void add(const core::message_deleted& e) {
        put(e.chat.value());
        put(e.number.value());
        put(e.version);
        put(e.seq);
        put(e.at);
    }
    void add(const core::key_used& e) {
        put(static_cast<std::uint64_t>(e.scope.of));
        put(e.scope.id);
        put(e.key_hash);
        put(e.fingerprint);
        put(e.number);
        put(e.expires_at);
    }

    std::string text_;
};

void check_round_trip(const core::batch_effects& effects) {
    const auto bytes = encode(effects);
    const auto decoded = decoded_batch::from(bytes);
    expect(decoded.has_value(), "a batch that was encoded can be decoded");
    expect(described(decoded->effects()) == described(effects), "a batch that was encoded is decoded to the same");
    expect(encode(decoded->effects()) == bytes, "a batch has one encoding");
}

}  // namespace
}  // namespace confab::fuzz

// The first byte says whether the rest is encoded bytes, or chooses effects.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace confab::fuzz;
    input from(data, size);
    if (from.flag()) {
        check_round_trip(effects_in(from));
        return 0;
    }
    const auto decoded = confab::ledger::sqlite::decoded_batch::from(from.rest());
    if (decoded) check_round_trip(decoded->effects());
    return 0;
}
