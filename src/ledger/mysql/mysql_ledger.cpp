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

// The number of partitions of a database that is fit to be served from.
std::uint64_t partitions_of(const mysql_options& options) {
    std::uint64_t partitions = 0;
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_safe(db);
        partitions = co_await require_newest(db);
    });
    return partitions;
}

class opened_node final : public mysql_node {
public:
    explicit opened_node(const mysql_options& options)
        : partitions_(partitions_of(options)),
          pool_(pool_options_of(options)),
          reader_(make_mysql_reader(pool_, options.read_pool)),
          outcomes_(make_mysql_outcomes(pool_, state_)) {}

    ledger::reader& reader() override { return *reader_; }
    ledger::outcomes& outcomes() override { return *outcomes_; }
    std::uint64_t partitions() const override { return partitions_; }
    void watch(const asio::any_io_executor& loop) override { watch_role(loop, pool_, state_); }
    const engine_state& state() const override { return state_; }

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
    const std::uint64_t partitions_;
    engine_state state_{"MySQL"};
    confab::mysql::pool pool_;
    std::unique_ptr<ledger::reader> reader_;
    std::unique_ptr<ledger::outcomes> outcomes_;
};

class opened_worker final : public mysql_worker {
public:
    opened_worker(const mysql_options& options, const mysql_worker_options& worker)
        : partitions_(partitions_of(options)),
          pool_(pool_options_of(options)),
          reader_(make_mysql_reader(pool_, options.read_pool)),
          batches_(make_mysql_batches(options, worker, partitions_)) {}

    ledger::reader& reader() override { return *reader_; }
    ledger::writer& writer() override { return *batches_; }
    ledger::ownership& ownership() override { return *batches_; }
    std::uint64_t partitions() const override { return partitions_; }

private:
    const std::uint64_t partitions_;
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

void migrate_mysql(const mysql_options& options, std::optional<std::uint64_t> partitions) {
    with_server(options, [&](confab::mysql::connection& db) -> awaitable<void> {
        co_await require_safe(db);
        co_await migrate(db, partitions);
    });
}

}  // namespace confab::ledger::mysql
