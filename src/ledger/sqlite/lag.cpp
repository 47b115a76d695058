#include "ledger/sqlite/lag.hpp"

#include <chrono>

namespace confab::ledger {
namespace {

using namespace std::chrono_literals;

// Several times as long as the database is ever behind.
constexpr auto patience = 2s;

}  // namespace

bool lag::mark(core::chat_id chat, std::uint64_t batch) {
    return chats_[place_of(chat)].exchange(batch) <= reached_.load();
}

std::size_t lag::mark(std::span<const core::effect> effects, std::uint64_t batch) {
    std::size_t touched = 0;
    for (const auto& e : effects) {
        if (const auto* message = std::get_if<core::message_created>(&e)) {
            touched += mark(message->chat, batch);
        } else if (const auto* edit = std::get_if<core::message_edited>(&e)) {
            touched += mark(edit->chat, batch);
        } else if (const auto* deletion = std::get_if<core::message_deleted>(&e)) {
            touched += mark(deletion->chat, batch);
        } else {
            if (const auto* chat = std::get_if<core::chat_created>(&e)) touched += mark(chat->id, batch);
            apps_.store(batch);
        }
    }
    last_.store(batch);
    return touched;
}

void lag::caught_up(std::uint64_t batch) {
    {
        const std::lock_guard lock(mutex_);
        reached_.store(batch);
    }
    changed_.notify_all();
}

result<void> lag::wait() const {
    const auto wanted = last_.load();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return reached_.load() >= wanted; })) return error::unavailable;
    return {};
}

}  // namespace confab::ledger
