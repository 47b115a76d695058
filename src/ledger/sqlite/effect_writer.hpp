// Writes effects into SQLite's tables.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "core/batch_effects.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::ledger::sqlite {

// On one connection, for the thread that uses it.
class effect_writer {
public:
    // REQUIRES: the database is migrated, and outlives this.
    explicit effect_writer(confab::sqlite::connection& db);

    // Writes the effects in order. Keeps the counters that they change in memory. Throws sqlite::failure. REQUIRES: a
    // transaction.
    void write(const core::batch_effects& effects);
    // Writes each changed counter once, however often it changed. Call it before the commit, and before a counter is
    // read on this connection. Throws sqlite::failure. REQUIRES: a transaction, if a counter has changed.
    void write_counters();
    // After a rollback. Forgets the latest time, too.
    void clear_counters();

    // The latest time in the effects that were written since the last take_latest().
    timestamp latest() const { return latest_; }
    timestamp take_latest() { return std::exchange(latest_, {}); }

private:
    // The last value of each counter of one kind, by the id of its row.
    class counters {
    public:
        // `update`: sets the counter of row ?1 to ?2.
        counters(confab::sqlite::connection& db, std::string_view update) : update_(db.prepare(update)) {}

        void set(std::uint64_t id, std::uint64_t value);
        void write();
        void clear() { last_.clear(); }

    private:
        using entry = std::pair<std::uint64_t, std::uint64_t>;
        confab::sqlite::statement update_;
        std::vector<entry> last_;
    };

    struct edit_statements {
        explicit edit_statements(confab::sqlite::connection& db);
        confab::sqlite::statement insert_change, update_message;
    };

    struct deletion_statements {
        explicit deletion_statements(confab::sqlite::connection& db);
        confab::sqlite::statement insert_change, clear_history, clear_message;
    };

    void write_one(const core::app_created& e);
    void write_one(const core::app_renamed& e);
    void write_one(const core::chat_created& e);
    void write_one(const core::message_created& e);
    void write_one(const core::message_edited& e);
    void write_one(const core::message_deleted& e);
    void write_one(const core::key_used& e);

    confab::sqlite::statement insert_app_, rename_app_, insert_chat_, insert_message_, insert_key_;
    edit_statements edit_;
    deletion_statements deletion_;
    counters chats_, messages_, changes_;
    timestamp latest_;
};

}  // namespace confab::ledger::sqlite
