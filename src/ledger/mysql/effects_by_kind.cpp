#include "ledger/mysql/effects_by_kind.hpp"

#include "base/overloaded.hpp"

namespace confab::ledger::mysql {
namespace {

template <class Id>
void add_to(number_ranges<Id>& ranges, Id id, std::uint64_t number) {
    auto& range = ranges[id];
    if (range.first == 0) range.first = number;
    range.last = number;
}

}  // namespace

std::optional<std::string_view> changed_message::metadata() const {
    for (auto e = edits.rbegin(); e != edits.rend(); ++e)
        if ((*e)->metadata) return (*e)->metadata;
    return std::nullopt;
}

effects_by_kind::effects_by_kind(std::span<const core::effect> effects) {
    const overloaded sort{
        [this](const core::app_created& e) {
            rows.apps.push_back(&e);
            decided_at = e.at;
        },
        [this](const core::app_renamed& e) {
            rows.renames.push_back(&e);
            decided_at = e.at;
        },
        [this](const core::chat_created& e) {
            rows.chats.push_back(&e);
            add_to(counters.chats, e.app, e.number.value());
            decided_at = e.at;
        },
        [this](const core::message_created& e) {
            rows.messages.push_back(&e);
            add_to(counters.messages, e.chat, e.number.value());
            decided_at = e.at;
        },
        [this](const core::message_edited& e) {
            rows.changes[{e.chat, e.number}].edits.push_back(&e);
            add_to(counters.changes, e.chat, e.seq);
            decided_at = e.at;
        },
        [this](const core::message_deleted& e) {
            rows.changes[{e.chat, e.number}].deletion = &e;
            add_to(counters.changes, e.chat, e.seq);
            decided_at = e.at;
        },
        [this](const core::key_used& e) { rows.keys.push_back(&e); },
    };
    for (const auto& e : effects) std::visit(sort, e);
}

}  // namespace confab::ledger::mysql
