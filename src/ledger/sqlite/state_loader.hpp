// Loads from SQLite's tables the state that decide() needs for a batch.
#pragma once

#include <span>

#include "core/command.hpp"
#include "core/state.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/effect_writer.hpp"

namespace confab::ledger::sqlite {

// On the writing connection, for the thread that uses it.
class state_loader {
public:
    // REQUIRES: both outlive this.
    state_loader(confab::sqlite::connection& db, effect_writer& effects);

    // Adds to `s` what decide() needs for these commands and `s` lacks. Rows that do not exist stay absent. Before it
    // reads counters from the tables, it writes those that `effects` keeps in memory. Throws sqlite::failure; then `s`
    // is incomplete. REQUIRES: a transaction, if `effects` keeps counters.
    void load(std::span<const core::command* const> commands, core::state& s);

private:
    void load_ids(core::state& s);
    void load_for(const core::command& c, core::state& s);
    void load_payload(const core::create_app& payload, core::state& s);
    void load_payload(const core::rename_app& payload, core::state& s);
    void load_payload(const core::create_chat& payload, core::state& s);
    void load_payload(const core::create_message& payload, core::state& s);
    void load_payload(const core::edit_message& payload, core::state& s);
    void load_payload(const core::delete_message& payload, core::state& s);
    void load_payload(const core::unreadable& payload, core::state& s);
    template <class Payload>
    void load_message(const Payload& payload, core::state& s);
    const core::app* load_app(const core::app_token& token, core::state& s);
    const core::chat_counters* load_chat(const core::app_token& token, core::chat_number number, core::state& s);
    void load_key(const core::key_scope& scope, const core::idempotency_key& key, core::state& s);

    effect_writer& effects_;
    confab::sqlite::statement next_ids_, app_, chat_, message_, key_;
};

}  // namespace confab::ledger::sqlite
