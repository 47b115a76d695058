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
    // Refuses reads from now on (shutting_down), also those that wait for a thread. So waiting reads do not delay the
    // end of the program. Any thread.
    virtual void close() = 0;
};

// How a reader handles unapplied writes that it has to read. `commit` commits them. `wait` waits until they are
// committed: it costs no other thread anything, but blocks a thread of `long_reads`.
enum class unapplied_policy { commit, wait };

struct reader_options {
    std::filesystem::path database;
    asio::any_io_executor long_reads;
    unapplied_policy unapplied;
    deferred_transaction& transaction;
    message_cache& cache;
    confab::sqlite::snapshot_registry& snapshots;
};

// REQUIRES: the objects that `o` refers to outlive the reader.
std::unique_ptr<closable_reader> make_sqlite_reader(const reader_options& o);

}  // namespace confab::ledger::sqlite
