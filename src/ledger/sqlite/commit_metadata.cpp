#include "ledger/sqlite/commit_metadata.hpp"

#include <algorithm>

#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/written_time.hpp"

namespace confab::ledger::sqlite {

commit_metadata::commit_metadata(confab::sqlite::connection& db)
    : set_applied_(db.prepare("update meta set value = ? where key = 'applied_batch'")),
      set_checkpointed_(db.prepare("insert or replace into meta(key, value) values('checkpointed_batch', ?)")),
      set_journal_off_(db.prepare("insert or replace into meta(key, value) values('journal_off', ?)")),
      clear_journal_off_(db.prepare("delete from meta where key = 'journal_off'")),
      set_latest_time_(db.prepare("insert or replace into meta(key, value) values('latest_time', ?)")),
      applied_(applied_batch(db)),
      checkpointed_(applied_),
      journal_off_(journal_off_reason(db)),
      latest_time_(latest_time_in(db)) {}

void commit_metadata::write(std::uint64_t batch, const std::optional<std::string>& journal_off, timestamp latest) {
    write_numbers(batch);
    write_time(latest);
    writing_off_ = journal_off;
    if (journal_off == journal_off_) return;
    if (journal_off)
        set_journal_off_.bind(std::string_view(*journal_off)).run();
    else
        clear_journal_off_.run();
}

void commit_metadata::repeat() {
    write_numbers(applied_);
}

void commit_metadata::write_numbers(std::uint64_t batch) {
    set_applied_.bind(batch).run();
    set_checkpointed_.bind(checkpointed_).run();
}

void commit_metadata::write_time(timestamp latest) {
    writing_time_ = std::max(latest, bounded(latest_time_, now()));
    if (writing_time_ != latest_time_) set_latest_time_.bind(writing_time_.us).run();
}

bool commit_metadata::committed(std::uint64_t batch, int wal_pages) {
    // SQLite restarts the WAL only when the database file has all of it, whoever made that checkpoint.
    const bool is_restarted = wal_pages < wal_pages_;
    if (is_restarted) checkpointed();
    wal_pages_ = wal_pages;
    if (batch != applied_) {  // else it was a transaction without a batch
        journal_off_ = writing_off_;
        latest_time_ = writing_time_;
    }
    applied_ = batch;
    return is_restarted;
}

}  // namespace confab::ledger::sqlite
