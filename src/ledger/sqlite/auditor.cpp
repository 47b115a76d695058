// The auditing side of the SQLite ledger. It reads slices of keys and counters, in one transaction from each refresh()
// to the next.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/log.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/recovery.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/slices.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr std::uint64_t slice_limit = slice_rows_max;

class sqlite_auditor final : public auditor {
public:
    explicit sqlite_auditor(const std::string& file)
        : db_(open(file)),
          apps_(db_.prepare("select id, token, chats_count from apps where id > ? order by id limit ?")),
          chats_(db_.prepare("select id, number, messages_count, changes_count from chats "
                             "where app_id = ? and number > ? order by number limit ?")),
          messages_(db_.prepare(
              "select id, version, deleted_at is not null, content is not null, metadata is not null from messages "
              "where id > ? and id <= ? order by id limit ?")),
          changes_(db_.prepare("select id, number, version, content_before is not null from changes "
                               "where id > ? and id <= ? order by id limit ?")),
          texts_(db_, fmt::format("select {} from messages where id > ? and id <= ?", text_columns), "id") {}

    awaitable<result<void>> refresh() override {
        try {
            is_lost_ = true;
            snapshot_.reset();
            snapshot_.emplace(db_, confab::sqlite::transaction::kind::read);
            is_lost_ = false;
            co_return result<void>();
        } catch (const confab::sqlite::failure& cause) {
            co_return unavailable(cause);
        }
    }

    awaitable<result<std::vector<std::string>>> engine_findings() override {
        auto found = rows<std::string>([this] { return db_.prepare("pragma integrity_check(20)"); },
                                       [](const auto& row) { return std::string(row.text(0)); },
                                       [](const std::string& line) { return line != "ok"; });
        if (!found) co_return found;
        const auto keys = [this] {
            auto s = db_.prepare(
                "select scope, number, length(key_hash), length(fingerprint) from idempotency "
                "where length(key_hash) <> ?1 or length(fingerprint) <> ?1 limit 20");
            s.bind(std::uint64_t{digest{}.size()});
            return s;
        };
        auto damaged = rows<std::string>(keys, [](const auto& row) {
            return fmt::format("table idempotency, scope {}, number {}: digests of {} and {} bytes", row.integer(0),
                               row.integer(1), row.integer(2), row.integer(3));
        });
        if (!damaged) co_return damaged;
        std::ranges::move(*damaged, std::back_inserter(*found));
        auto damaged_texts = find_damaged_texts();
        if (!damaged_texts) co_return damaged_texts;
        std::ranges::move(*damaged_texts, std::back_inserter(*found));
        co_return found;
    }

    awaitable<result<std::vector<app_row>>> apps(core::app_id after, std::size_t rows_max) override {
        const auto bound = [&]() -> auto& { return apps_.bind(after.value(), std::uint64_t{rows_max}); };
        co_return rows<app_row>(bound, [](const auto& row) {
            return app_row{core::app_id(row.number(0)), std::string(row.text(1)), row.number(2)};
        });
    }

    awaitable<result<std::vector<chat_row>>> chats(core::app_id app, core::chat_number after,
                                                   std::size_t rows_max) override {
        const auto bound = [&]() -> auto& { return chats_.bind(app.value(), after.value(), std::uint64_t{rows_max}); };
        co_return rows<chat_row>(bound, [app](const auto& row) {
            return chat_row{core::chat_id(row.number(0)), app, core::chat_number(row.number(1)), row.number(2),
                            row.number(3)};
        });
    }

    awaitable<result<std::vector<message_row>>> messages(core::chat_id chat, core::message_number after) override {
        const auto bound = [&]() -> auto& {
            return messages_.bind(row_of(chat, after.value()), row_of(chat, core::number_max), slice_limit);
        };
        co_return rows<message_row>(bound, [](const auto& row) {
            return message_row{core::message_number(number_in(row.number(0))), row.number(1), row.integer(2) != 0,
                               row.integer(3) != 0, row.integer(4) != 0};
        });
    }

    awaitable<result<std::vector<change_row>>> changes(core::chat_id chat, std::uint64_t after_seq) override {
        const auto bound = [&]() -> auto& {
            return changes_.bind(row_of(chat, after_seq), row_of(chat, core::number_max), slice_limit);
        };
        co_return rows<change_row>(bound, [](const auto& row) {
            return change_row{number_in(row.number(0)), core::message_number(row.number(1)), row.number(2),
                              row.integer(3) != 0};
        });
    }

    awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) override {
        const auto bound = [&]() -> auto& {
            return texts_.in(w.order).bind(row_of(chat, w.after), row_of(chat, w.last), limit_of(w));
        };
        co_return rows<text>(bound, checked_text_from);
    }

    awaitable<result<std::uint64_t>> counted_rows() override {
        const auto sum = [this] {
            return db_.prepare("select cast(total(messages_count + changes_count) as integer) from chats");
        };
        const auto counted = rows<std::uint64_t>(sum, [](const auto& row) { return row.number(0); });
        if (!counted) co_return counted.error();
        co_return counted->front();
    }

    awaitable<result<std::uint64_t>> orphans() override {
        const auto count = [this] {
            return db_.prepare(R"sql(
            select (select count(*) from apps where id < 1)
                 + (select count(*) from chats where app_id not in (select id from apps) or id < 1 or number < 1)
                 + (select count(*) from messages where id >> 32 not in (select id from chats) or id & 4294967295 = 0)
                 + (select count(*) from changes where id >> 32 not in (select id from chats) or id & 4294967295 = 0)
                 + (select count(*) from idempotency where case scope & 3
                        when 0 then number not in (select id from apps)
                        when 1 then not exists (select 1 from chats c
                                                where c.app_id = scope >> 2 and c.number = idempotency.number)
                        when 2 then not exists (select 1 from messages where id = (scope >> 2) << 32 | idempotency.number)
                        else true end)
            )sql");
        };
        const auto counted = rows<std::uint64_t>(count, [](const auto& row) { return row.number(0); });
        if (!counted) co_return counted.error();
        co_return counted->front();
    }

private:
    static confab::sqlite::connection open(const std::string& file) {
        confab::sqlite::connection db(file, confab::sqlite::access::read_only);
        require_newest(db);
        return db;
    }

    static constexpr auto all = [](const auto&) { return true; };

    // Reads every row. So does the check of the engine above.
    result<std::vector<std::string>> find_damaged_texts() {
        const auto texts = [this] {
            return db_.prepare(
                "select id, content, sender, metadata, 'messages' from messages union all "
                "select id, name, null, null, 'apps' from apps union all "
                "select id, content_before, null, null, 'changes' from changes");
        };
        const auto finding = [](const auto& row) {
            const bool is_sound =
                core::is_utf8(row.text(1)) && core::is_utf8(row.text(2)) && core::is_utf8(row.text(3));
            return is_sound ? std::string()
                            : fmt::format("table {}, row {}: a text is not UTF-8", row.text(4), row.integer(0));
        };
        return rows<std::string>(texts, finding, [](const std::string& line) { return !line.empty(); });
    }

    // `statement` returns a bound statement. Ends when the slice of texts is full. SQLite itself rolls the snapshot
    // back when a read fails with an I/O error or lack of memory. Later reads would not be consistent with earlier
    // ones, so nothing is read until the next refresh().
    template <class T, class Statement, class From, class Wanted = decltype(all)>
    result<std::vector<T>> rows(Statement statement, From from, Wanted wanted = all) {
        is_lost_ = is_lost_ || (snapshot_ && !db_.in_transaction());
        if (is_lost_) return error::unavailable;
        try {
            auto&& s = statement();
            const confab::sqlite::reset_guard until_done(s);
            std::vector<T> found;
            for (std::size_t bytes = 0; bytes < slice_bytes_max && s.row();)
                if (T made = from(s); wanted(made)) bytes += bytes_of(found.emplace_back(std::move(made)));
            return found;
        } catch (const confab::sqlite::failure& cause) {
            return unavailable(cause);
        }
    }

    static error unavailable(const confab::sqlite::failure& cause) {
        log::error(fmt::format("cannot read the ledger: {} ({})", cause.what(), cause.code()));
        return error::unavailable;
    }

    confab::sqlite::connection db_;
    std::optional<confab::sqlite::transaction> snapshot_;
    bool is_lost_ = false;  // the snapshot
    confab::sqlite::statement apps_, chats_, messages_, changes_;
    read_session::bidirectional_query texts_;
};

}  // namespace

std::unique_ptr<auditor> open_sqlite_auditor(const std::filesystem::path& folder) {
    require_no_orphaned_wal(folder);
    const auto file = data_folder::database_in(folder);
    std::error_code hidden;
    if (!std::filesystem::exists(file, hidden) && !hidden)
        throw startup_error(fmt::format("no ledger at {}", file.string()));
    if (hidden) throw startup_error(fmt::format("{} cannot be opened: {}", file.string(), hidden.message()));
    try {
        return std::make_unique<sqlite_auditor>(file);
    } catch (const confab::sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

}  // namespace confab::ledger::sqlite
