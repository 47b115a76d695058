#include "ledger/mysql/mysql_ledger.hpp"

#include "ledger/mysql/cluster_state.hpp"
#include "ledger/mysql/outcomes.hpp"
#include "ledger/mysql/reader.hpp"
#include "ledger/mysql/role.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/writer.hpp"

namespace confab::ledger::mysql {
namespace {

struct cluster_facts {
    std::uint64_t partitions = 0;
    std::string identity;
};

// Of a database that is fit to be served from.
cluster_facts facts_of(const mysql_options& options) {
    cluster_facts found;
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_safe(db);
        co_await warn_of_replication(db, connection_options_of(options).server.name());
        found.partitions = co_await require_newest(db);
        found.identity = co_await identity_of(db);
    });
    return found;
}

class opened_node final : public mysql_node {
public:
    explicit opened_node(const mysql_options& options)
        : facts_(facts_of(options)),
          pool_(pool_options_of(options)),
          reader_(make_mysql_reader(pool_, options.read_pool)),
          outcomes_(make_mysql_outcomes(pool_, state_)) {}

    ledger::reader& reader() override { return *reader_; }
    ledger::outcomes& outcomes() override { return *outcomes_; }
    void watch(const asio::any_io_executor& loop) override { watch_role(loop, pool_, state_); }
    const engine_state& state() const override { return state_; }
    std::uint64_t partitions() const override { return facts_.partitions; }
    const std::string& cluster() const override { return facts_.identity; }

    awaitable<result<std::chrono::milliseconds>> longest_lease() override {
        try {
            const auto on = co_await pool_.take();
            co_return co_await mysql::longest_lease(*on);
        } catch (const confab::mysql::failure& cause) {
            tell_failure("looking at the workers' leases", cause);
        }
        co_return error::unavailable;
    }

private:
    engine_state state_{"MySQL"};
    const cluster_facts facts_;
    confab::mysql::pool pool_;
    std::unique_ptr<ledger::reader> reader_;
    std::unique_ptr<ledger::outcomes> outcomes_;
};

class opened_worker final : public mysql_worker {
public:
    opened_worker(const mysql_options& options, const mysql_worker_options& worker)
        : facts_(facts_of(options)),
          pool_(pool_options_of(options)),
          reader_(make_mysql_reader(pool_, options.read_pool)),
          batches_(make_mysql_batches(options, worker, facts_.partitions)) {}

    ledger::reader& reader() override { return *reader_; }
    ledger::writer& writer() override { return *batches_; }
    ledger::ownership& ownership() override { return *batches_; }
    std::uint64_t partitions() const override { return facts_.partitions; }
    const std::string& cluster() const override { return facts_.identity; }

private:
    const cluster_facts facts_;
    confab::mysql::pool pool_;
    std::unique_ptr<ledger::reader> reader_;
    std::unique_ptr<mysql_batches> batches_;
};

}  // namespace

std::unique_ptr<mysql_node> open_mysql_node(const mysql_options& options) {
    return std::make_unique<opened_node>(options);
}

std::unique_ptr<mysql_worker> open_mysql_worker(const mysql_options& options, const mysql_worker_options& worker) {
    return std::make_unique<opened_worker>(options, worker);
}

std::string identity_of_mysql_ledger(const mysql_options& options) {
    std::string found;
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> { found = co_await identity_of(db); });
    return found;
}

void migrate_mysql(const mysql_options& options, const migration& wanted) {
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_safe(db);
        co_await migrate(db, wanted);
    });
}

}  // namespace confab::ledger::mysql
