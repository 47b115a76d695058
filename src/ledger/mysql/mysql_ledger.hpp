// The ledger on MySQL 8 or MariaDB 10.6 and later, which nodes and workers share. What a node reads goes through a pool
// of connections per event loop; a worker writes on one connection of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/engine_state.hpp"
#include "ledger/cluster_ports.hpp"
#include "ledger/ledger.hpp"

namespace confab::ledger::mysql {

struct mysql_options {
    std::string url;                  // mysql://user:password@host:port/database?ssl=disable|enable|require
    std::string password = {};        // as it is, instead of one in the URL; empty: that one
    asio::any_io_executor read_pool;  // where texts are compared with a query, off the event loops
    std::size_t connections_max = 8;  // of each event loop
    std::chrono::milliseconds connect_timeout{3000};
    std::chrono::milliseconds query_timeout{5000};
    std::chrono::milliseconds wait_for_connection{1000};  // when all of a loop are out
};

struct mysql_worker_options {
    std::chrono::milliseconds lease{6000};           // how long a partition stays ours without renewal
    std::chrono::milliseconds commit_timeout{5000};  // as the client counts
    // The bytes to keep of a command whose data the engine refuses, for a person to read and replay.
    std::function<std::string(const core::command&)> describe;
    // A chat is noted for the search index with every so many messages, and with every change (index_notes). 0: there
    // is no index to note it for.
    std::uint64_t note_after_messages = 0;
};

// An API node's ledger. REQUIRES of all calls: they are awaited on an event loop run by one thread.
class mysql_node {
public:
    virtual ~mysql_node() = default;
    virtual ledger::reader& reader() = 0;
    virtual ledger::command_status& command_status() = 0;
    virtual std::uint64_t partitions() const = 0;    // as fixed by migrate
    virtual const std::string& cluster() const = 0;  // its identity, 16 hexadecimal digits
    // Of the workers that are alive; 0: there are none. Errors: unavailable.
    virtual awaitable<result<std::chrono::milliseconds>> longest_lease() = 0;

    // Has the server's role looked at each second, on `loop`: while it is read-only, state() has a fault and commands
    // are answered `unavailable` before they are sent. Once. REQUIRES: one thread runs the loop, which ends before
    // this.
    virtual void watch(const asio::any_io_executor& loop) = 0;
    virtual const engine_state& state() const = 0;
};

// A worker's ledger. Writer and ownership are one: they are used from one event loop, one call at a time.
class mysql_worker {
public:
    virtual ~mysql_worker() = default;
    virtual ledger::reader& reader() = 0;
    virtual ledger::writer& writer() = 0;
    virtual ledger::ownership& ownership() = 0;
    // These were committed, by whatever worker: a server that does not know of them has lost them. Before the first
    // batch.
    virtual void require_committed(std::span<const core::delivery> all) = 0;
    virtual std::uint64_t partitions() const = 0;
    virtual const std::string& cluster() const = 0;
};

// These wait for the server on the caller's thread. Throw startup_error, with the reason: a server that does not
// answer, is too old, would not flush every commit to disk, is read-only or belongs to a replication group; a schema
// older (`confab migrate`) or newer than this program.
std::unique_ptr<mysql_node> open_mysql_node(const mysql_options& options);
std::unique_ptr<mysql_worker> open_mysql_worker(const mysql_options& options, const mysql_worker_options& worker);

// Reads beside running workers and never writes: a replica will do.
std::unique_ptr<auditor> open_mysql_auditor(const mysql_options& options);

// The identity of the cluster whose ledger it is. Throws startup_error, as above.
std::string identity_of_mysql_ledger(const mysql_options& options);

// The number of its partitions. Throws startup_error, as above.
std::uint64_t partitions_of_mysql_ledger(const mysql_options& options);

// Renames what the queue holds under the names of version 0.1.0, which any cluster has, to those of this cluster. Safe
// to interrupt and to repeat. Throws startup_error.
using queue_renamer = std::function<awaitable<void>(const std::string& cluster, std::uint64_t partitions)>;

struct migration {
    std::optional<std::uint64_t> partitions;  // of a new database; 64 where nothing is said
    bool new_identity = false;  // this is a copy of another cluster's database: it is to be one of its own
    // Connects to the queue of a database of version 0.1.0. Called only for such a one. Throws startup_error.
    std::function<awaitable<queue_renamer>()> open_queue;
};

// Brings the schema to the newest version; the first time it also fixes the number of partitions and draws the
// identity. Throws startup_error: as above; another number of partitions than there is; a worker holds a lease while
// the queue is to be renamed or the identity to be replaced.
void migrate_mysql(const mysql_options& options, const migration& wanted);

}  // namespace confab::ledger::mysql
