#include "ledger/sqlite/state_loader.hpp"

#include <fmt/core.h>

#include "core/decide.hpp"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {

state_loader::state_loader(confab::sqlite::connection& db, effect_writer& effects)
    : effects_(effects),
      next_ids_(db.prepare("select (select coalesce(max(id), 0) + 1 from apps), "
                           "(select coalesce(max(id), 0) + 1 from chats)")),
      app_(db.prepare(fmt::format("select {} from apps where token = ?", app_columns))),
      chat_(db.prepare("select id, messages_count, changes_count from chats where app_id = ? and number = ?")),
      message_(db.prepare(fmt::format("select {} from messages where id = ?", message_columns))),
      key_(db.prepare("select fingerprint, number, expires_at from idempotency where scope = ? and key_hash = ?")) {}

void state_loader::load(std::span<const core::command* const> commands, core::state& s) {
    load_ids(s);
    for (const auto* c : commands) load_for(*c, s);
}

void state_loader::load_ids(core::state& s) {
    if (s.next_app.value() != 0) return;
    const confab::sqlite::reset_guard until_done(next_ids_);
    next_ids_.row();
    s.next_app = core::app_id(next_ids_.number(0));
    s.next_chat = core::chat_id(next_ids_.number(1));
}

void state_loader::load_for(const core::command& c, core::state& s) {
    std::visit([&](const auto& payload) { load_payload(payload, s); }, c.payload);
    if (!c.key) return;
    if (const auto scope = core::scope_of(s, c)) load_key(*scope, *c.key, s);
}

void state_loader::load_payload(const core::create_app&, core::state&) {}
void state_loader::load_payload(const core::rename_app& payload, core::state& s) {
    load_app(payload.app, s);
}
void state_loader::load_payload(const core::create_chat& payload, core::state& s) {
    load_app(payload.app, s);
}
void state_loader::load_payload(const core::create_message& payload, core::state& s) {
    load_chat(payload.app, payload.chat, s);
}
void state_loader::load_payload(const core::edit_message& payload, core::state& s) {
    load_message(payload, s);
}
void state_loader::load_payload(const core::delete_message& payload, core::state& s) {
    load_message(payload, s);
}
void state_loader::load_payload(const core::unreadable&, core::state&) {}

template <class Payload>
void state_loader::load_message(const Payload& payload, core::state& s) {
    const auto* const counters = load_chat(payload.app, payload.chat, s);
    if (!counters || s.find(core::state::message_locator{counters->id, payload.message})) return;
    message_.bind(row_of(counters->id, payload.message.value()));
    const confab::sqlite::reset_guard until_done(message_);
    if (message_.row()) s.put(counters->id, message_from(message_));
}

const core::app* state_loader::load_app(const core::app_token& token, core::state& s) {
    if (const auto* known = s.find(token)) return known;
    effects_.write_counters();
    app_.bind(token.text());
    const confab::sqlite::reset_guard until_done(app_);
    return app_.row() ? &s.put(app_from(app_)) : nullptr;
}

const core::chat_counters* state_loader::load_chat(const core::app_token& token, core::chat_number number,
                                                   core::state& s) {
    const auto* const owner = load_app(token, s);
    if (!owner) return nullptr;
    const core::state::chat_locator locator{owner->id, number};
    if (const auto* known = s.find(locator)) return known;
    effects_.write_counters();
    chat_.bind(owner->id.value(), number.value());
    const confab::sqlite::reset_guard until_done(chat_);
    if (!chat_.row()) return nullptr;
    return &s.put(locator, {core::chat_id(chat_.number(0)), chat_.number(1), chat_.number(2)});
}

void state_loader::load_key(const core::key_scope& scope, const core::idempotency_key& key, core::state& s) {
    const core::state::key_locator locator{scope, key.key_hash};
    if (s.find(locator)) return;
    key_.bind(encode(scope), confab::sqlite::blob(key.key_hash));
    const confab::sqlite::reset_guard until_done(key_);
    if (!key_.row()) return;
    const auto fingerprint = parse_digest(key_.bytes(0));
    if (!fingerprint)
        throw confab::sqlite::corrupt_row("idempotency", encode(scope), "its fingerprint is not a digest");
    s.put(locator, {*fingerprint, key_.number(1), {key_.integer(2)}});
}

}  // namespace confab::ledger::sqlite
