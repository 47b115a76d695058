// The ledger on SQLite, with a journal of batches: one sync for each batch, and many batches in a transaction.
#pragma once

#include <filesystem>
#include <memory>

#include "drivers/sqlite/checkpoint_schedule.hpp"
#include "ledger/auditor.hpp"
#include "ledger/readers.hpp"
#include "ledger/writer.hpp"

namespace confab::ledger::sqlite {

// Size limits. Tests use smaller ones, to reach all of them with a short history.
struct sqlite_sizes {
    // A transaction is committed when it reaches one of these limits. For each chat the commit writes a page or two
    // while everybody waits. Bytes are those of the records. A batch whose record is larger does not go through the
    // journal.
    std::size_t transaction_effects_max = 10'000;
    std::size_t transaction_chats_max = 1'000;
    std::size_t transaction_bytes_max = 2 * 1024 * 1024;
    std::uint64_t journal_segment_bytes = 4 * 1024 * 1024;
    confab::sqlite::checkpoint_limits checkpoint{.start_pages = 1'000,
                                                 .restart_pages = 6'000};  // about 4 MiB and 24 MiB
};

struct sqlite_options {
    std::filesystem::path folder;
    asio::any_io_executor read_pool;   // for unbounded reads, off the event loops
    bool ignores_journal_gap = false;  // start although batches are missing; logs the lost ones
    sqlite_sizes sizes = {};
};

// A server's ledger. Holds the lock of the folder.
class sqlite_ledger {
public:
    virtual ~sqlite_ledger() = default;
    virtual ledger::readers& reader() = 0;
    virtual ledger::writer& writer() = 0;
    // Refuses reads of reader() from now on, also those that wait for a thread. Those of reader_on() are refused if
    // they would wait for a commit. Any thread.
    virtual void close_reads() = 0;
    virtual const std::filesystem::path& folder() const = 0;

    // Another reader, whose long reads run on `pool`. It waits until acknowledged writes are committed, and does not
    // commit them itself (reader.hpp). For the index follower and the live feed.
    virtual std::unique_ptr<ledger::readers> reader_on(asio::any_io_executor pool) = 0;
    // The ledger's identity: a random text. Files derived from this ledger hold it.
    virtual const std::string& identity() const = 0;
    // The number of batches committed without the journal since the start, for lack of space. Any thread.
    virtual std::uint64_t batches_without_journal() const = 0;
};

// Throws startup_error: the folder is unusable or locked by another server; the schema is newer; a file is corrupt; the
// files do not belong together (then none was written).
std::unique_ptr<sqlite_ledger> open_sqlite_ledger(const sqlite_options& options);

// Reads beside a running server, and never writes. Throws startup_error: there is no ledger, or it cannot be read.
std::unique_ptr<auditor> open_sqlite_auditor(const std::filesystem::path& folder);

struct journal_report {
    std::size_t unapplied = 0;              // batches of the journal that the database does not have yet
    std::optional<std::string> mismatch;    // why the journal does not fit the database
    std::optional<std::string> off_reason;  // why the last batch was committed without the journal
};

// As above. The batches of the journal that the database does not have yet, and whether the journal is used.
journal_report journal_of(const std::filesystem::path& folder);

// As above. Empty until a server has opened the ledger.
std::string identity_of_sqlite_ledger(const std::filesystem::path& folder);

}  // namespace confab::ledger::sqlite
