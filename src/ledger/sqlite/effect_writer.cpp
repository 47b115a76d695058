#include "ledger/sqlite/effect_writer.hpp"

#include <algorithm>

#include "base/require.hpp"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {

effect_writer::edit_statements::edit_statements(confab::sqlite::connection& db)
    : insert_change(db.prepare("insert into changes(id, number, kind, version, content_before, at) "
                               "select ?1, ?2, ?3, ?4, content, ?5 from messages where id = ?6")),
      update_message(db.prepare("update messages set content = ?2, metadata = coalesce(?3, metadata), version = ?4, "
                                "updated_at = ?5 where id = ?1")) {}

effect_writer::deletion_statements::deletion_statements(confab::sqlite::connection& db)
    : insert_change(db.prepare("insert into changes(id, number, kind, version, at) values(?, ?, ?, ?, ?)")),
      clear_history(db.prepare("update changes set content_before = null where id >> 32 = ? and number = ?")),
      clear_message(db.prepare("update messages set content = null, metadata = null, version = ?2, updated_at = ?3, "
                               "deleted_at = ?3 where id = ?1")) {}

effect_writer::effect_writer(confab::sqlite::connection& db)
    : insert_app_(db.prepare("insert into apps(id, token, name, created_at, updated_at) values(?1, ?2, ?3, ?4, ?4)")),
      rename_app_(db.prepare("update apps set name = ?2, updated_at = ?3 where id = ?1")),
      insert_chat_(db.prepare("insert into chats(id, app_id, number, created_at, updated_at) "
                              "values(?1, ?2, ?3, ?4, ?4)")),
      insert_message_(db.prepare("insert into messages(id, content, sender, metadata, created_at, updated_at) "
                                 "values(?1, ?2, ?3, ?4, ?5, ?5)")),
      insert_key_(db.prepare("insert or replace into idempotency(scope, key_hash, fingerprint, number, expires_at) "
                             "values(?, ?, ?, ?, ?)")),
      edit_(db),
      deletion_(db),
      chats_(db, "update apps set chats_count = ?2 where id = ?1"),
      messages_(db, "update chats set messages_count = ?2 where id = ?1"),
      changes_(db, "update chats set changes_count = ?2 where id = ?1") {}

void effect_writer::write(const core::batch_effects& effects) {
    require(insert_app_.in_transaction(), "effects are written in a transaction");
    const auto write_effect = [this](const auto& made) {
        if constexpr (requires { made.at; }) latest_ = std::max(latest_, made.at);
        write_one(made);
    };
    for (const auto& e : effects) std::visit(write_effect, e);
    for (const auto& chat : effects.chats()) {
        if (chat.last_message > 0) messages_.set(chat.id.value(), chat.last_message);
        if (chat.last_change > 0) changes_.set(chat.id.value(), chat.last_change);
    }
}

void effect_writer::write_counters() {
    chats_.write();
    messages_.write();
    changes_.write();
}

void effect_writer::clear_counters() {
    chats_.clear();
    messages_.clear();
    changes_.clear();
    latest_ = {};
}

void effect_writer::counters::set(std::uint64_t id, std::uint64_t value) {
    if (!last_.empty() && last_.back().first == id)
        last_.back().second = value;
    else
        last_.emplace_back(id, value);
}

void effect_writer::counters::write() {
    require(last_.empty() || update_.in_transaction(), "counters are written in a transaction");
    std::ranges::stable_sort(last_, {}, &entry::first);
    for (auto at = last_.begin(); at != last_.end(); ++at) {
        const bool moved_again = std::next(at) != last_.end() && std::next(at)->first == at->first;
        if (!moved_again) update_.bind(at->first, at->second).run();
    }
    last_.clear();
}

void effect_writer::write_one(const core::app_created& e) {
    insert_app_.bind(e.id.value(), e.token.text(), e.name, e.at.us).run();
}
void effect_writer::write_one(const core::app_renamed& e) {
    rename_app_.bind(e.id.value(), e.name, e.at.us).run();
}
void effect_writer::write_one(const core::chat_created& e) {
    insert_chat_.bind(e.id.value(), e.app.value(), e.number.value(), e.at.us).run();
    chats_.set(e.app.value(), e.number.value());
}
void effect_writer::write_one(const core::message_created& e) {
    insert_message_.bind(row_of(e.chat, e.number.value()), e.content, e.sender, e.metadata, e.at.us).run();
}
void effect_writer::write_one(const core::message_edited& e) {
    const auto row = row_of(e.chat, e.number.value());
    edit_.insert_change.bind(row_of(e.chat, e.seq), e.number.value(), change_kind_edit, e.version, e.at.us, row).run();
    edit_.update_message.bind(row, e.content, e.metadata, e.version, e.at.us).run();
}
void effect_writer::write_one(const core::message_deleted& e) {
    const auto number = e.number.value();
    deletion_.insert_change.bind(row_of(e.chat, e.seq), number, change_kind_deletion, e.version, e.at.us).run();
    deletion_.clear_history.bind(e.chat.value(), number).run();
    deletion_.clear_message.bind(row_of(e.chat, number), e.version, e.at.us).run();
}
void effect_writer::write_one(const core::key_used& e) {
    insert_key_
        .bind(encode(e.scope), confab::sqlite::blob(e.key_hash), confab::sqlite::blob(e.fingerprint), e.number,
              e.expires_at.us)
        .run();
}

}  // namespace confab::ledger::sqlite
