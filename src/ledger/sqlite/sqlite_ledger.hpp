// The ledger on SQLite, behind a journal of batches: one sync a batch, and many batches a transaction.
#pragma once

#include <filesystem>
#include <memory>

#include "drivers/sqlite/checkpoint_schedule.hpp"
#include "ledger/ledger.hpp"

namespace confab::ledger::sqlite {

// What is done at which size; tests take smaller ones, to get everywhere with a short history.
struct sqlite_sizes {
    // A transaction is committed when it has so much in it: chats, as each is a page or two that the commit writes
    // while everybody waits; bytes of records, also of one alone, if it is to go through the journal.
    std::size_t transaction_effects_max = 10'000;
    std::size_t transaction_chats_max = 1'000;
    std::size_t transaction_bytes_max = 2 * 1024 * 1024;
    std::uint64_t journal_segment_bytes = 4 * 1024 * 1024;
    confab::sqlite::checkpoint_limits checkpoint{.start_pages = 1'000,
                                                 .restart_pages = 6'000};  // about 4 MiB and 24 MiB
};

struct sqlite_options {
    std::filesystem::path folder;
    asio::any_io_executor read_pool;   // where unbounded reads run, off the event loops
    bool ignores_journal_gap = false;  // start although batches are missing; what is given up is logged
    sqlite_sizes sizes = {};
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

    // One more reader, whose long reads run elsewhere than on the read pool; for who has time: what was acknowledged a
    // moment ago it waits for, there.
    virtual std::unique_ptr<ledger::reader> reader_on(asio::any_io_executor pool) = 0;
    // A random text that no other ledger has; what is derived from this one bears it.
    virtual const std::string& identity() const = 0;
    // How many batches were committed without the journal, because there was no room for it, since the start. Any
    // thread.
    virtual std::uint64_t batches_without_journal() const = 0;
};

// Throws startup_error: folder unusable or held by another server, newer schema, corrupt file, files that do not belong
// together (then none of them was written).
std::unique_ptr<sqlite_ledger> open_sqlite_ledger(const sqlite_options& options);

// Reads beside a running server and never writes. Throws startup_error when there is no ledger or it cannot be read.
std::unique_ptr<auditor> open_sqlite_auditor(const std::filesystem::path& folder);

struct journal_report {
    std::size_t unapplied = 0;              // batches that the server, or its next start, writes into the database
    std::optional<std::string> mismatch;    // why the journal does not fit the database
    std::optional<std::string> off_reason;  // why the last batch was committed without the journal
};

// As above: what the journal holds that the database does not have yet, and whether it is used.
journal_report journal_of(const std::filesystem::path& folder);

// As above; empty before a server opened the ledger.
std::string identity_of_sqlite_ledger(const std::filesystem::path& folder);

}  // namespace confab::ledger::sqlite
