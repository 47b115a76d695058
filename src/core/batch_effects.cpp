#include "core/batch_effects.hpp"

namespace confab::core {

batch_effects::batch_effects(std::initializer_list<effect> effects) {
    for (const auto& e : effects) add(e);
}

void batch_effects::add(const effect& e) {
    std::visit([this](const auto& one) { add(one); }, e);
}

void batch_effects::clear() {
    effects_.clear();
    if (!kept_.empty()) kept_.clear();
    chats_.clear();
    if (!index_of_.empty()) index_of_.clear();  // clearing takes as long as the largest batch had chats
    changed_messages_.clear();
    changes_apps_ = false;
    uses_keys_ = false;
}

batch_effects::touched_chat& batch_effects::find_or_add(chat_id chat) {
    if (chats_.size() == 1) index_of_.emplace(chats_.front().id.value(), 0);
    if (!chats_.empty()) {
        const auto [known, is_new] = index_of_.try_emplace(chat.value(), chats_.size());
        if (!is_new) return chats_[known->second];
    }
    return chats_.emplace_back(touched_chat{.id = chat});
}

}  // namespace confab::core
