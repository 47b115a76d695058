#include "search/sqlite/index_file.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "core/folding_version.hpp"
#include "search/sqlite/block.hpp"

namespace confab::search {
namespace {

// 2 records how texts were folded. A program that knows only 1 takes it for another format.
constexpr std::string_view format = "2";

// The id of a block and its signature is chat_id << 32 | the number of its first message. So a chat is one range of
// either table. They are separate, since a search reads all signatures of a chat and few of its blocks.
constexpr const char* schema = R"sql(
    create table meta(key text primary key, value text not null) strict, without rowid;
    create table chats(id integer primary key, messages integer not null, changes integer not null) strict;
    create table blocks(id integer primary key, entries blob not null, texts blob not null) strict;
    create table signatures(id integer primary key, grams blob not null) strict;
)sql";

void make_tables(sqlite::connection& db, const std::string& ledger) {
    sqlite::transaction all(db, sqlite::transaction::kind::write);
    db.execute(schema);
    auto note = db.prepare("insert into meta(key, value) values(?, ?)");
    note.bind(std::string_view("format"), format).run();
    note.bind(std::string_view("folding"), core::folding_version()).run();
    note.bind(std::string_view("ledger"), std::string_view(ledger)).run();
    all.commit();
}

bool is_empty(sqlite::connection& db) {
    auto any = db.prepare("select 1 from sqlite_schema limit 1");
    const sqlite::reset_guard until_done(any);
    return !any.row();
}

// One sync per checkpoint, none per commit. A power cut may lose the last commits together with their positions.
// Earlier commits remain.
sqlite::connection open(const std::filesystem::path& file) {
    sqlite::connection db(file, sqlite::access::create);
    db.execute(fmt::format("pragma page_size = {}", page_bytes).c_str());
    db.execute(
        "pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -4096;"
        "pragma journal_size_limit = 16777216; pragma secure_delete = on; pragma trusted_schema = off");
    return db;
}

}  // namespace

std::filesystem::path index_file_in(const std::filesystem::path& folder) {
    return folder / "confab-search.db";
}

bool is_index_of(sqlite::connection& db, const std::string& ledger) {
    auto notes = db.prepare(
        "select (select value from meta where key = 'format'), (select value from meta where key = 'folding'),"
        " (select value from meta where key = 'ledger')");
    const sqlite::reset_guard until_done(notes);
    return notes.row() && notes.text(0) == format && notes.text(1) == core::folding_version() &&
           notes.text(2) == ledger;
}

sqlite::connection open_index_file(const std::filesystem::path& file, const std::string& ledger) {
    try {
        auto db = open(file);
        if (is_empty(db)) make_tables(db, ledger);
        if (is_index_of(db, ledger)) return db;
        log::warning(fmt::format("{} has another ledger, format or folding and is rebuilt", file.string()));
    } catch (const sqlite::failure& cause) {
        if (cause.is_disk_full() || cause.is_busy()) throw;
        log::warning(fmt::format("{} is rebuilt: {} ({})", file.string(), cause.what(), cause.code()));
    }
    return replace_index_file(file, ledger);
}

sqlite::connection replace_index_file(const std::filesystem::path& file, const std::string& ledger) {
    std::error_code ignored;  // if a file cannot be removed, opening it fails, which is reported
    for (const auto* const part : {"-wal", "-shm", ""}) std::filesystem::remove(file.string() + part, ignored);
    auto db = open(file);
    make_tables(db, ledger);
    return db;
}

}  // namespace confab::search
