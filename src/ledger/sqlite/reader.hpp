// The reading side of the SQLite ledger.
#pragma once

#include <memory>

#include "drivers/sqlite/snapshot_pool.hpp"
#include "ledger/readers.hpp"
#include "ledger/sqlite/deferred_transaction.hpp"
#include "ledger/sqlite/message_cache.hpp"

namespace confab::ledger::sqlite {

class closable_reader : public readers {
public:
    // Refuses reads from now on (shutting_down). Reads that wait for a thread and running scans fail, too, so that they
    // do not delay the end of the program. Any thread.
    virtual void close() = 0;
};

// What a reader does first if a read needs unapplied writes: writes that are in the journal and not yet committed in
// the database (unapplied_writes.hpp). `commit` commits them on a thread of `long_reads`, which delays the writer.
// `wait` waits until somebody does so, the commit timer at the latest, and at most two seconds (then: unavailable). It
// is for the index follower and the live feed. Its calls are awaited on an event loop that one thread runs. With
// `wait`, chats(), messages() and changed_messages() return the rows that are applied, and wait only if there are none.
// find_chat() returns the counters as applied.
enum class unapplied_policy { commit, wait };

struct reader_options {
    std::filesystem::path database;
    asio::any_io_executor long_reads;
    unapplied_policy unapplied;
    core::generation generation;
    deferred_transaction& transaction;
    message_cache& cache;
    confab::sqlite::snapshot_registry& snapshots;
};

// Short reads run on the caller's thread. Long lists and searches run on `long_reads`. REQUIRES: the objects that `o`
// refers to outlive the reader.
std::unique_ptr<closable_reader> make_sqlite_reader(const reader_options& o);

}  // namespace confab::ledger::sqlite
