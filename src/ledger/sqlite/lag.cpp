#include "ledger/sqlite/lag.hpp"

namespace confab::ledger {

void lag::mark(std::span<const core::effect> effects, std::uint64_t batch) {
    for (const auto& e : effects) {
        if (const auto* message = std::get_if<core::message_created>(&e)) {
            mark_of(message->chat).store(batch);
        } else if (const auto* edit = std::get_if<core::message_edited>(&e)) {
            mark_of(edit->chat).store(batch);
        } else if (const auto* deletion = std::get_if<core::message_deleted>(&e)) {
            mark_of(deletion->chat).store(batch);
        } else {
            if (const auto* chat = std::get_if<core::chat_created>(&e)) mark_of(chat->id).store(batch);
            apps_.store(batch);
        }
    }
    last_.store(batch);
}

}  // namespace confab::ledger
