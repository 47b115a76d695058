// The generation of the MySQL ledger: when it is drawn, kept and renewed, and how a running node learns of it. On the
// real server that CONFAB_TEST_MYSQL names.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/thread_pool.hpp>

#include "base/error.hpp"
#include "ledger/mysql/generation.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

// A database that is not a ledger yet.
class mysql_generation : public ::testing::Test {
protected:
    void SetUp() override { empty(); }
    void TearDown() override { empty(); }

    static void empty() { execute({"drop database if exists confab", "create database confab character set utf8mb4"}); }

    static void migrate() { ledger::mysql::migrate_mysql(mysql_server(), {}); }

    // REQUIRES: there is one.
    static core::generation stored() {
        return ledger::mysql::decode_generation(std::stoull(ask("select value from meta where name = 'generation'")))
            .value();
    }
    static std::string refusal() {
        try {
            ledger::mysql::open_mysql_node(mysql_server());
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "opened";
    }

    std::unique_ptr<ledger::mysql::mysql_node> open_node() {
        return ledger::mysql::open_mysql_node(mysql_server(pool_.get_executor()));
    }
    std::unique_ptr<ledger::mysql::mysql_worker> open_worker() {
        return ledger::mysql::open_mysql_worker(mysql_server(pool_.get_executor()), {});
    }

private:
    asio::thread_pool pool_{1};
};

TEST_F(mysql_generation, is_drawn_by_the_first_migration_and_stays) {
    migrate();
    const auto first = stored();
    migrate();
    EXPECT_EQ(stored(), first);
    EXPECT_EQ(open_node()->reader().generation(), first);
    EXPECT_EQ(open_worker()->reader().generation(), first);
    empty();
    migrate();
    EXPECT_NE(stored(), first);
}

TEST_F(mysql_generation, is_drawn_for_a_database_of_schema_6) {
    migrate();
    const auto newest = ask("select value from meta where name = 'schema_version'");
    execute({"delete from meta where name = 'generation'", "update meta set value = 6 where name = 'schema_version'"});
    EXPECT_NE(refusal().find("schema version 6, this program needs " + newest), std::string::npos) << refusal();
    migrate();
    EXPECT_EQ(ask("select value from meta where name = 'schema_version'"), newest);
    EXPECT_EQ(open_node()->reader().generation(), stored());
}

// The version is raised before the generation is drawn.
TEST_F(mysql_generation, is_drawn_after_an_interruption) {
    migrate();
    for (const auto* broken :
         {"delete from meta where name = 'generation'", "update meta set value = 7 where name = 'generation'"}) {
        execute({broken});
        EXPECT_NE(refusal().find("run `confab migrate`"), std::string::npos) << refusal();
        migrate();
        EXPECT_EQ(open_node()->reader().generation(), stored());
    }
}

TEST_F(mysql_generation, is_renewed_only_while_no_worker_holds_a_lease) {
    migrate();
    const auto first = stored();
    {
        const auto worker = open_worker();
        ASSERT_TRUE(run(worker->ownership().renew()));
        EXPECT_THROW(ledger::mysql::renew_generation(mysql_server()), startup_error);
        run(worker->ownership().release());
    }
    EXPECT_EQ(stored(), first);
    ledger::mysql::renew_generation(mysql_server());
    EXPECT_NE(stored(), first);
}

TEST_F(mysql_generation, of_a_copy_with_a_new_identity_is_another) {
    migrate();
    const auto first = stored();
    ledger::mysql::migration as_copy;
    as_copy.new_identity = true;
    ledger::mysql::migrate_mysql(mysql_server(), as_copy);
    EXPECT_NE(stored(), first);
}

TEST_F(mysql_generation, that_is_renewed_is_known_to_a_running_node_after_it_read_counters) {
    migrate();
    const auto node = open_node();
    auto& reader = node->reader();
    const auto first = stored();
    EXPECT_EQ(run(reader.read_heads({}, {})).value().generation, first);
    ledger::mysql::renew_generation(mysql_server());
    EXPECT_EQ(reader.generation(), first);
    EXPECT_EQ(run(reader.read_heads({}, {})).value().generation, stored());
    EXPECT_EQ(reader.generation(), stored());
}

TEST_F(mysql_generation, that_is_missing_or_invalid_makes_counters_unavailable) {
    migrate();
    const auto node = open_node();
    auto& reader = node->reader();
    const auto first = reader.generation();
    for (const auto* broken :
         {"update meta set value = 7 where name = 'generation'", "delete from meta where name = 'generation'"}) {
        execute({broken});
        EXPECT_EQ(run(reader.read_heads({}, {})).error(), error::unavailable);
        EXPECT_EQ(reader.generation(), first);
    }
    migrate();
    EXPECT_EQ(run(reader.read_heads({}, {})).value().generation, stored());
}

// More ids than one statement takes, and more than one list takes, of which few exist.
TEST_F(mysql_generation, comes_with_the_counters_of_any_number_of_chats_and_apps) {
    migrate();
    const std::vector<std::uint64_t> there{1, 500, 501, 1'000, 10'000, 10'001, 25'000};
    std::vector<std::string> rows;
    for (const auto id : there) {
        rows.push_back(
            fmt::format("insert into chats(id, app_id, number, messages_count, changes_count, created_at, "
                        "updated_at) values({0}, 1, {0}, {0}, 4294967295, 1, 1)",
                        id));
        rows.push_back(
            fmt::format("insert into apps(id, token, name, chats_count, created_at, updated_at) "
                        "values({0}, lpad({0}, 24, 'b'), 'a', {0}, 1, 1)",
                        id));
    }
    execute(rows);
    std::vector<core::chat_id> chats;
    std::vector<core::app_id> apps;
    for (std::uint64_t id = 1; id <= 25'000; ++id) {
        chats.emplace_back(id);
        apps.emplace_back(id);
    }
    const auto node = open_node();
    auto found = run(node->reader().read_heads(chats, apps)).value();
    EXPECT_EQ(found.generation, stored());
    std::ranges::sort(found.chats, {}, &core::chat_position::chat);
    std::ranges::sort(found.apps, {}, &ledger::app_counter::app);
    std::vector<core::chat_position> positions;
    std::vector<ledger::app_counter> counters;
    for (const auto id : there) {
        positions.push_back({core::chat_id(id), {id, core::number_max}});
        counters.push_back({core::app_id(id), id});
    }
    EXPECT_EQ(found.chats, positions);
    EXPECT_EQ(found.apps, counters);
    EXPECT_EQ(run(node->reader().read_heads({}, apps)).value().apps.size(), there.size());
    EXPECT_EQ(run(node->reader().read_heads(chats, {})).value().chats.size(), there.size());
}

}  // namespace
}  // namespace confab::testing
