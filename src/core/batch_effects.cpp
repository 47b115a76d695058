#include "core/batch_effects.hpp"

#include <bit>

namespace confab::core {
namespace {

constexpr std::size_t slots_min = 128;  // enough for the chats of a usual batch

}  // namespace

batch_effects::batch_effects(std::initializer_list<effect> effects) {
    for (const auto& e : effects) add(e);
}

void batch_effects::add(const effect& e) {
    std::visit([this](const auto& one) { add(one); }, e);
}

void batch_effects::clear() {
    effects_.clear();
    chats_.clear();
    changed_messages_.clear();
    changes_apps_ = false;
    uses_keys_ = false;
}

batch_effects::touched_chat& batch_effects::find_or_add(chat_id chat) {
    if (chats_.size() < 2) return add_chat(chat, 0);  // not the last, so not the only one
    auto slot = first_slot_of(chat);
    for (; slots_[slot] > 0; slot = next_slot(slot))
        if (auto& found = chats_[slots_[slot] - 1]; found.id == chat) return found;
    return add_chat(chat, slot);
}

// `slot`: the free one in which the search for the chat ended, if there is a table.
batch_effects::touched_chat& batch_effects::add_chat(chat_id chat, std::size_t slot) {
    chats_.push_back({chat});
    if (chats_.size() == 2) {
        make_slots(slots_min);
    } else if (chats_.size() > 2) {
        slots_[slot] = static_cast<std::uint32_t>(chats_.size());
        if (2 * chats_.size() > slots_.size()) make_slots(2 * slots_.size());
    }
    return chats_.back();
}

// `slots`: a power of two, at least twice the chats.
void batch_effects::make_slots(std::size_t slots) {
    slots_.assign(slots, 0);
    shift_ = 64 - std::countr_zero(slots);
    std::uint32_t place = 0;
    for (const auto& chat : chats_) {
        auto slot = first_slot_of(chat.id);
        while (slots_[slot] > 0) slot = next_slot(slot);
        slots_[slot] = ++place;
    }
}

std::size_t batch_effects::first_slot_of(chat_id chat) const {
    // Fibonacci hashing: the upper bits of the product spread neighbouring ids.
    return (chat.value() * 0x9e3779b97f4a7c15ULL) >> shift_;
}

}  // namespace confab::core
