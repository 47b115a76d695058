// The MySQL ledger: the contract and its own features, on the real server that CONFAB_TEST_MYSQL names.
#include <fmt/core.h>

#include <boost/asio/thread_pool.hpp>
#include <map>
#include <span>

#include "base/error.hpp"
#include "contract/ledger_contract.hpp"
#include "ledger/mysql/multi_row_sql.hpp"
#include "ops/check.hpp"
#include "queue/redis/codec.hpp"
#include "support/commands.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

class mysql_fixture final : public ledger_fixture {
public:
    mysql_fixture() {
        clear_ledger();
        open();
    }
    ~mysql_fixture() override { close(); }

    ledger::readers& reader() override { return opened_->reader(); }
    ledger::writer& writer() override { return opened_->writer(); }
    ledger::auditor& auditor() override {
        auditor_ = ledger::mysql::open_mysql_auditor(mysql_server());
        return *auditor_;
    }
    void reopen() override {
        close();
        open();
    }

private:
    void open() {
        opened_ = ledger::mysql::open_mysql_worker(mysql_server(pool_.get_executor()), {});
        if (!run(opened_->ownership().renew())) throw std::runtime_error("no partitions");
    }
    void close() {
        run(opened_->ownership().release());
        opened_.reset();
    }

    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::mysql::mysql_worker> opened_;
    std::unique_ptr<ledger::auditor> auditor_;
};

INSTANTIATE_TEST_SUITE_P(mysql, ledger_contract,
                         ::testing::Values(named_ledger{"mysql", [] { return std::make_unique<mysql_fixture>(); }}),
                         [](const auto& tested) { return tested.param.name; });

// A database that is not a ledger yet.
class mysql_data : public ::testing::Test {
protected:
    void SetUp() override { empty(); }
    void TearDown() override { empty(); }

    static void empty() { execute({"drop database if exists confab", "create database confab character set utf8mb4"}); }

