#include "ledger/sqlite/commit_stamp.hpp"

#include "ledger/sqlite/schema.hpp"

namespace confab::ledger {

commit_stamp::commit_stamp(sqlite::connection& db)
    : set_applied_(db.prepare("update meta set value = ? where key = 'applied_batch'")),
      set_checkpointed_(db.prepare("insert or replace into meta(key, value) values('checkpointed_batch', ?)")),
      applied_(applied_batch(db)),
      checkpointed_(applied_) {}

void commit_stamp::write(std::uint64_t batch) {
    set_applied_.bind(batch).run();
    set_checkpointed_.bind(checkpointed_).run();
}

void commit_stamp::committed(std::uint64_t batch, int wal_pages) {
    // SQLite begins the WAL again only when the database file has all of it: whoever made that checkpoint.
    if (wal_pages < wal_pages_) checkpointed();
    wal_pages_ = wal_pages;
    applied_ = batch;
}

}  // namespace confab::ledger
