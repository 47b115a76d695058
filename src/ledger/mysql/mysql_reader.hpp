// The class behind make_mysql_reader(), shared by the files that implement it.
#pragma once

#include <atomic>

#include "drivers/mysql/pool.hpp"
#include "ledger/chat_id_cache.hpp"
#include "ledger/mysql/generation.hpp"
#include "ledger/mysql/lookups.hpp"
#include "ledger/mysql/reader_sql.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/slices.hpp"
#include "ledger/readers.hpp"

namespace confab::ledger::mysql {

class mysql_reader final : public readers {
public:
    mysql_reader(confab::mysql::pool& pool, asio::any_io_executor read_pool, const core::generation& at_start)
        : pool_(pool),
          read_pool_(std::move(read_pool)),
          generation_(encode(at_start)),
          lookups_([this](std::span<lookup* const> asked) { return look_up(asked); }) {}

    awaitable<result<core::app>> find_app(core::app_token token) override;
    awaitable<result<core::app>> find_app(core::app_id id) override;
    awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) override;
    awaitable<result<core::message>> find_message(core::app_token app, core::chat_number chat,
                                                  core::message_number message) override;
    awaitable<result<core::app_id>> last_app() override;
    awaitable<result<std::vector<core::app>>> apps(window w) override;
    awaitable<result<std::vector<core::chat>>> chats(core::app_id app, window w) override;
    awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, window w) override;
    awaitable<result<matches>> matching(core::chat_id chat, window w, const core::folded_query& query) override;
    awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat, core::message_number message,
                                                                   std::uint64_t after) override;

    // reader_for_index.cpp
    awaitable<result<matches_by_number>> matching(core::chat_id chat, std::span<const core::message_number> numbers,
                                                  const core::folded_query& query) override;
    awaitable<result<core::chat_position>> position_of(core::chat_id chat) override;
    awaitable<result<std::vector<core::chat_position>>> positions_after(core::chat_id after) override;
    awaitable<result<std::vector<change>>> changes(core::chat_id chat, std::uint64_t after_seq) override;
    awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) override;
    awaitable<result<std::vector<text>>> texts(core::chat_id chat,
                                               std::span<const core::message_number> numbers) override;

    // reader_for_feed.cpp
    core::generation generation() const override;
    awaitable<result<heads>> read_heads(std::span<const core::chat_id> chats,
                                        std::span<const core::app_id> apps) override;
    awaitable<result<std::vector<ledger::changed_message>>> changed_messages(core::chat_id chat, window w) override;

private:
    // Runs `work` on a connection. It returns awaitable<result<T>>.
    template <class T, class Work>
    awaitable<result<T>> run_with_connection(Work work) {
        try {
            const auto db = co_await pool_.take();
            result<T> done = co_await work(*db);
            co_return done;
        } catch (const confab::mysql::failure& cause) {
            report_failure("reading", cause);
        }
        co_return error::unavailable;
    }

    // The only row, or error::not_found.
    template <class T, class From>
    awaitable<result<T>> one(read_sql sql, const confab::mysql::parameters& values, From from) {
        const auto work = [&](confab::mysql::connection& db) -> awaitable<result<T>> {
            const auto found = co_await db.run(text_of(sql), values);
            if (found.empty()) co_return error::not_found;
            co_return from(found.front());
        };
        co_return co_await run_with_connection<T>(work);
    }

    // All rows. REQUIRES: they are small.
    template <class T, class From>
    awaitable<result<std::vector<T>>> many(read_sql sql, const confab::mysql::parameters& values, From from) {
        const auto work = [&](confab::mysql::connection& db) -> awaitable<result<std::vector<T>>> {
            const auto found = co_await db.run(text_of(sql), values);
            std::vector<T> made;
            made.reserve(found.view().size());
            for (const auto& row : found) made.push_back(from(row));
            co_return made;
        };
        co_return co_await run_with_connection<std::vector<T>>(work);
    }

    // Does not throw.
    awaitable<void> look_up(std::span<lookup* const> asked);

    confab::mysql::pool& pool_;
    asio::any_io_executor read_pool_;
    std::atomic<std::uint64_t> generation_;  // as last read
    chat_id_cache chat_ids_;
    lookups lookups_;
    row_weights weights_;
};

inline read_sql in_order(const window& w, read_sql ascending, read_sql descending) {
    return w.order == order::ascending ? ascending : descending;
}

}  // namespace confab::ledger::mysql
