#include "ledger/sqlite/schema.hpp"

#include <fmt/core.h>

#include <iterator>

namespace confab::ledger::sqlite {
namespace {

// The rowid of a message is chat_id << 32 | number. So a chat is one contiguous range of one b-tree, an insert touches
// no second index, and a page of a list is a range scan. The rowid of a change is chat_id << 32 | seq. `job` is NULL
// here: only a cluster uses it, to find the row that a write made.
constexpr const char* migrations[] = {
    R"sql(
    create table apps(
        id integer primary key,
        token text not null unique,
        name text not null,
        chats_count integer not null default 0,
        job blob,
        created_at integer not null,
        updated_at integer not null
    ) strict;

    create table chats(
        id integer primary key,
        app_id integer not null,
        number integer not null,
        messages_count integer not null default 0,
        changes_count integer not null default 0,
        job blob,
        created_at integer not null,
        updated_at integer not null,
        unique (app_id, number)
    ) strict;

    create table messages(
        id integer primary key,
        content text,
        sender text,
        metadata text,
        version integer not null default 1,
        job blob,
        created_at integer not null,
        updated_at integer not null,
        deleted_at integer
    ) strict;

    create table changes(
        id integer primary key,
        number integer not null,
        kind integer not null,
        version integer not null,
        content_before text,
        job blob,
        at integer not null
    ) strict;

    create index changes_of_message on changes(id >> 32, number, version);

    create table idempotency(
        scope integer not null,
        key_hash blob not null,
        fingerprint blob not null,
        number integer not null,
        expires_at integer not null,
        primary key (scope, key_hash)
    ) strict, without rowid;

    create index idempotency_by_expiry on idempotency(expires_at);
    )sql",
    // The last batch of the journal that the database has.
    R"sql(
    insert into meta(key, value) values('batches_reached', 0);
    )sql",
    // The journal has another format and other files, which an older program would not find.
    R"sql(
    update meta set key = 'applied_batch' where key = 'batches_reached';
    )sql",
};

bool has_table(confab::sqlite::connection& db, std::string_view name) {
    auto found = db.prepare("select 1 from sqlite_schema where type = 'table' and name = ?");
    found.bind(name);
    const confab::sqlite::reset_guard until_done(found);
    return found.row();
}

bool is_empty(confab::sqlite::connection& db) {
    auto any = db.prepare("select 1 from sqlite_schema limit 1");
    const confab::sqlite::reset_guard until_done(any);
    return !any.row();
}

// 0: the database is empty.
int schema_of(confab::sqlite::connection& db) {
    if (is_empty(db)) return 0;
    if (!has_table(db, "meta"))
        throw startup_error("the database file belongs to another program: it has no table 'meta'");
    auto version = db.prepare("select value from meta where key = 'schema_version'");
    const confab::sqlite::reset_guard until_done(version);
    if (!version.row()) throw startup_error("the database has no schema version");
    const int found = static_cast<int>(version.integer(0));
    if (found > newest_schema()) {
        throw startup_error(fmt::format(
            "the data has schema version {}, this program knows up to {}: use a newer confab", found, newest_schema()));
    }
    if (found < 1) throw startup_error(fmt::format("the data has schema version {}, which is not valid", found));
    return found;
}

std::optional<std::string> generation_text(confab::sqlite::connection& db) {
    auto found = db.prepare("select value from meta where key = 'generation'");
    const confab::sqlite::reset_guard until_done(found);
    return found.row() ? std::optional(std::string(found.text(0))) : std::nullopt;
}

}  // namespace

int newest_schema() {
    return static_cast<int>(std::size(migrations));
}

void migrate(confab::sqlite::connection& db) {
    if (schema_of(db) == newest_schema()) return;
    confab::sqlite::transaction all(db, confab::sqlite::transaction::kind::write);
    const int found = schema_of(db);
    if (found == 0) db.execute("create table meta(key text primary key, value any not null) strict, without rowid");
    for (int version = found; version < newest_schema(); ++version) db.execute(migrations[version]);
    auto record = db.prepare("insert or replace into meta(key, value) values('schema_version', ?)");
    record.bind(std::int64_t{newest_schema()}).run();
    all.commit();
}

int require_ours(confab::sqlite::connection& db) {
    return schema_of(db);
}

void require_newest(confab::sqlite::connection& db) {
    const int found = schema_of(db);
    if (found == newest_schema()) return;
    throw startup_error(
        fmt::format("the data has schema version {}, this program needs {}: start `confab serve` on it once", found,
                    newest_schema()));
}

void ensure_identity(confab::sqlite::connection& db) {
    if (!identity_of(db).empty()) return;
    db.execute("insert into meta(key, value) values('identity', lower(hex(randomblob(16))))");
}

std::string identity_of(confab::sqlite::connection& db) {
    auto identity = db.prepare("select value from meta where key = 'identity'");
    const confab::sqlite::reset_guard until_done(identity);
    return identity.row() ? std::string(identity.text(0)) : std::string();
}

void ensure_generation(confab::sqlite::connection& db) {
    if (!generation_text(db)) renew_generation(db);
}

void renew_generation(confab::sqlite::connection& db) {
    auto replace = db.prepare("insert or replace into meta(key, value) values('generation', ?)");
    replace.bind(core::generation::make().text()).run();
}

core::generation generation_of(confab::sqlite::connection& db) {
    const auto text = generation_text(db);
    const auto parsed = text ? core::generation::parse(*text) : std::nullopt;
    if (!parsed)
        throw startup_error(
            "the database has no valid generation (table 'meta', key 'generation'). Put a backup back, or delete that "
            "row: the next start makes another generation, and all followers of the live feed start again");
    return *parsed;
}

std::optional<std::uint64_t> recorded_batch(confab::sqlite::connection& db) {
    auto applied = db.prepare("select value from meta where key in ('applied_batch', 'batches_reached')");
    const confab::sqlite::reset_guard until_done(applied);
    return applied.row() ? std::optional(applied.number(0)) : std::nullopt;
}

std::uint64_t applied_batch(confab::sqlite::connection& db) {
    return recorded_batch(db).value_or(0);
}

std::uint64_t checkpointed_batch(confab::sqlite::connection& db) {
    auto checkpointed = db.prepare("select value from meta where key = 'checkpointed_batch'");
    const confab::sqlite::reset_guard until_done(checkpointed);
    return checkpointed.row() ? checkpointed.number(0) : 0;
}

std::optional<std::string> journal_off_reason(confab::sqlite::connection& db) {
    auto reason = db.prepare("select value from meta where key = 'journal_off'");
    const confab::sqlite::reset_guard until_done(reason);
    return reason.row() ? std::optional(std::string(reason.text(0))) : std::nullopt;
}

timestamp latest_time_in(confab::sqlite::connection& db) {
    auto latest = db.prepare("select value from meta where key = 'latest_time'");
    const confab::sqlite::reset_guard until_done(latest);
    return latest.row() ? timestamp{latest.integer(0)} : timestamp{};
}

startup_error cannot_open(const std::filesystem::path& file, const confab::sqlite::failure& cause) {
    const auto* const how = cause.is_corruption() ? "is corrupt" : "cannot be opened";
    return startup_error(fmt::format("{} {}: {}", file.string(), how, cause.what()));
}

}  // namespace confab::ledger::sqlite
