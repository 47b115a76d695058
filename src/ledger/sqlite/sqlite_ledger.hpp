// The ledger on SQLite, behind a log of batches: one sync a batch, and many batches a transaction.
#pragma once

#include <filesystem>
#include <memory>

#include "ledger/ledger.hpp"

namespace confab::ledger {

struct sqlite_options {
    std::filesystem::path folder;
    asio::any_io_executor read_pool;  // where unbounded reads run, off the event loops
};

// A server's ledger. Holds the folder's lock.
class sqlite_ledger {
public:
    virtual ~sqlite_ledger() = default;
    virtual ledger::reader& reader() = 0;
    virtual ledger::writer& writer() = 0;
    // Refuses reads from now on, also those that wait for a thread. Any thread.
    virtual void close_reads() = 0;
    virtual const std::filesystem::path& folder() const = 0;

    // One more reader, whose long reads run elsewhere than on the read pool; for who has time: what was acknowledged a moment
    // ago it waits for, there.
    virtual std::unique_ptr<ledger::reader> reader_on(asio::any_io_executor pool) = 0;
    // A random text that no other ledger has; what is derived from this one bears it.
    virtual const std::string& identity() const = 0;
};

// Throws startup_error: folder unusable or held by another server, newer schema, corrupt file.
std::unique_ptr<sqlite_ledger> open_sqlite_ledger(const sqlite_options& options);

// Reads beside a running server and never writes. Throws startup_error when there is no ledger or it cannot be read.
std::unique_ptr<auditor> open_sqlite_auditor(const std::filesystem::path& folder);

// As above: how many batches are in the batch log and not in the database yet. A running server takes them in within a moment, the next
// start of one before it answers anybody.
std::size_t batches_waiting_in(const std::filesystem::path& folder);

// As above; empty before a server opened the ledger.
std::string identity_of_sqlite_ledger(const std::filesystem::path& folder);

}  // namespace confab::ledger
