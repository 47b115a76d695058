#include "app/migrate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/thread_pool.hpp>

#include "app/engines.hpp"
#include "app/redis_startup_checks.hpp"
#include "base/counted.hpp"
#include "ledger/mysql/index_progress.hpp"
#include "queue/redis/rename_keys.hpp"
#include "queue/redis/stream_state.hpp"

namespace confab::app {
namespace {

awaitable<ledger::mysql::queue_change> open_queue(const redis::client_options& options) {
    auto connected = co_await connect_redis(options);
    const std::shared_ptr<redis::client> client = std::move(connected);
    co_return [client](const std::string& cluster, std::uint64_t partitions) -> awaitable<void> {
        const auto entries = co_await queue::rename_old_keys(*client, cluster, partitions);
        fmt::print("the queue of version 0.1.0 is renamed; {} in it\n",
                   counted(entries, "command waits", "commands wait"));
    };
}

void migrate_index(const search::elastic_index_options& options, const ledger::mysql::mysql_options& mysql) {
    const auto progress = ledger::mysql::make_mysql_index_progress(mysql);
    switch (search::claim_old_index(options, *progress)) {
        case search::claim_result::done:
            fmt::print("the search index of version 0.1.0 was migrated\n");
            break;
        case search::claim_result::not_ours:
            fmt::print(
                "the search index of version 0.1.0 does not belong to this database and is unchanged: workers build a "
                "new one, or `confab reindex` does so immediately\n");
            break;
        case search::claim_result::not_needed:
            break;
    }
    search::migrate_elastic(options);
}

// Workers compare the ledger with the commits that Redis knows, and stop if the ledger has less. A worker that is still
// at work would record its own again. The generation comes first: if this is interrupted, workers still refuse.
void accept_lost_commits(const redis::client_options& redis, const ledger::mysql::mysql_options& mysql) {
    const auto forget = [&redis](const std::string& cluster, std::uint64_t partitions) -> awaitable<void> {
        const auto client = co_await connect_redis(redis);
        const auto forgotten = co_await queue::delete_committed_deliveries(*client, cluster, partitions);
        if (!forgotten) throw startup_error("Redis does not answer any more");
    };
    ledger::mysql::renew_generation(mysql);
    ledger::mysql::without_workers(mysql, forget);
    fmt::print("workers accept this database without the lost commits\n");
}

bool has_argument(const std::vector<std::string>& arguments, std::string_view name) {
    return std::ranges::find(arguments, name) != arguments.end();
}

}  // namespace

int migrate(const settings& s, const std::vector<std::string>& arguments) {
    const auto named = engines_of(s);
    require_redis_noeviction(named.redis, unshown_policy_of(s));
    asio::thread_pool unused_pool(1);
    const auto mysql = named.mysql_on(unused_pool.get_executor());
    ledger::mysql::migration wanted;
    if (s["partitions"].source != "default") wanted.partitions = s.number("partitions");
    wanted.new_identity = has_argument(arguments, new_identity_argument);
    wanted.open_queue = [&named] { return open_queue(named.redis); };
    ledger::mysql::migrate_mysql(mysql, wanted);
    const auto cluster = ledger::mysql::identity_of_mysql_ledger(mysql);
    if (has_argument(arguments, accept_lost_commits_argument)) accept_lost_commits(named.redis, mysql);
    if (named.index) migrate_index(named.index_of(cluster), mysql);
    fmt::print("migration complete; cluster {}\n", cluster);
    return 0;
}

}  // namespace confab::app
