// Point reads complete inline on the caller's thread, out of memory where they can (hot_rows.hpp): they take microseconds
// and a hop would cost more. Long lists run on the read pool. A session's snapshot outlives its read only as long as it is
// the latest and nobody wants the log moved (snapshots.hpp). One read is one snapshot.
#include "ledger/sqlite/reader.hpp"

#include <fmt/core.h>

#include <atomic>

#include "base/log.hpp"
#include "drivers/sqlite/session_pool.hpp"
#include "ledger/chat_ids.hpp"
#include "ledger/sqlite/read_session.hpp"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger {
namespace {

constexpr std::uint64_t versions_max =
    100;  // a slice of them: each may weigh 64 KiB, and they are sorted before the first is out

core::chat chat_from(const sqlite::statement& row) {
    return {core::chat_id(row.number(0)),
            core::chat_number(row.number(1)),
            row.number(2),
            row.number(3),
            {row.integer(4)},
            {row.integer(5)}};
}

chat_counts counts_from(const sqlite::statement& row) {
    return {core::chat_id(row.number(0)), row.number(1), row.number(2)};
}

change change_from(const sqlite::statement& row) {
    return {number_in(row.number(0)), core::message_number(row.number(1))};
}

template <class T, class From>
result<T> one(sqlite::statement& s, From from) {
    const sqlite::reading until_done(s);
    if (!s.row()) return error::not_found;
    return from(s);
}

std::size_t bytes_of(const core::app&) {
    return 0;
}  // a slice of the longest names weighs no more than it may
std::size_t bytes_of(const core::chat&) {
    return 0;
}
std::size_t bytes_of(const chat_counts&) {
    return 0;
}
std::size_t bytes_of(const change&) {
    return 0;
}
std::size_t bytes_of(const text& t) {
    return t.content ? t.content->size() : 0;
}
std::size_t bytes_of(const core::message_version& v) {
    return v.content.size();
}
std::size_t bytes_of(const core::message& m) {
    return m.content.size() + (m.sender ? m.sender->size() : 0) + (m.metadata ? m.metadata->size() : 0);
}

template <class T, class From>
std::vector<T> many(sqlite::statement& s, From from) {
    const sqlite::reading until_done(s);
    std::vector<T> rows;
    std::size_t bytes = 0;
    while (bytes < slice_bytes_max && s.row()) bytes += bytes_of(rows.emplace_back(from(s)));
    return rows;
}

// Up to here a read is done inline: handing it to the pool would cost more than it.
constexpr std::uint64_t inline_rows_max = 100;

std::uint64_t limit_of(const window& w) {
    const auto rows = w.last > w.after ? w.last - w.after : 0;
    return std::min<std::uint64_t>({rows, w.rows_max, slice_rows_max});
}

class sqlite_reader final : public closable_reader, snapshots::keeper {
public:
    sqlite_reader(const std::string& database, asio::any_io_executor long_reads, in_common& common, haste needs)
        : sessions_([database] { return std::make_unique<read_session>(database); }),
          pool_(std::move(long_reads)),
          haste_(needs),
          hot_(common.hot),
          lag_(common.lag),
          snapshots_(common.snapshots) {
        snapshots_.enter(*this);
    }
    ~sqlite_reader() override { snapshots_.leave(*this); }

    void close() override { closed_ = true; }

    awaitable<result<core::app>> find_app(core::app_token token) override {
        return read_point<core::app>(lag_.is_behind_in_apps(), [=](read_session& s) {
            return one<core::app>(s.app_by_token.bind(token.text()), app_from);
        });
    }

    awaitable<result<core::app>> find_app(core::app_id id) override {
        return read_point<core::app>(lag_.is_behind_in_apps(), [=](read_session& s) {
            return one<core::app>(s.app_by_id.bind(id.value()), app_from);
        });
    }

    awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) override {
        auto id = chat_ids_.find(app, chat);
        if (!id) {
            const auto found = co_await chat_id_of(app, chat);
            if (!found) co_return found.error();
            id = *found;
        }
        if (lag_.is_behind_in(*id)) {
            if (auto done = co_await catch_up(); !done) co_return done.error();
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
        auto known = hot_.find(row);
        if (known.found) co_return std::move(*known.found);
        // After the ticket: it is void if the row changes from here on.
        if (lag_.is_behind_in(*id)) {
            if (auto done = co_await catch_up(); !done) co_return done.error();
        }
        auto read = with_session<core::message>(
            [&](read_session& s) { return one<core::message>(s.message.bind(row), message_from); });
        if (read && known.ticket) hot_.put(row, *read, *known.ticket);
        co_return read;
    }

    awaitable<result<core::app_id>> last_app() override {
        return read_point<core::app_id>(lag_.is_behind_in_apps(), [](read_session& s) {
            return one<core::app_id>(s.last_app, [](const auto& row) { return core::app_id(row.number(0)); });
        });
    }

    awaitable<result<std::vector<core::app>>> apps(window w) override {
        return read_list<core::app>(lag_.is_behind_in_apps(), limit_of(w), [=](read_session& s) {
            return many<core::app>(s.apps.in(w.order).bind(w.after, w.last, limit_of(w)), app_from);
        });
    }

    awaitable<result<std::vector<core::chat>>> chats(core::app_id app, window w) override {
        return read_list<core::chat>(lag_.is_behind(), limit_of(w), [=](read_session& s) {
            return many<core::chat>(s.chats.in(w.order).bind(app.value(), w.after, w.last, limit_of(w)), chat_from);
        });
    }

    awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, window w) override {
        return read_list<core::message>(lag_.is_behind_in(chat), limit_of(w), [=](read_session& s) {
            auto& sql = s.messages.in(w.order);
            return many<core::message>(sql.bind(row_of(chat, w.after), row_of(chat, w.last), limit_of(w)),
                                       message_from);
        });
    }

    awaitable<result<matches>> matching(core::chat_id chat, window w, const core::folded_query& query) override {
        return read_on_pool<matches>(lag_.is_behind_in(chat),
                                     [=, this, &query](read_session& s) { return matching_in(s, chat, w, query); });
    }

    awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat, core::message_number message,
                                                                   std::uint64_t after) override {
        return read_on_pool<std::vector<core::message_version>>(
            lag_.is_behind_in(chat), [=](read_session& s) { return versions_in(s, chat, message, after); });
    }

    awaitable<result<chosen>> matching(core::chat_id chat, std::span<const core::message_number> numbers,
                                       const core::folded_query& query) override {
        return read_on_pool<chosen>(lag_.is_behind_in(chat), [=, &query](read_session& s) {
            return result<chosen>(matching_of(s, chat, numbers, query));
        });
    }

    awaitable<result<chat_counts>> counts(core::chat_id chat) override {
        return read_point<chat_counts>(lag_.is_behind_in(chat), [=](read_session& s) {
            return one<chat_counts>(s.counts.bind(chat.value()), counts_from);
        });
    }

    awaitable<result<std::vector<chat_counts>>> counts_after(core::chat_id after) override {
        return read_list<chat_counts>(lag_.is_behind(), slice_rows_max, [=](read_session& s) {
            return many<chat_counts>(s.counts_after.bind(after.value(), std::uint64_t{slice_rows_max}), counts_from);
        });
    }

    awaitable<result<std::vector<change>>> changes(core::chat_id chat, std::uint64_t after_seq) override {
        return read_list<change>(lag_.is_behind_in(chat), slice_rows_max, [=](read_session& s) {
            s.changes.bind(row_of(chat, after_seq), row_of(chat, core::number_max), std::uint64_t{slice_rows_max});
            return many<change>(s.changes, change_from);
        });
    }

    awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) override {
        return read_list<text>(lag_.is_behind_in(chat), limit_of(w), [=](read_session& s) {
            auto& sql = s.texts.in(w.order);
            return many<text>(sql.bind(row_of(chat, w.after), row_of(chat, w.last), limit_of(w)), text_from);
        });
    }

    awaitable<result<std::vector<text>>> texts(core::chat_id chat,
                                               std::span<const core::message_number> numbers) override {
        return read_on_pool<std::vector<text>>(lag_.is_behind_in(chat),
                                               [=](read_session& s) { return texts_of(s, chat, numbers); });
    }

