// Point reads run inline on the caller's thread, from memory where possible (message_cache.hpp). They take
// microseconds, and a switch to another thread would cost more. Long lists run on the read pool. One read is one
// snapshot. The next read on the connection may reuse it (snapshot_pool.hpp).
#include "ledger/sqlite/reader.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>

#include "base/log.hpp"
#include "drivers/sqlite/snapshot_pool.hpp"
#include "ledger/chat_id_cache.hpp"
#include "ledger/sqlite/read_session.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/slices.hpp"

namespace confab::ledger::sqlite {
namespace {

// Up to this number of rows a read is done inline: the pool would cost more than the read.
constexpr std::uint64_t inline_rows_max = 100;

class sqlite_reader final : public closable_reader {
public:
    explicit sqlite_reader(const reader_options& o)
        : sessions_(o.database, o.snapshots),
          pool_(o.long_reads),
          policy_(o.unapplied),
          generation_(o.generation),
          transaction_(o.transaction),
          unapplied_(transaction_.unapplied()),
          cache_(o.cache) {}

    void close() override { closed_ = true; }

    awaitable<result<core::app>> find_app(core::app_token token) override {
        return read_point<core::app>(unapplied_.in_apps(), [=](read_session& s) {
            return one<core::app>(s.app_by_token.bind(token.text()), checked_app_from);
        });
    }

    awaitable<result<core::app>> find_app(core::app_id id) override {
        return read_point<core::app>(unapplied_.in_apps(), [=](read_session& s) {
            return one<core::app>(s.app_by_id.bind(id.value()), checked_app_from);
        });
    }

    awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) override {
        auto id = chat_ids_.find(app, chat);
        if (!id) {
            const auto found = co_await chat_id_of(app, chat);
            if (!found) co_return found.error();
            id = *found;
        }
        if (policy_ == unapplied_policy::commit && unapplied_.in(*id)) {
            if (auto done = co_await make_visible(); !done) co_return done.error();
        }
        co_return with_session<core::chat>(
            [&](read_session& s) { return one<core::chat>(s.chat_by_id.bind(id->value()), chat_from); });
    }

    awaitable<result<core::message>> find_message(core::app_token app, core::chat_number chat,
                                                  core::message_number message) override {
        if (closed_) co_return error::shutting_down;
        auto id = chat_ids_.find(app, chat);
        if (!id) {
            const auto found = co_await chat_id_of(app, chat);
            if (!found) co_return found.error();
            id = *found;
        }
        const auto row = row_of(*id, message.value());
        auto known = cache_.find(row);
        if (known.found) co_return std::move(*known.found);
        // After the lookup: the ticket is void if the row changes from here on.
        if (unapplied_.in(*id)) {
            if (auto done = co_await make_visible(); !done) co_return done.error();
        }
        auto read = with_session<core::message>(
            [&](read_session& s) { return one<core::message>(s.message.bind(row), checked_message_from); });
        if (read && known.ticket) cache_.put(row, *read, *known.ticket);
        co_return read;
    }

    awaitable<result<core::app_id>> last_app() override {
        return read_point<core::app_id>(unapplied_.in_apps(), [](read_session& s) {
            return one<core::app_id>(s.last_app, [](const auto& row) { return core::app_id(row.number(0)); });
        });
    }

    awaitable<result<std::vector<core::app>>> apps(window w) override {
        return read_list<core::app>(unapplied_.in_apps(), limit_of(w), [=](read_session& s) {
            return many<core::app>(s.apps.in(w.order).bind(w.after, w.last, limit_of(w)), checked_app_from);
        });
    }

    awaitable<result<std::vector<core::chat>>> chats(core::app_id app, window w) override {
        return read_feed<core::chat>(unapplied_.any(), limit_of(w), [=](read_session& s) {
            return many<core::chat>(s.chats.in(w.order).bind(app.value(), w.after, w.last, limit_of(w)), chat_from);
        });
    }

    awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, window w) override {
        return read_feed<core::message>(unapplied_.in(chat), limit_of(w), [=](read_session& s) {
            auto& sql = s.messages.in(w.order);
            return many<core::message>(sql.bind(row_of(chat, w.after), row_of(chat, w.last), limit_of(w)),
                                       checked_message_from);
        });
    }

    awaitable<result<matches>> matching(core::chat_id chat, window w, const core::folded_query& query) override {
        return read_on_pool<matches>(unapplied_.in(chat), [=, this, &query](read_session& s) {
            return matching_in(s, chat, w, query, closed_);
        });
    }

    awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat, core::message_number message,
                                                                   std::uint64_t after) override {
        return read_on_pool<std::vector<core::message_version>>(
            unapplied_.in(chat), [=](read_session& s) { return versions_in(s, chat, message, after); });
    }

    awaitable<result<matches_by_number>> matching(core::chat_id chat, std::span<const core::message_number> numbers,
                                                  const core::folded_query& query) override {
        return read_on_pool<matches_by_number>(
            unapplied_.in(chat), [=, &query](read_session& s) { return matching_of(s, chat, numbers, query); });
    }

    awaitable<result<core::chat_position>> position_of(core::chat_id chat) override {
        return read_point<core::chat_position>(unapplied_.in(chat), [=](read_session& s) {
            return one<core::chat_position>(s.index.position.bind(chat.value()), position_from);
        });
    }

    awaitable<result<std::vector<core::chat_position>>> positions_after(core::chat_id after) override {
        return read_list<core::chat_position>(unapplied_.any(), slice_rows_max, [=](read_session& s) {
            return many<core::chat_position>(s.index.positions_after.bind(after.value(), std::uint64_t{slice_rows_max}),
                                             position_from);
        });
    }

    awaitable<result<std::vector<change>>> changes(core::chat_id chat, std::uint64_t after_seq) override {
        return read_list<change>(unapplied_.in(chat), slice_rows_max, [=](read_session& s) {
            s.index.changes.bind(row_of(chat, after_seq), row_of(chat, core::number_max),
                                 std::uint64_t{slice_rows_max});
            return many<change>(s.index.changes, change_from);
        });
    }

    awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) override {
        return read_list<text>(unapplied_.in(chat), limit_of(w), [=](read_session& s) {
            auto& sql = s.index.texts.in(w.order);
            return many<text>(sql.bind(row_of(chat, w.after), row_of(chat, w.last), limit_of(w)), checked_text_from);
        });
    }

    awaitable<result<std::vector<text>>> texts(core::chat_id chat,
                                               std::span<const core::message_number> numbers) override {
        return read_on_pool<std::vector<text>>(unapplied_.in(chat),
                                               [=](read_session& s) { return texts_of(s, chat, numbers); });
    }

    core::generation generation() const override { return generation_; }

    awaitable<result<heads>> read_heads(std::span<const core::chat_id> chats,
                                        std::span<const core::app_id> apps) override {
        const bool is_unapplied = (!apps.empty() && unapplied_.in_apps()) ||
                                  std::ranges::any_of(chats, [this](const auto& id) { return unapplied_.in(id); });
        return read_rows<heads>(is_unapplied, chats.size() + apps.size(),
                                [=, this](read_session& s) { return heads_of(s, generation_, chats, apps); });
    }

    awaitable<result<std::vector<changed_message>>> changed_messages(core::chat_id chat, window w) override {
        return read_feed<changed_message>(unapplied_.in(chat), limit_of(w), [=](read_session& s) {
            s.feed.changed_messages.bind(row_of(chat, w.after), row_of(chat, w.last), limit_of(w));
            return many<changed_message>(s.feed.changed_messages, checked_changed_message_from);
        });
    }

private:
    // Two statements need no common snapshot: a chat never changes its id or its app.
    awaitable<result<core::chat_id>> chat_id_of(core::app_token app, core::chat_number chat) {
        auto read = co_await read_point<core::chat_id>(unapplied_.in_apps(), [=](read_session& s) {
            return one<core::chat_id>(s.chat_id.bind(app.text(), chat.value()),
                                      [](const auto& row) { return core::chat_id(row.number(0)); });
        });
        if (read) chat_ids_.put(app, chat, *read);
        co_return read;
    }

    awaitable<result<void>> make_visible() {
        if (policy_ == unapplied_policy::wait) return unapplied_.wait();
        return commit();
    }

    // Off the event loops, since a commit writes.
    awaitable<result<void>> commit() {
        co_return co_await run_on(pool_, [this] { return transaction_.commit(); });
    }

    template <class T, class Work>
    result<T> with_session(Work work) {
        if (closed_) return error::shutting_down;
        try {
            return sessions_.read(work);
        } catch (const confab::sqlite::failure& cause) {
            log::error(fmt::format("cannot read the ledger: {} ({})", cause.what(), cause.code()));
            return error::unavailable;
        }
    }

    // A read waits until its writes are visible, and then works with a session: inline, or on the pool.
    template <class T, class Work>
    awaitable<result<T>> read_point(bool is_unapplied, Work work) {
        if (is_unapplied) {
            if (auto done = co_await make_visible(); !done) co_return done.error();
        }
        co_return with_session<T>(work);
    }

    template <class T, class Work>
    awaitable<result<T>> read_on_pool(bool is_unapplied, Work work) {
        if (is_unapplied) {
            if (auto done = co_await make_visible(); !done) co_return done.error();
        }
        co_return co_await run_on(pool_, [&] { return with_session<T>(work); });
    }

    template <class T, class Work>
    awaitable<result<T>> read_rows(bool is_unapplied, std::uint64_t rows, Work work) {
        return rows <= inline_rows_max ? read_point<T>(is_unapplied, std::move(work))
                                       : read_on_pool<T>(is_unapplied, std::move(work));
    }

    template <class T, class Work>
    awaitable<result<std::vector<T>>> read_list(bool is_unapplied, std::uint64_t rows, Work work) {
        return read_rows<std::vector<T>>(is_unapplied, rows, std::move(work));
    }

    // With the policy `wait`, returns what is applied already, and waits only if that is nothing. Otherwise a follower
    // of a busy chat would wait for a commit before each slice, and could be slower than the writers.
    template <class T, class Work>
    awaitable<result<std::vector<T>>> read_feed(bool is_unapplied, std::uint64_t rows, Work work) {
        if (policy_ == unapplied_policy::commit || !is_unapplied)
            return read_list<T>(is_unapplied, rows, std::move(work));
        return read_applied_first<T>(rows, std::move(work));
    }

    template <class T, class Work>
    awaitable<result<std::vector<T>>> read_applied_first(std::uint64_t rows, Work work) {
        auto applied = co_await read_list<T>(false, rows, work);
        if (!applied || !applied->empty()) co_return applied;
        co_return co_await read_list<T>(true, rows, work);
    }

    confab::sqlite::snapshot_pool<read_session> sessions_;
    asio::any_io_executor pool_;
    const unapplied_policy policy_;
    const core::generation generation_;
    deferred_transaction& transaction_;
    const unapplied_writes& unapplied_;
    message_cache& cache_;
    chat_id_cache chat_ids_;
    std::atomic<bool> closed_ = false;
};

}  // namespace

std::unique_ptr<closable_reader> make_sqlite_reader(const reader_options& o) {
    return std::make_unique<sqlite_reader>(o);
}

}  // namespace confab::ledger::sqlite
