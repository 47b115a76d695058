// The progress of indexes, for tests that change one of its answers: it forwards every call.
#pragma once

#include "ledger/index_progress.hpp"

namespace confab::testing {

class forwarding_progress : public ledger::index_progress {
public:
    explicit forwarding_progress(ledger::index_progress& to) : to_(to) {}

    awaitable<result<std::vector<core::chat_id>>> noted_before(timestamp time) override {
        return to_.noted_before(time);
    }
    awaitable<result<void>> remove_note(const core::chat_position& upto) override { return to_.remove_note(upto); }

    awaitable<result<std::optional<ledger::reindex_lease>>> lease() override { return to_.lease(); }
    awaitable<result<ledger::reindex_lease>> claim(const ledger::reindex_owner& owner,
                                                   const std::string& index) override {
        return to_.claim(owner, index);
    }
    awaitable<result<bool>> begin_again(const ledger::reindex_owner& owner, const std::string& index) override {
        return to_.begin_again(owner, index);
    }
    awaitable<result<bool>> renew(const ledger::reindex_owner& owner, core::chat_id last_chat) override {
        return to_.renew(owner, last_chat);
    }
    awaitable<result<void>> give_up(const ledger::reindex_owner& owner, core::chat_id last_chat) override {
        return to_.give_up(owner, last_chat);
    }
    awaitable<result<void>> finish(const ledger::reindex_owner& owner) override { return to_.finish(owner); }
    awaitable<result<void>> drop_expired() override { return to_.drop_expired(); }

    awaitable<result<core::chat_position>> find_position(const ledger::index_id& index, core::chat_id chat) override {
        return to_.find_position(index, chat);
    }
    awaitable<result<std::vector<core::chat_position>>> chats(const ledger::index_id& index,
                                                              core::chat_id after) override {
        return to_.chats(index, after);
    }
    awaitable<result<void>> move(const ledger::index_id& index, const core::chat_position& from,
                                 const core::chat_position& to) override {
        return to_.move(index, from, to);
    }
    awaitable<result<void>> begin(const ledger::index_id& index, core::chat_id chat) override {
        return to_.begin(index, chat);
    }
    awaitable<result<chats_slice>> changed_chats(const ledger::index_id& index, core::chat_id after) override {
        return to_.changed_chats(index, after);
    }
    awaitable<result<void>> forget(const ledger::index_id& index) override { return to_.forget(index); }
    awaitable<result<std::vector<ledger::index_id>>> indexes() override { return to_.indexes(); }
    awaitable<result<std::uint64_t>> messages_in_chats_of(std::uint64_t messages_min) override {
        return to_.messages_in_chats_of(messages_min);
    }

private:
    ledger::index_progress& to_;
};

}  // namespace confab::testing