private:
    // Two statements need no common snapshot: neither a chat's id nor its owner ever changes.
    awaitable<result<core::chat_id>> chat_id_of(core::app_token app, core::chat_number chat) {
        auto read = co_await read_point<core::chat_id>(lag_.is_behind_in_apps(), [=](read_session& s) {
            return one<core::chat_id>(s.chat_id.bind(app.text(), chat.value()),
                                      [](const auto& row) { return core::chat_id(row.number(0)); });
        });
        if (read) chat_ids_.put(app, chat, *read);
        co_return read;
    }

    // Off the event loops: it may take a commit.
    awaitable<result<void>> catch_up() {
        co_return co_await run_on(pool_, [this] { return haste_ == haste::at_once ? lag_.catch_up() : lag_.wait(); });
    }

    void let_go() override {
        sessions_.for_idle([](read_session& s) { s.let_go(); });
    }

    template <class T, class Work>
    result<T> with_session(Work work) {
        if (closed_) return error::shutting_down;
        try {
            auto borrowed = sessions_.take();
            borrowed->look(snapshots_);
            result<T> done = work(*borrowed);
            sessions_.give_back(std::move(borrowed), [this](read_session& s) {
                if (!snapshots_.may_keep(s.begun_at)) s.let_go();
            });
            return done;
        } catch (const sqlite::failure& cause) {
            log::error(fmt::format("cannot read the ledger: {} ({})", cause.what(), cause.code()));
            return error::unavailable;
        }
    }

    // How a read goes: it waits for what it has to see, and then works with a session; here, or on the pool.
    template <class T, class Work>
    awaitable<result<T>> read_point(bool is_behind, Work work) {
        if (is_behind) {
            if (auto done = co_await catch_up(); !done) co_return done.error();
        }
        co_return with_session<T>(work);
    }

    template <class T, class Work>
    awaitable<result<T>> read_on_pool(bool is_behind, Work work) {
        if (is_behind) {
            if (auto done = co_await catch_up(); !done) co_return done.error();
        }
        co_return co_await run_on(pool_, [&] { return with_session<T>(work); });
    }

    template <class T, class Work>
    awaitable<result<std::vector<T>>> read_list(bool is_behind, std::uint64_t rows, Work work) {
        return rows <= inline_rows_max ? read_point<std::vector<T>>(is_behind, std::move(work))
                                       : read_on_pool<std::vector<T>>(is_behind, std::move(work));
    }

    // Compares the text where SQLite has it; only a hit becomes a message.
    result<matches> matching_in(read_session& s, core::chat_id chat, window w, const core::folded_query& query) const {
        auto& sql = s.messages.in(w.order);
        sql.bind(row_of(chat, w.after), row_of(chat, w.last), std::uint64_t{match_rows_max});
        const sqlite::reading until_done(sql);
        matches found;
        std::size_t looked_at = 0, compared = 0, bytes = 0;
        for (; compared < match_bytes_max && bytes < slice_bytes_max && sql.row(); ++looked_at) {
            if (closed_) return error::shutting_down;
            compared += sql.text(1).size();
            const auto number = number_in(sql.number(0));
            w.order == order::ascending ? w.after = number : w.last = number - 1;
            if (query.is_in(sql.text(1))) bytes += bytes_of(found.rows.emplace_back(message_from(sql)));
        }
        if (looked_at == match_rows_max || compared >= match_bytes_max || bytes >= slice_bytes_max) found.rest = w;
        return found;
    }

    static result<std::vector<core::message_version>> versions_in(read_session& s, core::chat_id chat,
                                                                  core::message_number message, std::uint64_t after) {
        const auto row = row_of(chat, message.value());
        const auto now = one<core::message>(s.message.bind(row), message_from);
        if (!now) return now.error();
        if (now->deleted_at) return error::deleted;
        s.versions.bind(row, chat.value(), message.value(), after, versions_max);
        return many<core::message_version>(s.versions, [](const sqlite::statement& found) {
            return core::message_version{found.number(0), std::string(found.text(1)), {found.integer(2)}};
        });
    }

    static chosen matching_of(read_session& s, core::chat_id chat, std::span<const core::message_number> numbers,
                              const core::folded_query& query) {
        chosen found;
        for (std::size_t bytes = 0; found.looked_at < numbers.size() && bytes < slice_bytes_max; ++found.looked_at) {
            s.message.bind(row_of(chat, numbers[found.looked_at].value()));
            const sqlite::reading until_done(s.message);
            if (s.message.row() && query.is_in(s.message.text(1)))
                bytes += bytes_of(found.rows.emplace_back(message_from(s.message)));
        }
        return found;
    }

    static result<std::vector<text>> texts_of(read_session& s, core::chat_id chat,
                                              std::span<const core::message_number> numbers) {
        std::vector<text> found;
        for (std::size_t bytes = 0; found.size() < numbers.size() && bytes < slice_bytes_max;) {
            const auto read = one<text>(s.one_text.bind(row_of(chat, numbers[found.size()].value())), text_from);
            if (!read) return read.error();
            bytes += bytes_of(found.emplace_back(*read));
        }
        return found;
    }

    sqlite::session_pool<read_session> sessions_;
    asio::any_io_executor pool_;
    const haste haste_;
    hot_rows& hot_;
    const lag& lag_;
    snapshots& snapshots_;
    chat_ids chat_ids_;
    std::atomic<bool> closed_ = false;
};

}  // namespace

std::unique_ptr<closable_reader> make_sqlite_reader(const std::string& database, asio::any_io_executor long_reads,
                                                    in_common& common, haste needs) {
    return std::make_unique<sqlite_reader>(database, std::move(long_reads), common, needs);
}

}  // namespace confab::ledger
