#include "ledger/mysql/mysql_ledger.hpp"

#include "ledger/mysql/cluster_state.hpp"
#include "ledger/mysql/command_status.hpp"
#include "ledger/mysql/leases.hpp"
#include "ledger/mysql/reader.hpp"
#include "ledger/mysql/role.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/server_requirements.hpp"
#include "ledger/mysql/writer.hpp"

namespace confab::ledger::mysql {
namespace {

struct cluster_info {
    std::uint64_t partitions;
    std::string identity;
    core::generation generation;  // at the start
};

// Throws startup_error if the database cannot be served from.
cluster_info read_cluster_info(const mysql_options& options) {
    std::optional<cluster_info> found;
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_safe(db);
        co_await warn_of_replication(db, connection_options_of(options).server.name());
        const auto partitions = co_await require_newest(db);
        auto identity = co_await identity_of(db);
        const auto generation = co_await generation_of(db);
        found.emplace(cluster_info{partitions, std::move(identity), generation});
    });
    return std::move(found).value();
}

class mysql_node_impl final : public mysql_node {
public:
    explicit mysql_node_impl(const mysql_options& options)
        : cluster_info_(read_cluster_info(options)),
          pool_(pool_options_of(options)),
          reader_(make_mysql_reader(pool_, options.read_pool, cluster_info_.generation)),
          command_status_(make_mysql_command_status(pool_, state_)) {}

    ledger::readers& reader() override { return *reader_; }
    ledger::command_status& command_status() override { return *command_status_; }
    void watch(const asio::any_io_executor& loop) override { watch_role(loop, pool_, state_); }
    const engine_state& state() const override { return state_; }
    std::uint64_t partitions() const override { return cluster_info_.partitions; }
    const std::string& cluster() const override { return cluster_info_.identity; }

    awaitable<result<std::chrono::milliseconds>> longest_lease() override {
        try {
            const auto on = co_await pool_.take();
            co_return co_await mysql::longest_lease(*on);
        } catch (const confab::mysql::failure& cause) {
            report_failure("reading the workers' leases", cause);
        }
        co_return error::unavailable;
    }

private:
    engine_state state_{"MySQL"};
    const cluster_info cluster_info_;
    confab::mysql::pool pool_;
    std::unique_ptr<ledger::readers> reader_;
    std::unique_ptr<ledger::command_status> command_status_;
};

class mysql_worker_impl final : public mysql_worker {
public:
    mysql_worker_impl(const mysql_options& options, const mysql_worker_options& worker)
        : cluster_info_(read_cluster_info(options)),
          pool_(pool_options_of(options)),
          reader_(make_mysql_reader(pool_, options.read_pool, cluster_info_.generation)),
          writer_(make_mysql_writer(options, worker, cluster_info_.partitions)) {}

    ledger::readers& reader() override { return *reader_; }
    ledger::writer& writer() override { return *writer_; }
    ledger::ownership& ownership() override { return *writer_; }
    const std::string& id() const override { return writer_->id(); }
    void require_committed(std::span<const core::delivery> all) override { writer_->require_committed(all); }
    std::uint64_t partitions() const override { return cluster_info_.partitions; }
    const std::string& cluster() const override { return cluster_info_.identity; }

private:
    const cluster_info cluster_info_;
    confab::mysql::pool pool_;
    std::unique_ptr<ledger::readers> reader_;
    std::unique_ptr<mysql_writer> writer_;
};

// The queue is another engine: with_server() must not blame MySQL for its errors.
awaitable<void> change_marked(const queue_change& change, const std::string& cluster, std::uint64_t partitions) {
    try {
        co_await change(cluster, partitions);
    } catch (const startup_error& cause) {
        throw other_engine_error(cause.what());
    }
}

awaitable<queue_change> open_marked(const std::function<awaitable<queue_change>()>& open) {
    try {
        auto change = co_await open();
        co_return [change = std::move(change)](const std::string& cluster, std::uint64_t partitions) {
            return change_marked(change, cluster, partitions);
        };
    } catch (const startup_error& cause) {
        throw other_engine_error(cause.what());
    }
}

}  // namespace

std::unique_ptr<mysql_node> open_mysql_node(const mysql_options& options) {
    return std::make_unique<mysql_node_impl>(options);
}

std::unique_ptr<mysql_worker> open_mysql_worker(const mysql_options& options, const mysql_worker_options& worker) {
    return std::make_unique<mysql_worker_impl>(options, worker);
}

std::string identity_of_mysql_ledger(const mysql_options& options) {
    std::string found;
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> { found = co_await identity_of(db); });
    return found;
}

void migrate_mysql(const mysql_options& options, const migration& wanted) {
    auto marked = wanted;
    if (wanted.open_queue) marked.open_queue = [&wanted] { return open_marked(wanted.open_queue); };
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_safe(db);
        co_await migrate(db, marked);
    });
}

void renew_generation(const mysql_options& options) {
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_newest(db);
        co_await begin_without_workers(db);
        co_await draw_generation(db);
        co_await db.query("commit");
    });
}

void without_workers(const mysql_options& options, const queue_change& change) {
    // Not with_server(), which blames MySQL for what `change` throws.
    with_connection(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        const auto partitions = co_await require_newest(db);
        co_await begin_without_workers(db);
        const auto cluster = co_await identity_of(db);
        co_await change(cluster, partitions);
        co_await db.query("commit");
    });
}

}  // namespace confab::ledger::mysql
