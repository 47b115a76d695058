#include "ledger/mysql/commands_by_kind.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "base/require.hpp"

namespace confab::ledger::mysql {
namespace {

void add_chat(named_resources& named, const chat_locator& chat) {
    const bool is_new = named.chats.insert(chat).second;
    if (is_new) named.apps.insert(chat.app);
}

template <class Change>
void add_message(named_resources& named, const Change& payload) {
    const chat_locator chat{payload.app, payload.chat};
    add_chat(named, chat);
    named.messages.push_back({chat, payload.message});
}

void add_entry(std::map<core::partition_number, partition_entries>& partitions, const core::delivery& delivery) {
    const auto [found, is_new] =
        partitions.try_emplace(delivery.partition, partition_entries{delivery.epoch, delivery.at, delivery.at});
    auto& entries = found->second;
    require(entries.epoch == delivery.epoch, "a batch has one epoch of each partition");
    entries.first = std::min(entries.first, delivery.at);
    entries.last = std::max(entries.last, delivery.at);
}

}  // namespace

commands_by_kind::commands_by_kind(std::span<const core::command* const> commands) {
    for (const auto* c : commands) {
        std::visit(overloaded{
                       [&](const core::create_app&) { ++new_apps; },
                       [&](const core::rename_app& payload) { named.apps.insert(payload.app); },
                       [&](const core::create_chat& payload) {
                           ++new_chats;
                           named.apps.insert(payload.app);
                       },
                       [&](const core::create_message& payload) { add_chat(named, {payload.app, payload.chat}); },
                       [&](const core::edit_message& payload) { add_message(named, payload); },
                       [&](const core::delete_message& payload) { add_message(named, payload); },
                       [&](const core::unreadable& payload) { unreadable.push_back({c, payload.bytes}); },
                   },
                   c->payload);
        if (c->key) named.with_key.push_back(c);
        if (c->delivery) add_entry(partitions, *c->delivery);
    }
}

}  // namespace confab::ledger::mysql
