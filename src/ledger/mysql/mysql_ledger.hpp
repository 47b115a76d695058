// The ledger on MySQL 8, MariaDB 10.6 or later, which nodes and workers share. A node reads through a pool of
// connections per event loop. A worker writes on one connection of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/engine_state.hpp"
#include "ledger/auditor.hpp"
#include "ledger/cluster_ports.hpp"
#include "ledger/readers.hpp"
#include "ledger/writer.hpp"

namespace confab::ledger::mysql {

struct mysql_options {
    std::string url;                  // mysql://user:password@host:port/database?ssl=disable|enable|require
    std::string password = {};        // not URL-encoded; replaces the one in the URL unless empty
    asio::any_io_executor read_pool;  // compares texts with a query, off the event loops
    std::size_t connections_max = 8;  // of each event loop
    std::chrono::milliseconds connect_timeout{3000};
    std::chrono::milliseconds query_timeout{5000};
    std::chrono::milliseconds wait_for_connection{1000};  // when all of a loop are in use
};

struct mysql_worker_options {
    std::chrono::milliseconds lease{6000};           // how long this worker owns a partition without renewal
    std::chrono::milliseconds commit_timeout{5000};  // as the client measures it
    // Returns the bytes of a command to store as a dead letter, when the engine refuses its data. An operator can read
    // and replay them.
    std::function<std::string(const core::command&)> describe;
    // A chat gets a note for the search index after every so many messages, and after every change (index_notes). 0:
    // there is no index.
    std::uint64_t note_after_messages = 0;
};

// An API node's ledger. REQUIRES: all calls are awaited on an event loop run by one thread.
class mysql_node {
public:
    virtual ~mysql_node() = default;
    virtual ledger::readers& reader() = 0;
    virtual ledger::command_status& command_status() = 0;
    virtual std::uint64_t partitions() const = 0;    // as fixed by migrate
    virtual const std::string& cluster() const = 0;  // its identity, 16 hexadecimal digits
    // The longest lease of the live workers. 0: there are none. Errors: unavailable.
    virtual awaitable<result<std::chrono::milliseconds>> longest_lease() = 0;

    // Checks the server's role each second, on `loop`. While the server is read-only, state() has a fault, and commands
    // get `unavailable` before they are sent. Call it once. REQUIRES: one thread runs the loop, and the loop ends
    // before this object.
    virtual void watch(const asio::any_io_executor& loop) = 0;
    virtual const engine_state& state() const = 0;
};

// A worker's ledger. Writer and ownership are one object: use them from one event loop, one call at a time.
class mysql_worker {
public:
    virtual ~mysql_worker() = default;
    virtual ledger::readers& reader() = 0;
    virtual ledger::writer& writer() = 0;
    virtual ledger::ownership& ownership() = 0;
    // By which leases and errors name this worker: 32 upper-case hexadecimal digits, drawn at its start.
    virtual const std::string& id() const = 0;
    // Workers committed these entries. A server without them has lost commits, and later calls throw lost_commits.
    // REQUIRES: called before the first batch.
    virtual void require_committed(std::span<const core::delivery> all) = 0;
    virtual std::uint64_t partitions() const = 0;
    virtual const std::string& cluster() const = 0;
};

// These wait for the server on the caller's thread. Throw startup_error, with the reason: the server does not answer,
// is too old, does not flush every commit to disk, is read-only or belongs to a replication group; the schema is older
// (`confab migrate`) or newer than this program.
std::unique_ptr<mysql_node> open_mysql_node(const mysql_options& options);
std::unique_ptr<mysql_worker> open_mysql_worker(const mysql_options& options, const mysql_worker_options& worker);

// Reads beside running workers and never writes. A replica is sufficient.
std::unique_ptr<auditor> open_mysql_auditor(const mysql_options& options);

// The identity of the ledger's cluster. Throws startup_error, as above.
std::string identity_of_mysql_ledger(const mysql_options& options);

// Gives the ledger another generation, because it lost commits. Clients of the live feed then load their lists again.
// Throws startup_error: as above; a worker holds a lease.
void renew_generation(const mysql_options& options);

// Changes the queue of this cluster while no worker uses it. Safe to interrupt and to repeat. Throws startup_error.
using queue_change = std::function<awaitable<void>(const std::string& cluster, std::uint64_t partitions)>;

struct migration {
    std::optional<std::uint64_t> partitions;  // of a new database; default: 64
    bool new_identity =
        false;  // this database is a copy of another cluster's, and gets its own identity and generation
    // Connects to the queue of a database of version 0.1.0, and is called only for such a database. The change renames
    // the queue's keys: version 0.1.0 used the same names in any cluster, the new names contain this cluster's
    // identity. Throws startup_error.
    std::function<awaitable<queue_change>()> open_queue;
};

// Migrates the schema to the newest version. The first migration also fixes the number of partitions and generates the
// identity and the generation. Throws startup_error: as above; the number of partitions differs from the existing one;
// a worker holds a lease while the queue must be renamed or the identity replaced.
void migrate_mysql(const mysql_options& options, const migration& wanted);

// Runs the change while no worker holds a lease or can take one. Throws startup_error: as above; a worker holds one.
void without_workers(const mysql_options& options, const queue_change& change);

}  // namespace confab::ledger::mysql
