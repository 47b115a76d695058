// A batch's commands, sorted by what the ledger does for them before and beside decide(). The commands are visited
// once. A new command does not compile until it is sorted here.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/fibonacci_hash.hpp"
#include "core/command.hpp"

namespace confab::ledger::mysql {

// A chat as commands name it: its id is not known yet.
struct chat_locator {
    core::app_token app;
    core::chat_number chat;

    friend bool operator==(const chat_locator&, const chat_locator&) = default;
};
struct chat_locator_hash {
    std::size_t operator()(const chat_locator& l) const noexcept {
        // Fibonacci hashing spreads neighbouring numbers.
        return std::hash<core::app_token>{}(l.app) ^ fibonacci_hash(l.chat.value());
    }
};

struct message_locator {
    chat_locator chat;
    core::message_number message;
};

using named_apps = std::unordered_set<core::app_token>;
using named_chats = std::unordered_set<chat_locator, chat_locator_hash>;

// The resources that decide() needs. Each app and chat is here once, even if several commands name it.
struct named_resources {
    named_apps apps;  // also those of the chats
    named_chats chats;
    std::vector<message_locator> messages;
    std::vector<const core::command*> with_key;
};

struct unreadable_command {
    const core::command* command;
    std::string_view bytes;
};

// The entries of a batch from one partition of a shared queue.
struct partition_entries {
    core::epoch_id epoch{};
    core::entry_id first;
    core::entry_id last;
};

struct commands_by_kind {
    commands_by_kind() = default;
    // REQUIRES: the commands outlive this; all commands of a partition are of one epoch.
    explicit commands_by_kind(std::span<const core::command* const> commands);

    named_resources named;
    std::uint64_t new_apps = 0;
    std::uint64_t new_chats = 0;
    std::vector<unreadable_command> unreadable;
    std::map<core::partition_number, partition_entries> partitions;
};

}  // namespace confab::ledger::mysql
