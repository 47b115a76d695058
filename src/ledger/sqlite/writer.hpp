// The writing side of the SQLite ledger.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "drivers/sqlite/snapshot_pool.hpp"
#include "ledger/sqlite/deferred_transaction.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ledger/writer.hpp"

namespace confab::ledger::sqlite {

class journaling_writer : public writer {
public:
    // See sqlite_ledger.
    virtual std::uint64_t batches_without_journal() const = 0;
};

struct writer_options {
    deferred_transaction& transaction;
    confab::sqlite::snapshot_registry& snapshots;
    std::filesystem::path database;
    std::string identity;  // the journal's owner
    sqlite_sizes sizes;
};

// Creates the journal. On an orderly end the writer commits all batches and removes the journal. Throws
// sqlite::failure, startup_error. REQUIRES: the database has all batches of an earlier journal, which is overwritten;
// `transaction` and `snapshots` outlive the writer.
std::unique_ptr<journaling_writer> make_sqlite_writer(const writer_options& o);

}  // namespace confab::ledger::sqlite
