// The reading side of the SQLite ledger.
#pragma once

#include <memory>

#include "drivers/sqlite/snapshot_pool.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/deferred_transaction.hpp"
#include "ledger/sqlite/message_cache.hpp"

namespace confab::ledger::sqlite {

class closable_reader : public reader {
public:
    // Refuses reads from now on, also those that wait for a thread (shutting_down): however many there are, none keeps
    // the program from its end. Any thread.
    virtual void close() = 0;
};

// What a reader does about unapplied writes that it is to read: commits them, or waits until they are committed. The
// latter costs nobody else anything, and blocks a thread of `long_reads` meanwhile.
enum class unapplied_policy { commit, wait };

struct reader_options {
    std::filesystem::path database;
    asio::any_io_executor long_reads;
    unapplied_policy unapplied;
    deferred_transaction& transaction;
    message_cache& cache;
    confab::sqlite::snapshot_registry& snapshots;
};

// What `o` refers to outlives it.
std::unique_ptr<closable_reader> make_sqlite_reader(const reader_options& o);

}  // namespace confab::ledger::sqlite
