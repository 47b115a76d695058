#include "ledger/mysql/server_requirements.hpp"

#include <fmt/core.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "ledger/mysql/role.hpp"

namespace confab::ledger::mysql {
namespace {

struct server_version {
    bool is_mariadb;
    int major, minor;
};

server_version parse_version(std::string_view text) {
    server_version v{text.find("MariaDB") != text.npos, 0, 0};
    // MariaDB's prefix for old replicas.
    if (text.starts_with("5.5.5-")) text.remove_prefix(6);
    const auto* const end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, v.major);
    if (major.ptr != end && *major.ptr == '.') std::from_chars(major.ptr + 1, end, v.minor);
    return v;
}

}  // namespace

awaitable<std::optional<std::string>> durability_refusal(confab::mysql::connection& db) {
    const auto rows = co_await db.query("select @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog");
    const auto settings = rows.front();
    std::optional<std::string> refusal;
    if (settings.number(0) != 1)
        refusal =
            "it does not flush at every commit, so a crash would lose acknowledged writes: set "
            "innodb_flush_log_at_trx_commit = 1";
    else if (settings.number(1) != 0 && settings.number(2) != 1)
        refusal =
            "it keeps a binary log that it does not sync at every commit, so a crash would lose acknowledged "
            "writes: set sync_binlog = 1";
    co_return refusal;
}

awaitable<void> require_safe(confab::mysql::connection& db) {
    co_await require_primary(db);
    const auto rows = co_await db.query("select version()");
    const auto found = rows.front();
    const auto name = found.text(0);
    const auto version = parse_version(name);
    const bool is_new_enough =
        version.is_mariadb ? std::pair(version.major, version.minor) >= std::pair(10, 6) : version.major >= 8;
    if (!is_new_enough)
        throw startup_error(fmt::format("version {} is too old: MySQL 8.0, MariaDB 10.6 or later is required", name));
    const auto refusal = co_await durability_refusal(db);
    if (refusal) throw startup_error(*refusal);
}

}  // namespace confab::ledger::mysql
