// What decide() needs to know of a batch, read from SQLite's tables.
#pragma once

#include <span>

#include "core/command.hpp"
#include "core/state.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/effect_writer.hpp"

namespace confab::ledger::sqlite {

// On the writing connection, for the thread that has it.
class state_loader {
public:
    // Both outlive it; `effects` may keep counters in mind that are about to be read.
    state_loader(confab::sqlite::connection& db, effect_writer& effects);

    // Adds to `s` what decide() will need for these commands and `s` does not hold. Throws sqlite::failure.
    void load(std::span<const core::command* const> commands, core::state& s);

private:
    void load_ids(core::state& s);
    void load_for(const core::command& c, core::state& s);
    void load_wish(const core::create_app& wish, core::state& s);
    void load_wish(const core::rename_app& wish, core::state& s);
    void load_wish(const core::create_chat& wish, core::state& s);
    void load_wish(const core::create_message& wish, core::state& s);
    void load_wish(const core::edit_message& wish, core::state& s);
    void load_wish(const core::delete_message& wish, core::state& s);
    void load_wish(const core::unreadable& wish, core::state& s);
    template <class Wish>
    void load_message(const Wish& wish, core::state& s);
    const core::app* load_app(const core::app_token& token, core::state& s);
    const core::chat_head* load_chat(const core::app_token& token, core::chat_number number, core::state& s);
    void load_key(const core::key_scope& scope, const core::retry_key& key, core::state& s);

    effect_writer& effects_;
    confab::sqlite::statement next_ids_, app_, chat_, message_, key_;
};

}  // namespace confab::ledger::sqlite
