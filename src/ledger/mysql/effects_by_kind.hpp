// A batch's effects, sorted by the statements that write them. No other code of the MySQL ledger visits the effects. A
// new kind of effect does not compile until it is sorted here. A new list does not compile until its consumers handle
// it, because they bind all members of the struct.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/effect.hpp"

namespace confab::ledger::mysql {

// One message's changes in a batch.
struct changed_message {
    std::vector<const core::message_edited*> edits;
    const core::message_deleted* deletion = nullptr;

    // The metadata of the last edit that has some. Absent: the metadata stays unchanged.
    std::optional<std::string_view> metadata() const;
};
using changed_messages = std::map<std::pair<core::chat_id, core::message_number>, changed_message>;

// The effects that become rows, in their order. Points into the effects.
struct rows_to_write {
    std::vector<const core::app_created*> apps;
    std::vector<const core::app_renamed*> renames;
    std::vector<const core::chat_created*> chats;
    std::vector<const core::message_created*> messages;
    changed_messages changes;
    std::vector<const core::key_used*> keys;
};

// The numbers that a batch assigned in one collection (the chats of an app, the messages or changes of a chat). The
// counter of the collection becomes `last`.
struct number_range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    friend bool operator==(const number_range&, const number_range&) = default;
};
template <class Id>
using number_ranges = std::map<Id, number_range>;

struct moved_counters {
    number_ranges<core::app_id> chats;
    number_ranges<core::chat_id> messages;
    number_ranges<core::chat_id> changes;
};

struct effects_by_kind {
    // REQUIRES: the effects outlive this.
    explicit effects_by_kind(std::span<const core::effect> effects);

    rows_to_write rows;
    moved_counters counters;
    timestamp decided_at;  // the time of the last effect
};

}  // namespace confab::ledger::mysql
