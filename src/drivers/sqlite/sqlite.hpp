// A thin layer over SQLite's C interface (https://sqlite.org/c3ref/intro.html): connections, statements, transactions.
// A call that SQLite refuses throws `failure`. A connection and its statements belong to one thread at a time
// (SQLITE_OPEN_NOMUTEX).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace confab::sqlite {

// Call it before any other SQLite function. It turns off memory statistics, which SQLite keeps under one lock for all
// threads. Any thread, any number of times.
void prepare_library();

// What SQLite reported; `code` is its extended result code.
class failure : public std::runtime_error {
public:
    failure(int code, const std::string& message) : runtime_error(message), code_(code) {}

    int code() const { return code_; }
    bool is_corruption() const;  // not a database, or a damaged one
    bool is_disk_full() const;
    bool is_out_of_memory() const;
    bool is_busy() const;  // another connection holds a lock

private:
    int code_;
};

// A row that cannot be what was written to it: corruption (SQLITE_CORRUPT), as if SQLite had found it.
failure corrupt_row(std::string_view table, std::int64_t row, std::string_view why);

using blob = std::span<const std::byte>;

// A prepared statement for repeated use: bind, then `run`; or bind, then `row` until it returns false, or `reset`.
// Returned views are valid until the next step or reset. A null column reads as 0 or empty.
class statement {
public:
    statement(sqlite3* db, std::string_view sql);

    // Does not copy texts and blobs (SQLITE_STATIC): they must live until the statement is reset. Bind them again
    // before the next step.
    template <class... Values>
    statement& bind(const Values&... values) {
        int index = 0;
        (bind_at(++index, values), ...);
        return *this;
    }

    // Steps to the next row. False: there is none, and the statement was reset. A failure resets it too.
    bool row();
    // Steps to the end, ignores rows, and resets the statement.
    void run();
    void reset();

    std::int64_t integer(int column) const;
    std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    std::string_view text(int column) const;
    std::optional<std::string> optional_text(int column) const;
    blob bytes(int column) const;
    bool is_null(int column) const;

    // Whether a transaction is open on its connection.
    bool in_transaction() const;

private:
    struct finalize {
        void operator()(sqlite3_stmt* s) const;
    };

    void bind_at(int index, std::int64_t value);
    void bind_at(int index, std::uint64_t value) { bind_at(index, static_cast<std::int64_t>(value)); }
    void bind_at(int index, std::string_view value);
    void bind_at(int index, blob value);
    void bind_at(int index, std::nullptr_t);
    template <class T>
    void bind_at(int index, const std::optional<T>& value) {
        if (value)
            bind_at(index, *value);
        else
            bind_at(index, nullptr);
    }
    void check(int code) const;

    std::unique_ptr<sqlite3_stmt, finalize> handle_;
};

// Resets a statement when its reader is done, also after an exception. A statement that is not reset keeps its read
// transaction open.
class reset_guard {
public:
    explicit reset_guard(statement& s) : statement_(s) {}
    ~reset_guard() { statement_.reset(); }
    reset_guard(const reset_guard&) = delete;
    reset_guard& operator=(const reset_guard&) = delete;

private:
    statement& statement_;
};

enum class access {
    read_only,
    read_write,
    create,    // a missing file is created with mode 0600
    immutable  // reads the database file without its WAL and without locks (immutable=1 of https://sqlite.org/uri.html)
};

// How much of a commit is synced in WAL mode (https://sqlite.org/pragma.html#pragma_synchronous).
enum class sync_level {
    normal,  // nothing: a power cut may lose the last commits, but damages nothing
    full     // the WAL
};

class connection {
public:
    connection(const std::string& path, access how);

    // One or more statements without parameters or rows.
    void execute(const char* sql);
    statement prepare(std::string_view sql) { return statement(handle_.get(), sql); }

    // Waits this long for a lock before it fails with SQLITE_BUSY.
    void wait_for_locks(int ms);

    // passive copies the pages that no reader holds back; restart waits for readers (see wait_for_locks), so that the
    // next commit can restart the WAL; truncate also empties the WAL's file.
    enum class checkpoint_kind { passive, restart, truncate };
    // Copies committed pages from the WAL into the database. True: all are copied, and the database is synced. False: a
    // reader or another checkpoint holds some back.
    bool checkpoint(checkpoint_kind kind);

    // The length of the WAL after this connection's last commit. Nothing checkpoints it automatically.
    int wal_pages() const { return *wal_pages_; }

    // The last connection that is closed checkpoints the WAL, unless this is off.
    void checkpoint_on_close(bool is_on);

    bool in_transaction() const;

    // Of the transactions that begin from here on. Throws failure. REQUIRES: no transaction is open.
    void set_sync_level(sync_level level);

private:
    struct close {
        void operator()(sqlite3* db) const;
    };

    friend class transaction;

    // A statement that is prepared when it is first needed.
    static statement& prepare_once(std::unique_ptr<statement>& s, connection& c, std::string_view sql);

    std::optional<sync_level> sync_level_;  // nothing: it was not set here
    std::unique_ptr<int> wal_pages_;        // SQLite's hook holds its address
    std::unique_ptr<sqlite3, close> handle_;
    std::unique_ptr<statement> begin_read_, begin_write_, commit_, rollback_;
};

// A transaction that rolls back unless it was committed. `write` takes the write lock immediately (BEGIN IMMEDIATE).
// `read` takes its snapshot at the first read (BEGIN). If the rollback fails, SQLite's transaction stays open: see
// connection::in_transaction().
class transaction {
public:
    enum class kind { read, write };

    transaction(connection& c, kind k);
    ~transaction();
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    void commit();

private:
    connection& connection_;
    bool open_ = true;
};

}  // namespace confab::sqlite