    std::string refusal() {
        try {
            ledger::mysql::open_mysql_node(mysql_server(pool.get_executor()));
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "opened";
    }
    static std::string migration_refusal(std::optional<std::uint64_t> partitions = std::nullopt) {
        ledger::mysql::migration wanted;
        wanted.partitions = partitions;
        return migration_refusal(wanted);
    }
    static std::string migration_refusal(const ledger::mysql::migration& wanted) {
        try {
            ledger::mysql::migrate_mysql(mysql_server(), wanted);
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "migrated";
    }

    asio::thread_pool pool{1};
};

TEST_F(mysql_data, is_refused_before_it_is_migrated) {
    EXPECT_NE(refusal().find("run `confab migrate`"), std::string::npos) << refusal();
    EXPECT_THROW(ledger::mysql::open_mysql_auditor(mysql_server()), startup_error);
    EXPECT_EQ(migration_refusal(), "migrated");
    EXPECT_EQ(refusal(), "opened");
    EXPECT_EQ(ledger::mysql::open_mysql_node(mysql_server(pool.get_executor()))->partitions(), 64U);
}

TEST_F(mysql_data, keeps_the_number_of_partitions_it_was_given) {
    for (const std::uint64_t wrong : {std::uint64_t{0}, core::partitions_max + 1})
        EXPECT_NE(migration_refusal(wrong).find("must be from 1 to 1024"), std::string::npos) << wrong;
    EXPECT_EQ(migration_refusal(7), "migrated");
    EXPECT_EQ(migration_refusal(), "migrated");
    EXPECT_EQ(migration_refusal(7), "migrated");
    EXPECT_NE(migration_refusal(8).find("7 partitions"), std::string::npos) << migration_refusal(8);
    EXPECT_EQ(ledger::mysql::open_mysql_worker(mysql_server(pool.get_executor()), {})->partitions(), 7U);
    EXPECT_EQ(ask("select count(*) from partitions"), "7");
}

TEST_F(mysql_data, of_a_newer_schema_is_refused_and_unchanged) {
    migration_refusal();
    execute({"update meta set value = 9999 where name = 'schema_version'"});
    EXPECT_NE(refusal().find("schema version 9999"), std::string::npos) << refusal();
    EXPECT_NE(migration_refusal().find("schema version 9999"), std::string::npos);
    EXPECT_THROW(ledger::mysql::open_mysql_auditor(mysql_server()), startup_error);
    EXPECT_EQ(ask("select value from meta where name = 'schema_version'"), "9999");
}

TEST_F(mysql_data, of_another_program_is_refused_and_unchanged) {
    execute({"create table something(a int)"});
    EXPECT_NE(refusal().find("another program"), std::string::npos) << refusal();
    EXPECT_NE(migration_refusal().find("another program"), std::string::npos);
    EXPECT_EQ(ask("select count(*) from information_schema.tables where table_schema = database()"), "1");
}

TEST_F(mysql_data, an_interrupted_migration_is_repeated) {
    migration_refusal(7);
    execute({"drop table idempotency", "delete from meta", "delete from partitions where p > 3"});
    EXPECT_EQ(migration_refusal(7), "migrated");
    EXPECT_EQ(ask("select count(*) from partitions"), "7");
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(mysql_data, has_an_identity_of_its_own_that_stays) {
    migration_refusal();
    const auto first = ledger::mysql::identity_of_mysql_ledger(mysql_server());
    EXPECT_EQ(first.size(), 16U);
    EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos) << first;
    EXPECT_EQ(migration_refusal(), "migrated");
    EXPECT_EQ(ledger::mysql::open_mysql_node(mysql_server(pool.get_executor()))->cluster(), first);
    EXPECT_EQ(ledger::mysql::open_mysql_worker(mysql_server(pool.get_executor()), {})->cluster(), first);
    empty();
    migration_refusal();
    EXPECT_NE(ledger::mysql::identity_of_mysql_ledger(mysql_server()), first);
}

TEST_F(mysql_data, copied_gets_another_identity_only_while_no_worker_holds_a_lease) {
    migration_refusal();
    const auto identity = [] { return ledger::mysql::identity_of_mysql_ledger(mysql_server()); };
    const auto first = identity();
    ledger::mysql::migration as_copy;
    as_copy.new_identity = true;
    {
        const auto worker = ledger::mysql::open_mysql_worker(mysql_server(pool.get_executor()), {});
        ASSERT_TRUE(run(worker->ownership().renew()));
        EXPECT_NE(migration_refusal(as_copy).find("hold leases (1 of them"), std::string::npos)
            << migration_refusal(as_copy);
        EXPECT_EQ(migration_refusal(), "migrated");
        run(worker->ownership().release());
    }
    EXPECT_EQ(identity(), first);
    execute({"insert into index_progress values('of the old index', 1, 2, 3)",
             "insert into reindex_state values(1, 'of the old cluster', 'r', 1, utc_timestamp(6), utc_timestamp(6), "
             "utc_timestamp(6))"});
    EXPECT_EQ(migration_refusal(as_copy), "migrated");
    EXPECT_NE(identity(), first);
    EXPECT_EQ(ask("select count(*) from index_progress"), "0");
    EXPECT_EQ(ask("select count(*) from reindex_state"), "0");
}

// Meanwhile no worker can take a lease.
TEST_F(mysql_data, has_its_queue_changed_only_while_no_worker_holds_a_lease) {
    migration_refusal();
    std::vector<std::uint64_t> changed;
    const auto change = [&](const std::string&, std::uint64_t partitions) -> awaitable<void> {
        EXPECT_EQ(ask("select count(*) from partitions for update skip locked"), "0");
        changed.push_back(partitions);
        co_return;
    };
    execute({"update partitions set owner = 'w', lease_until = utc_timestamp(6) + interval 1 hour where p = 3"});
    EXPECT_THROW(ledger::mysql::without_workers(mysql_server(), change), startup_error);
    EXPECT_TRUE(changed.empty());
    execute({"update partitions set owner = null, lease_until = '1970-01-01'"});
    ledger::mysql::without_workers(mysql_server(), change);
    EXPECT_EQ(changed, std::vector<std::uint64_t>{64});
}

// A database of version 0.1.0, whose queue is to be renamed.
class legacy_mysql : public mysql_data {
protected:
    void SetUp() override {
        mysql_data::SetUp();
        migration_refusal();
        execute({"delete from meta where name in ('identity', 'queue_names')",
                 "alter table workers drop column lease_ms", "drop table dead_letters", dead_letters_of_0_1_0,
                 "update meta set value = 2 where name = 'schema_version'"});
    }

    ledger::mysql::migration with_queue(std::function<void()> renaming = [] {}) {
        ledger::mysql::migration wanted;
        wanted.open_queue = [this, renaming]() -> awaitable<ledger::mysql::queue_change> {
            co_return [this, renaming](const std::string& name, std::uint64_t count) -> awaitable<void> {
                renaming();
                renamed.emplace_back(name, count);
                co_return;
            };
        };
        return wanted;
    }

    // A dead letter of the first partition.
    static void store_dead_letter(std::uint64_t entry, std::string_view why, std::string_view bytes) {
        execute(
            {fmt::format("insert into dead_letters(p, epoch, entry_ms, entry_seq, at, why, bytes) "
                         "values(0, x'01000000000000000000000000000000', 1000, {}, 1, '{}', {})",
                         entry, why, ledger::mysql::hex_literal(std::as_bytes(std::span(bytes))))});
    }

    static constexpr const char* dead_letters_of_0_1_0 =
        "create table dead_letters(id bigint unsigned not null auto_increment primary key, "
        "p smallint unsigned not null, epoch binary(16) not null, entry_ms bigint unsigned not null, "
        "entry_seq bigint unsigned not null, at bigint not null, why varchar(255) not null, bytes longblob not null, "
        "unique key dead_letters_by_entry (p, epoch, entry_ms, entry_seq)) "
        "engine = innodb default charset = utf8mb4 collate = utf8mb4_bin";

    std::vector<std::pair<std::string, std::uint64_t>> renamed;
};

// Their job is in their bytes. An entry that begins like a command and cannot be read has none.
TEST_F(legacy_mysql, has_its_dead_letters_recognised_by_their_job) {
    const auto sent = command(new_message(core::app_token::make(), 1, "text"), key("key", "payload"));
    const auto bytes = queue::encode(sent, {}, {});
    store_dead_letter(1, "the database refused its data", bytes);
    store_dead_letter(2, "it cannot be read", bytes.substr(0, bytes.size() - 1));
    store_dead_letter(3, "it cannot be read", "?");
    for (int interrupted = 0; interrupted < 2; ++interrupted) {
        EXPECT_EQ(migration_refusal(with_queue()), "migrated");
        EXPECT_EQ(ask("select group_concat(hex(job) order by id) from dead_letters"),
                  fmt::format("{0},{1},{1}", ask(fmt::format("select hex({})", ledger::mysql::hex_literal(sent.job))),
                              std::string(32, '0')));
        EXPECT_EQ(ask("select count(*) from dead_letters where closed_at is null"), "3");
        // Interrupted before the last statement.
        execute({"update dead_letters set job = ''", "update meta set value = 5 where name = 'schema_version'"});
    }
}

TEST_F(legacy_mysql, has_its_queue_renamed_once) {
    EXPECT_EQ(migration_refusal(with_queue()), "migrated");
    ASSERT_EQ(renamed.size(), 1U);
    EXPECT_EQ(renamed[0], std::pair(ledger::mysql::identity_of_mysql_ledger(mysql_server()), std::uint64_t{64}));
    EXPECT_EQ(refusal(), "opened");
    EXPECT_EQ(migration_refusal(with_queue()), "migrated");
    EXPECT_EQ(renamed.size(), 1U);
}

TEST_F(legacy_mysql, is_left_as_it_is_where_the_queue_cannot_be_reached) {
    const std::string why = migration_refusal();
    EXPECT_NE(why.find("--redis"), std::string::npos) << why;
    auto unreachable = with_queue();
    unreachable.open_queue = []() -> awaitable<ledger::mysql::queue_change> {
        throw startup_error("no Redis there");
        co_return ledger::mysql::queue_change();
    };
    EXPECT_EQ(migration_refusal(unreachable), "no Redis there");  // MySQL is not blamed
    EXPECT_EQ(ask("select value from meta where name = 'schema_version'"), "2");
}

TEST_F(legacy_mysql, is_refused_while_a_worker_holds_a_lease_or_waits_for_one) {
    for (const auto* held :
         {"update partitions set owner = 'w', lease_until = utc_timestamp(6) + interval 1 hour where p = 3",
          "insert into workers(id, seen_until) values('w', utc_timestamp(6) + interval 1 hour)"}) {
        execute({held});
        const auto why = migration_refusal(with_queue());
        EXPECT_NE(why.find("hold leases (1 of them"), std::string::npos) << why;
        EXPECT_NE(why.find("for up to 3"), std::string::npos) << why;
        EXPECT_NE(why.find("s: 77" + std::string(30, '0') + ")"), std::string::npos) << why;
        EXPECT_EQ(ask("select value from meta where name = 'schema_version'"), "2");
        execute({"update partitions set owner = null, lease_until = '1970-01-01'", "delete from workers"});
    }
    EXPECT_TRUE(renamed.empty());
    execute({"update partitions set owner = 'w', lease_until = utc_timestamp(6) - interval 1 second",
             "insert into workers(id, seen_until) values('w', utc_timestamp(6) - interval 1 second)"});
    EXPECT_EQ(migration_refusal(with_queue()), "migrated");
}

TEST_F(legacy_mysql, is_not_served_from_before_its_queue_is_renamed) {
    const auto broken_off = with_queue([] { throw startup_error("interrupted"); });
    EXPECT_EQ(migration_refusal(broken_off), "interrupted");
    const auto drawn = ledger::mysql::identity_of_mysql_ledger(mysql_server());
    EXPECT_NE(refusal().find("`confab migrate` was interrupted"), std::string::npos) << refusal();
    EXPECT_EQ(migration_refusal(with_queue()), "migrated");
    ASSERT_EQ(renamed.size(), 1U);
    EXPECT_EQ(renamed[0].first, drawn);  // some of its keys may have this name already
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(legacy_mysql, is_migrated_after_an_interruption_before_a_table_was_recreated) {
    execute({"drop table workers"});
    EXPECT_EQ(migration_refusal(with_queue()), "migrated");
    EXPECT_EQ(renamed.size(), 1U);
    EXPECT_EQ(refusal(), "opened");
}

// No worker can take a lease while the queue is renamed.
TEST_F(legacy_mysql, has_its_partitions_locked_while_its_queue_is_renamed) {
    std::string free;
    EXPECT_EQ(
        migration_refusal(with_queue([&] { free = ask("select count(*) from partitions for update skip locked"); })),
        "migrated");
    EXPECT_EQ(free, "0");
}

TEST_F(legacy_mysql, copied_leaves_the_queue_to_the_other_cluster) {
    auto wanted = with_queue();
    wanted.new_identity = true;
    EXPECT_EQ(migration_refusal(wanted), "migrated");
    EXPECT_TRUE(renamed.empty());
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(mysql_data, a_server_that_does_not_answer_is_named_without_its_password) {
    auto nowhere = mysql_server(pool.get_executor());
    nowhere.url = "mysql://confab:secret@127.0.0.1:1/confab";
    try {
        ledger::mysql::open_mysql_node(nowhere);
        ADD_FAILURE() << "opened";
    } catch (const startup_error& cause) {
        const std::string why = cause.what();
        EXPECT_NE(why.find("127.0.0.1:1/confab"), std::string::npos) << why;
        EXPECT_EQ(why.find("secret"), std::string::npos) << why;
    }
}

TEST(mysql_session, reads_what_any_node_of_a_galera_cluster_committed_before) {
    std::map<std::string, std::string> found;
    ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
        const auto rows = co_await db.query("show variables where variable_name in ('wsrep_on', 'wsrep_sync_wait')");
        for (const auto row : rows) found.emplace(row.text(0), row.text(1));
    });
    if (found["wsrep_on"] == "ON")
        EXPECT_EQ(found["wsrep_sync_wait"], "7");
    else
        EXPECT_NE(found["wsrep_sync_wait"], "7");
}

// A node whose server stops after the node's start, and starts again.
TEST_F(mysql_data, that_disconnected_is_unavailable) {
    migration_refusal();
    const auto node = ledger::mysql::open_mysql_node(mysql_server(pool.get_executor()));
    EXPECT_EQ(run(node->reader().last_app()).value(), core::app_id(0));
    empty();
    EXPECT_EQ(run(node->reader().last_app()).error(), error::unavailable);
    EXPECT_EQ(run(node->reader().find_chat(core::app_token::make(), core::chat_number(1))).error(), error::unavailable);
    EXPECT_EQ(run(node->reader().messages(core::chat_id(1), {.last = 9})).error(), error::unavailable);
    const core::folded_query query("x");
    EXPECT_EQ(run(node->reader().matching(core::chat_id(1), {.last = 9}, query)).error(), error::unavailable);
    EXPECT_EQ(run(node->reader().versions(core::chat_id(1), core::message_number(1), 0)).error(), error::unavailable);
    migration_refusal();
    EXPECT_EQ(run(node->reader().last_app()).value(), core::app_id(0));
}

class mysql_audit : public ::testing::Test {
protected:
    void SetUp() override {
        clear_ledger();
        execute(
            {"insert into apps(id, token, name, chats_count, created_at, updated_at) "
             "values(5, 'aaaaaaaaaaaaaaaaaaaaaaaa', 'a', 1, 1, 1)",
             "insert into chats(id, app_id, number, messages_count, created_at, updated_at) values(9, 5, 1, 2, 1, 1)",
             "insert into messages(chat_id, number, content, created_at, updated_at) "
             "values(9, 1, 'x', 1, 1), (9, 2, 'y', 1, 1)",
             "insert into idempotency(scope, key_hash, fingerprint, number, expires_at) "
             "values(0, 'app', '', 5, 1), (5 << 2 | 1, 'chat', '', 1, 1), (9 << 2 | 2, 'message', '', 2, 1)"});
    }

    static std::vector<std::string> findings() {
        const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
        return run(ops::check(*auditor)).value().findings;
    }
    static std::uint64_t orphans() {
        const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
        EXPECT_TRUE(run(auditor->refresh()));
        return run(auditor->orphans()).value();
    }
};

TEST_F(mysql_audit, finds_nothing_in_sound_data) {
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(mysql_audit, counts_every_orphaned_row) {
    const std::string rows[] = {
        "insert into apps(id, token, name, created_at, updated_at) values(0, 'b', 'b', 1, 1)",
        "insert into chats(id, app_id, number, created_at, updated_at) values(11, 77, 1, 1, 1)",
        "insert into chats(id, app_id, number, created_at, updated_at) values(12, 5, 0, 1, 1)",
        "insert into messages(chat_id, number, content, created_at, updated_at) values(77, 1, 'x', 1, 1)",
        "insert into messages(chat_id, number, content, created_at, updated_at) values(77, 2, 'x', 1, 1)",
        "insert into messages(chat_id, number, content, created_at, updated_at) values(9, 0, 'x', 1, 1)",
        "insert into changes(chat_id, seq, number, kind, version, at) values(77, 1, 1, 1, 2, 1)",
        "insert into changes(chat_id, seq, number, kind, version, at) values(9, 0, 1, 1, 2, 1)",
        "insert into idempotency(scope, key_hash, fingerprint, number, expires_at) values(0, 'a', '', 6, 1)",
        "insert into idempotency(scope, key_hash, fingerprint, number, expires_at) values(5 << 2 | 1, 'b', '', 2, 1)",
        "insert into idempotency(scope, key_hash, fingerprint, number, expires_at) values(9 << 2 | 2, 'c', '', 3, 1)",
        "insert into idempotency(scope, key_hash, fingerprint, number, expires_at) values(3, 'd', '', 1, 1)",
    };
    std::uint64_t expected = 0;
    for (const auto& row : rows) {
        execute({row});
        EXPECT_EQ(orphans(), ++expected) << row;
    }
}

TEST_F(mysql_audit, sees_what_was_committed_when_it_was_refreshed) {
    const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
    ASSERT_TRUE(run(auditor->refresh()));
    execute({"update apps set chats_count = 2",
             "insert into chats(id, app_id, number, created_at, updated_at) values(10, 5, 2, 1, 1)"});
    EXPECT_EQ(run(auditor->apps(core::app_id(0), 10)).value().front().chats_count, 1U);
    EXPECT_EQ(run(auditor->chats(core::app_id(5), core::chat_number(0), 10)).value().size(), 1U);
    EXPECT_EQ(run(auditor->engine_findings()).value(), std::vector<std::string>());
    ASSERT_TRUE(run(auditor->refresh()));
    EXPECT_EQ(run(auditor->apps(core::app_id(0), 10)).value().front().chats_count, 2U);
    EXPECT_EQ(run(auditor->chats(core::app_id(5), core::chat_number(0), 10)).value().size(), 2U);
}

TEST_F(mysql_audit, reports_a_damaged_token_that_no_read_returns) {
    execute({"update apps set token = 'short'"});
    asio::thread_pool pool{1};
    const auto node = ledger::mysql::open_mysql_node(mysql_server(pool.get_executor()));
    EXPECT_EQ(run(node->reader().find_app(core::app_id(5))).error(), error::unavailable);
    EXPECT_EQ(run(node->reader().apps({.last = core::number_max})).error(), error::unavailable);
    const auto found = findings();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("short"), std::string::npos) << found[0];
}

TEST_F(mysql_audit, finds_a_gap_a_wrong_count_and_a_lost_change) {
    execute({"delete from messages where number = 1", "update messages set version = 2"});
    const auto found = findings();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_NE(found[0].find("message 2 follows 0"), std::string::npos) << found[0];
    EXPECT_NE(found[1].find("version is 2, expected 1 from its changes"), std::string::npos) << found[1];
    execute({"update chats set messages_count = 3"});
    EXPECT_EQ(findings().size(), 3U);
}

}  // namespace
}  // namespace confab::testing
