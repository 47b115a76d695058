#include "ledger/mysql/schema.hpp"

#include <fmt/core.h>

#include <array>
#include <cstring>
#include <iterator>
#include <vector>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "ledger/mysql/generation.hpp"
#include "ledger/mysql/leases.hpp"

namespace confab::ledger::mysql {
namespace {

// The clustered primary keys keep the messages and changes of a chat together: a page is a range scan, and an insert of
// a message touches no second index. `job` identifies the write that made the row. Times are microseconds since 1970,
// except for leases, which only the server's own clock sets and reads.
const std::vector<const char*> first_schema = {
    R"sql(
    create table if not exists apps(
        id bigint unsigned not null primary key,
        token char(24) character set ascii collate ascii_bin not null,
        name varchar(255) not null,
        chats_count int unsigned not null default 0,
        job binary(16),
        created_at bigint not null,
        updated_at bigint not null,
        unique key apps_by_token (token)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists chats(
        id bigint unsigned not null primary key,
        app_id bigint unsigned not null,
        number int unsigned not null,
        messages_count int unsigned not null default 0,
        changes_count int unsigned not null default 0,
        job binary(16),
        created_at bigint not null,
        updated_at bigint not null,
        unique key chats_of_app (app_id, number)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists messages(
        chat_id bigint unsigned not null,
        number int unsigned not null,
        content mediumtext,
        sender varchar(128),
        metadata text,
        version int unsigned not null default 1,
        job binary(16),
        created_at bigint not null,
        updated_at bigint not null,
        deleted_at bigint,
        primary key (chat_id, number)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists changes(
        chat_id bigint unsigned not null,
        seq int unsigned not null,
        number int unsigned not null,
        kind tinyint unsigned not null,
        version int unsigned not null,
        content_before mediumtext,
        job binary(16),
        at bigint not null,
        primary key (chat_id, seq),
        key changes_of_message (chat_id, number, version)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists idempotency(
        scope bigint unsigned not null,
        key_hash binary(32) not null,
        fingerprint binary(32) not null,
        number bigint unsigned not null,
        expires_at bigint not null,
        primary key (scope, key_hash),
        key idempotency_by_expiry (expires_at)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists partitions(
        p smallint unsigned not null primary key,
        owner binary(16),
        lease_until datetime(6) not null default '1970-01-01 00:00:00',
        epoch binary(16) not null default '',
        position_ms bigint unsigned not null default 0,
        position_seq bigint unsigned not null default 0
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists past_epochs(
        p smallint unsigned not null,
        epoch binary(16) not null,
        position_ms bigint unsigned not null,
        position_seq bigint unsigned not null,
        primary key (p, epoch)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists workers(
        id binary(16) not null primary key,
        seen_until datetime(6) not null
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists dead_letters(
        id bigint unsigned not null auto_increment primary key,
        p smallint unsigned not null,
        epoch binary(16) not null,
        entry_ms bigint unsigned not null,
        entry_seq bigint unsigned not null,
        at bigint not null,
        why varchar(255) not null,
        bytes longblob not null,
        unique key dead_letters_by_entry (p, epoch, entry_ms, entry_seq)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists index_progress(
        search_index binary(16) not null,
        chat_id bigint unsigned not null,
        messages int unsigned not null,
        changes int unsigned not null,
        primary key (search_index, chat_id)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    R"sql(
    create table if not exists sequences(
        name varchar(32) character set ascii collate ascii_bin not null primary key,
        next bigint unsigned not null
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
    "insert ignore into sequences(name, next) values('chats', 1)",
};

// A note: the index should reach this position. The batch that wrote to the chat stores it.
const std::vector<const char*> create_index_notes = {
    R"sql(
    create table if not exists index_notes(
        chat_id bigint unsigned not null primary key,
        messages int unsigned not null,
        changes int unsigned not null,
        since bigint not null,
        key index_notes_by_age (since)
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
};

// The cluster's identity, a row of `meta`. generate_identity() writes it, not a statement here. An older program uses
// names in Redis and Elasticsearch without an identity.
const std::vector<const char*> identity = {};

// The lease of each worker, which nodes compare with their answer timeout. The table has only the live workers, and is
// filled again within a third of a lease. So it is dropped: MySQL has no `add column if not exists`, with which an
// interrupted migration could run again. There is no default: a worker of 0.1.0 that resumes after the migration cannot
// write its row, so it takes no partition.
const std::vector<const char*> add_worker_leases = {
    "drop table if exists workers",
    R"sql(
    create table if not exists workers(
        id binary(16) not null primary key,
        seen_until datetime(6) not null,
        lease_ms int unsigned not null
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
};

// The running reindex, or one that can be resumed: one row at most.
const std::vector<const char*> create_reindex_state = {
    R"sql(
    create table if not exists reindex_state(
        one tinyint unsigned not null primary key,
        search_index varchar(255) not null,
        owner binary(16) not null,
        chat_id bigint unsigned not null,
        started datetime(6) not null,
        lease_until datetime(6) not null,
        kept_until datetime(6) not null
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql",
};

// A dead letter keeps its row when it is closed (dead_letters.hpp). One ALTER does all or nothing, once: MySQL has no
// `add column if not exists`. The bytes of an older one begin with its format and its job (entry.proto).
const std::vector<const char*> keep_closed_dead_letters = {
    R"sql(
    set @alter = if((select count(*) from information_schema.columns where table_schema = database()
        and table_name = 'dead_letters' and column_name = 'closed_at') > 0, 'do 0', 'alter table dead_letters
        add column job binary(16) not null, add column closed_at bigint, drop key dead_letters_by_entry,
        add unique key dead_letters_by_entry (p, epoch, entry_ms, entry_seq, job),
        add key dead_letters_by_closing (closed_at)'))sql",
    "prepare alter_once from @alter", "execute alter_once", "deallocate prepare alter_once",
    R"sql(
    update dead_letters set job = substr(bytes, 5, 16)
    where job = repeat(x'00', 16) and left(bytes, 4) = x'08011210' and why <> 'it cannot be read')sql"};

// The generation, a row of `meta`. require_generation() writes it. An older program would accept lost commits without
// changing it.
const std::vector<const char*> generation = {};

const std::vector<const char*> migrations[] = {first_schema,      create_index_notes,   identity,
                                               add_worker_leases, create_reindex_state, keep_closed_dead_letters,
                                               generation};

constexpr std::string_view create_meta = R"sql(
    create table if not exists meta(
        name varchar(32) character set ascii collate ascii_bin not null primary key,
        value bigint unsigned not null
    ) engine = innodb default charset = utf8mb4 collate = utf8mb4_bin)sql";

// Row `queue_names` of `meta`: the naming scheme of the queue's keys. Version 0.1.0 has no such row, and no identity in
// its names.
constexpr std::uint64_t names_with_identity = 2;

constexpr auto migration_limit = std::chrono::hours(12);  // for one statement: it may rebuild a large table

awaitable<bool> has_tables(confab::mysql::connection& db, std::string_view condition) {
    const auto sql = fmt::format(
        "select 1 from information_schema.tables where table_schema = database() and {} limit 1", condition);
    const auto found = co_await db.query(sql);
    co_return !found.empty();
}

awaitable<std::optional<std::uint64_t>> meta(confab::mysql::connection& db, std::string_view name) {
    const auto found = co_await db.run("select value from meta where name = ?", name);
    std::optional<std::uint64_t> value;
    if (!found.empty()) value = found.front().number(0);
    co_return value;
}

// 0: the database is empty.
awaitable<int> schema_of(confab::mysql::connection& db) {
    const bool has_meta = co_await has_tables(db, "table_name = 'meta'");
    if (!has_meta) {
        const bool is_used = co_await has_tables(db, "true");
        if (is_used) throw startup_error("the database belongs to another program: it has tables, but no table 'meta'");
        co_return 0;
    }
    const auto version = co_await meta(db, "schema_version");
    const int found = static_cast<int>(version.value_or(0));
    if (found > newest_mysql_schema()) {
        throw startup_error(
            fmt::format("the database has schema version {}, this program knows up to {}: use a newer confab", found,
                        newest_mysql_schema()));
    }
    co_return found;
}

awaitable<void> set_partition_count(confab::mysql::connection& db, std::optional<std::uint64_t> wanted) {
    const auto stored = co_await meta(db, "partitions");
    if (stored && wanted && *stored != *wanted) {
        throw startup_error(fmt::format(
            "the database has {}, and their number cannot be changed: which one a chat goes through depends "
            "on it",
            counted(*stored, "partition")));
    }
    const auto count = stored.value_or(wanted.value_or(partitions_default));
    if (count < 1 || count > core::partitions_max)
        throw startup_error(fmt::format("the number of partitions must be from 1 to {}", core::partitions_max));
    for (std::uint64_t p = 0; p < count; ++p) co_await db.run("insert ignore into partitions(p) values(?)", p);
    co_await db.run("insert ignore into meta(name, value) values('partitions', ?)", count);
}

std::uint64_t random_number() {
    std::array<std::byte, 8> bytes;
    fill_random(bytes);
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
}

awaitable<void> generate_identity(confab::mysql::connection& db) {
    co_await db.run("insert ignore into meta(name, value) values('identity', ?)", random_number());
}

// None is stored where none is valid: a first migration, or one that was interrupted.
awaitable<void> require_generation(confab::mysql::connection& db) {
    const auto stored = co_await meta(db, "generation");
    const bool is_valid = stored && decode_generation(*stored);
    if (!is_valid) co_await draw_generation(db);
}

awaitable<void> record_queue_names(confab::mysql::connection& db) {
    co_await db.run("replace into meta(name, value) values('queue_names', ?)", names_with_identity);
}

awaitable<queue_change> open_queue(const migration& wanted) {
    if (!wanted.open_queue)
        throw startup_error("the queue's keys have the names of version 0.1.0: run `confab migrate` with --redis");
    auto rename = co_await wanted.open_queue();
    co_return rename;
}

awaitable<void> rename_queue(confab::mysql::connection& db, const queue_change& rename) {
    const auto cluster = co_await identity_of(db);
    const auto partitions = co_await meta(db, "partitions");
    co_await begin_without_workers(db);
    co_await rename(cluster, partitions.value_or(0));
    co_await record_queue_names(db);
    co_await db.query("commit");
}

// The queue and the index of the old identity stay: the original cluster may use them.
awaitable<void> replace_identity(confab::mysql::connection& db) {
    co_await require_no_worker(db);
    co_await db.query("truncate table index_progress", migration_limit);
    co_await db.query("delete from reindex_state");
    co_await begin_without_workers(db);
    co_await db.run("replace into meta(name, value) values('identity', ?)", random_number());
    co_await draw_generation(db);
    co_await record_queue_names(db);
    co_await db.query("commit");
}

awaitable<void> run_migrations(confab::mysql::connection& db, int found) {
    for (int version = found; version < newest_mysql_schema(); ++version) {
        for (const auto* statement : migrations[version]) co_await db.query(statement, migration_limit);
        const auto done = static_cast<std::uint64_t>(version) + 1;
        co_await db.run("replace into meta(name, value) values('schema_version', ?)", done);
    }
}

// After the version is raised, a program of an earlier schema cannot start. A program of this schema cannot start
// before the queue is renamed (require_newest). So nobody uses either name meanwhile.
awaitable<void> migrate_locked(confab::mysql::connection& db, const migration& wanted) {
    const int found = co_await schema_of(db);
    co_await db.query(create_meta);
    if (found == 0) co_await record_queue_names(db);
    const auto names = co_await meta(db, "queue_names");
    const bool must_rename = !names && !wanted.new_identity;
    queue_change rename;
    if (must_rename) {
        co_await require_no_worker(db);
        rename = co_await open_queue(wanted);
    }
    co_await run_migrations(db, found);
    co_await set_partition_count(db, wanted.partitions);
    co_await generate_identity(db);
    co_await require_generation(db);
    if (must_rename) co_await rename_queue(db, rename);
    if (wanted.new_identity) co_await replace_identity(db);
}

}  // namespace

int newest_mysql_schema() {
    return static_cast<int>(std::size(migrations));
}

awaitable<void> migrate(confab::mysql::connection& db, const migration& wanted) {
    // Lock names are global to the server, so this one includes the database.
    const auto locked = co_await db.query("select get_lock(concat(left(database(), 40), '.confab.migrate'), 3)");
    if (locked.front().integer(0) != 1) throw startup_error("another confab is migrating the database");
    co_await migrate_locked(db, wanted);
    co_await db.query("do release_lock(concat(left(database(), 40), '.confab.migrate'))");
}

awaitable<std::uint64_t> require_newest(confab::mysql::connection& db) {
    const int found = co_await schema_of(db);
    std::optional<std::uint64_t> partitions;
    if (found == newest_mysql_schema()) partitions = co_await meta(db, "partitions");
    if (!partitions) {
        throw startup_error(
            fmt::format("the database has schema version {}, this program needs {}: run `confab migrate`", found,
                        newest_mysql_schema()));
    }
    const auto names = co_await meta(db, "queue_names");
    if (!names) throw startup_error("`confab migrate` was interrupted before it renamed the queue: run it again");
    co_return *partitions;
}

awaitable<std::string> identity_of(confab::mysql::connection& db) {
    const auto number = co_await meta(db, "identity");
    if (!number) throw startup_error("the database has no identity: run `confab migrate`");
    co_return fmt::format("{:016x}", *number);
}

awaitable<core::generation> generation_of(confab::mysql::connection& db) {
    const auto stored = co_await meta(db, "generation");
    const auto found = stored ? decode_generation(*stored) : std::nullopt;
    if (!found) throw startup_error("the database has no valid generation: run `confab migrate`");
    co_return *found;
}

awaitable<void> draw_generation(confab::mysql::connection& db) {
    const auto drawn = core::generation::make();
    co_await db.run("replace into meta(name, value) values('generation', ?)", encode(drawn));
}

}  // namespace confab::ledger::mysql
