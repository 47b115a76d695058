#include "ledger/mysql/commands_by_kind.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace confab::ledger::mysql {
namespace {

void add_chat(named_resources& named, const chat_locator& chat) {
    const bool is_new = named.chats.insert(chat).second;
    if (is_new) named.apps.insert(chat.app);
}

template <class Change>
void add_message(named_resources& named, const Change& wish) {
    const chat_locator chat{wish.app, wish.chat};
    add_chat(named, chat);
    named.messages.push_back({chat, wish.message});
}

void add_entry(std::map<core::partition_number, partition_entries>& partitions, const core::passage& came) {
    const auto [found, is_new] =
        partitions.try_emplace(came.partition, partition_entries{came.epoch, came.at, came.at});
    auto& entries = found->second;
    entries.first = std::min(entries.first, came.at);
    entries.last = std::max(entries.last, came.at);
}

}  // namespace

commands_by_kind::commands_by_kind(std::span<const core::command* const> commands) {
    for (const auto* c : commands) {
        std::visit(overloaded{
                       [&](const core::create_app&) { ++new_apps; },
                       [&](const core::rename_app& wish) { named.apps.insert(wish.app); },
                       [&](const core::create_chat& wish) {
                           ++new_chats;
                           named.apps.insert(wish.app);
                       },
                       [&](const core::create_message& wish) {
                           add_chat(named, {wish.app, wish.chat});
                       },
                       [&](const core::edit_message& wish) { add_message(named, wish); },
                       [&](const core::delete_message& wish) { add_message(named, wish); },
                       [&](const core::unreadable& wish) {
                           unreadable.push_back({c, wish.bytes});
                       },
                   },
                   c->wish);
        if (c->key) named.with_key.push_back(c);
        if (c->came) add_entry(partitions, *c->came);
    }
}

}  // namespace confab::ledger::mysql
