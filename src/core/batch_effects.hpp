// The effects of a batch in the order in which they were decided, and a summary of them. Each effect updates the
// summary when it is added. So a consumer walks the effects only if it needs each of them, and otherwise reads the
// summary.
//
// A new kind of effect does not compile until it has its overload of summarize().
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "core/effect.hpp"

namespace confab::core {

class batch_effects {
public:
    // A chat that the batch creates, or in which it creates or changes messages.
    struct touched_chat {
        chat_id id;
        std::uint64_t last_message = 0;  // the number of the last one created; 0: none
        std::uint64_t last_change = 0;   // the seq of the last edit or deletion; 0: none

        friend bool operator==(const touched_chat&, const touched_chat&) = default;
    };

    // A message that the batch edits or deletes.
    struct changed_message {
        chat_id chat;
        message_number number;

        friend bool operator==(const changed_message&, const changed_message&) = default;
    };

    batch_effects() = default;
    batch_effects(batch_effects&&) noexcept = default;  // a copy would refer to the kept fields of the original
    batch_effects& operator=(batch_effects&&) noexcept = default;
    batch_effects(std::initializer_list<effect> effects);

    // If it throws, only clear() may follow.
    template <class Effect>
    void add(const Effect& e) {
        effects_.emplace_back(e);
        summarize(e);
    }
    void add(const effect& e);

    // Stores fields for effects of this batch, until clear().
    const unchanged_fields* keep(unchanged_fields fields) { return &kept_.emplace_back(std::move(fields)); }

    // Removes all effects, and keeps the memory for the next batch.
    void clear();

    auto begin() const { return effects_.begin(); }
    auto end() const { return effects_.end(); }
    std::size_t size() const { return effects_.size(); }
    bool empty() const { return effects_.empty(); }
    const effect& operator[](std::size_t index) const { return effects_[index]; }

    // Each chat once, in the order of its first effect.
    std::span<const touched_chat> chats() const { return chats_; }
    // In the order of their effects. A message that is changed twice is there twice.
    std::span<const changed_message> changed_messages() const { return changed_messages_; }
    // Whether an app is created or renamed, or gets a chat.
    bool changes_apps() const { return changes_apps_; }
    bool uses_keys() const { return uses_keys_; }

private:
    void summarize(const app_created&) { changes_apps_ = true; }
    void summarize(const app_renamed&) { changes_apps_ = true; }
    void summarize(const chat_created& e) {
        changes_apps_ = true;
        touch(e.id);
    }
    void summarize(const message_created& e) { touch(e.chat).last_message = e.number.value(); }
    void summarize(const message_edited& e) { summarize_change(e); }
    void summarize(const message_deleted& e) { summarize_change(e); }
    void summarize(const key_used&) { uses_keys_ = true; }

    template <class Effect>
    void summarize_change(const Effect& e) {
        touch(e.chat).last_change = e.seq;
        changed_messages_.push_back({e.chat, e.number});
    }

    touched_chat& touch(chat_id chat) {
        const bool is_last = !chats_.empty() && chats_.back().id == chat;
        return is_last ? chats_.back() : find_or_add(chat);
    }
    touched_chat& find_or_add(chat_id chat);

    std::vector<effect> effects_;
    std::deque<unchanged_fields> kept_;  // a growing deque does not move its elements
    std::vector<touched_chat> chats_;
    std::vector<changed_message> changed_messages_;
    bool changes_apps_ = false;
    bool uses_keys_ = false;
    // The indexes of the chats in chats_, once there are two. Most batches of a busy chat have one only.
    boost::unordered_flat_map<std::uint64_t, std::size_t> index_of_;
};

}  // namespace confab::core
