// A ledger's reader for tests that change one of its answers: it forwards every call.
#pragma once

#include "ledger/readers.hpp"

namespace confab::testing {

class forwarding_reader : public ledger::readers {
public:
    explicit forwarding_reader(ledger::readers& to) : to_(to) {}

    awaitable<result<core::app>> find_app(core::app_token token) override { return to_.find_app(token); }
    awaitable<result<core::app>> find_app(core::app_id id) override { return to_.find_app(id); }
    awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) override {
        return to_.find_chat(app, chat);
    }
    awaitable<result<core::message>> find_message(core::app_token app, core::chat_number chat,
                                                  core::message_number message) override {
        return to_.find_message(app, chat, message);
    }
    awaitable<result<core::app_id>> last_app() override { return to_.last_app(); }
    awaitable<result<std::vector<core::app>>> apps(ledger::window w) override { return to_.apps(w); }
    awaitable<result<std::vector<core::chat>>> chats(core::app_id app, ledger::window w) override {
        return to_.chats(app, w);
    }
    awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, ledger::window w) override {
        return to_.messages(chat, w);
    }
    awaitable<result<ledger::matches>> matching(core::chat_id chat, ledger::window w,
                                                const core::folded_query& query) override {
        return to_.matching(chat, w, query);
    }
    awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat, core::message_number message,
                                                                   std::uint64_t after) override {
        return to_.versions(chat, message, after);
    }
    awaitable<result<ledger::matches_by_number>> matching(core::chat_id chat,
                                                          std::span<const core::message_number> numbers,
                                                          const core::folded_query& query) override {
        return to_.matching(chat, numbers, query);
    }
    awaitable<result<core::chat_position>> position_of(core::chat_id chat) override { return to_.position_of(chat); }
    awaitable<result<std::vector<core::chat_position>>> positions_after(core::chat_id after) override {
        return to_.positions_after(after);
    }
    awaitable<result<std::vector<ledger::change>>> changes(core::chat_id chat, std::uint64_t after_seq) override {
        return to_.changes(chat, after_seq);
    }
    awaitable<result<std::vector<ledger::text>>> texts(core::chat_id chat, ledger::window w) override {
        return to_.texts(chat, w);
    }
    awaitable<result<std::vector<ledger::text>>> texts(core::chat_id chat,
                                                       std::span<const core::message_number> numbers) override {
        return to_.texts(chat, numbers);
    }
    core::generation generation() const override { return to_.generation(); }
    awaitable<result<ledger::heads>> read_heads(std::span<const core::chat_id> chats,
                                                std::span<const core::app_id> apps) override {
        return to_.read_heads(chats, apps);
    }
    awaitable<result<std::vector<ledger::changed_message>>> changed_messages(core::chat_id chat,
                                                                             ledger::window w) override {
        return to_.changed_messages(chat, w);
    }

private:
    ledger::readers& to_;
};

}  // namespace confab::testing
