// The batch as one SQLite transaction.
//
// 1. load() reads the heads, messages and keys that a batch names and the state lacks. There is one writer, so what it
// read stays true.
// 2. apply() writes the effects in their order, then each touched counter once, and commits: one sync of the
// write-ahead log.
// 3. A commit that fails for anything but a full disk may or may not be on disk, and after a failed sync the kernel may
// drop the pages it could
//    not write and report the next sync as fine. So the writer closes for good: outcome_unknown once, writes_closed
//    from then on. The next start writes all that can still be read from the log into the database, and syncs that,
//    before it answers anybody. A full disk is different: it refuses to write the commit's last page, without which
//    recovery discards all of it, so nothing is kept. So is somebody else's lock: nothing was written yet.
// 4. tidy() has the log moved into the database, and purges expired keys.
#include "ledger/sqlite/writer.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/log.hpp"
#include "core/decide.hpp"
#include "ledger/sqlite/log_mover.hpp"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger {
namespace {

constexpr int checkpoint_wal_pages = 6000;  // about 24 MiB: from here on the log is moved into the database
constexpr int restart_wal_pages = 12000;    // about 48 MiB: readers have kept the log from starting over; wait for them
constexpr int restart_wait_ms = 200;        // a read is one short slice, so this is ample
constexpr std::int64_t purge_every_us = 60'000'000;
constexpr std::size_t purge_rows_max =
    1'000;  // in one go; if there are as many, the next batch is followed by the next go

constexpr std::int64_t change_kind_edit = 1;
constexpr std::int64_t change_kind_deletion = 2;

std::int64_t encode(const core::key_scope& scope) {
    return static_cast<std::int64_t>(scope.id << 2 | static_cast<std::uint64_t>(scope.of));
}

sqlite::blob bytes(const digest& d) {
    return d;
}

digest digest_from(sqlite::blob stored) {
    digest d{};
    std::ranges::copy(stored.first(std::min(stored.size(), d.size())), d.begin());
    return d;
}

struct statements {
    explicit statements(sqlite::connection& db)
        : next_ids(db.prepare("select (select coalesce(max(id), 0) + 1 from apps), "
                              "(select coalesce(max(id), 0) + 1 from chats)")),
          app(db.prepare(fmt::format("select {} from apps where token = ?", app_columns))),
          chat(db.prepare("select id, messages_count, changes_count from chats where app_id = ? and number = ?")),
          message(db.prepare(fmt::format("select {} from messages where id = ?", message_columns))),
          key(db.prepare("select fingerprint, number, expires_at from idempotency where scope = ? and key_hash = ?")),
          insert_app(
              db.prepare("insert into apps(id, token, name, created_at, updated_at) values(?1, ?2, ?3, ?4, ?4)")),
          rename_app(db.prepare("update apps set name = ?2, updated_at = ?3 where id = ?1")),
          insert_chat(db.prepare("insert into chats(id, app_id, number, created_at, updated_at) "
                                 "values(?1, ?2, ?3, ?4, ?4)")),
          insert_message(db.prepare("insert into messages(id, content, sender, metadata, created_at, updated_at) "
                                    "values(?1, ?2, ?3, ?4, ?5, ?5)")),
          insert_change(db.prepare("insert into changes(id, number, kind, version, content_before, at) "
                                   "select ?1, ?2, ?3, ?4, content, ?5 from messages where id = ?6")),
          edit_message(db.prepare("update messages set content = ?2, metadata = coalesce(?3, metadata), version = ?4, "
                                  "updated_at = ?5 where id = ?1")),
          insert_deletion(db.prepare("insert into changes(id, number, kind, version, at) values(?, ?, ?, ?, ?)")),
          forget_history(db.prepare("update changes set content_before = null where id >> 32 = ? and number = ?")),
          delete_message(
              db.prepare("update messages set content = null, metadata = null, version = ?2, updated_at = ?3, "
                         "deleted_at = ?3 where id = ?1")),
          insert_key(db.prepare("insert or replace into idempotency(scope, key_hash, fingerprint, number, expires_at) "
                                "values(?, ?, ?, ?, ?)")),
          count_chats(db.prepare("update apps set chats_count = ?2 where id = ?1")),
          count_messages(db.prepare("update chats set messages_count = ?2 where id = ?1")),
          count_changes(db.prepare("update chats set changes_count = ?2 where id = ?1")),
          expired_keys(db.prepare("select scope, key_hash from idempotency where expires_at <= ? limit ?")),
          delete_key(db.prepare("delete from idempotency where scope = ? and key_hash = ?")) {}

    sqlite::statement next_ids, app, chat, message, key;
    sqlite::statement insert_app, rename_app, insert_chat, insert_message, insert_change, edit_message;
    sqlite::statement insert_deletion, forget_history, delete_message, insert_key;
    sqlite::statement count_chats, count_messages, count_changes, expired_keys, delete_key;
};

// The last value of each counter a batch moves: one update each, however many rows moved it.
class counters {
public:
    void set(std::uint64_t id, std::uint64_t value) {
        if (!last_.empty() && last_.back().first == id)
            last_.back().second = value;
        else
            last_.emplace_back(id, value);
    }

    void write(sqlite::statement& update) {
        std::ranges::stable_sort(last_, {}, &entry::first);
        for (auto at = last_.begin(); at != last_.end(); ++at) {
            const bool moved_again = std::next(at) != last_.end() && std::next(at)->first == at->first;
            if (!moved_again) update.bind(at->first, at->second).run();
        }
    }

private:
    using entry = std::pair<std::uint64_t, std::uint64_t>;
    std::vector<entry> last_;
};

class sqlite_writer final : public writer {
public:
    sqlite_writer(sqlite::connection db, const std::string& database, hot_rows& hot, snapshots& kept)
        : db_(std::move(db)), hot_(hot), snapshots_(kept), sql_(db_), mover_(database) {
        db_.wait_for_locks(restart_wait_ms);
    }

    awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) override {
        if (closed_) co_return error::writes_closed;
        try {
            load_ids(s);
            for (const auto* c : commands) load_for(*c, s);
            co_return result<void>();
        } catch (const sqlite::failure& cause) {
            log::error(fmt::format("cannot read the ledger: {} ({})", cause.what(), cause.code()));
            co_return error::unavailable;
        }
    }

    awaitable<result<void>> apply(std::span<const core::effect> effects) override {
        if (closed_) co_return error::writes_closed;
        if (effects.empty()) co_return result<void>();
        bool committing = false;
        const hot_rows::changing until_done(hot_, effects);
        try {
            sqlite::transaction batch(db_, sqlite::transaction::kind::write);
            write(effects);
            committing = true;
            batch.commit();
            snapshots_.committed();
            co_return result<void>();
        } catch (const sqlite::failure& cause) {
            co_return refusal(cause, committing);
        }
    }

    awaitable<void> tidy(timestamp now) override {
        if (closed_) co_return;
        try {
            move_log();
            purge(now);
        } catch (const sqlite::failure& cause) {
            if (cause.is_disk_full() || cause.is_busy()) {
                log::warning(fmt::format("cannot tidy the ledger: {} ({})", cause.what(), cause.code()));
            } else {
                close(cause, "tidying");
            }
        }
    }

private:
    void load_ids(core::state& s) {
        if (s.next_app.value() != 0) return;
        const sqlite::reading until_done(sql_.next_ids);
        sql_.next_ids.row();
        s.next_app = core::app_id(sql_.next_ids.number(0));
        s.next_chat = core::chat_id(sql_.next_ids.number(1));
    }

    void load_for(const core::command& c, core::state& s) {
        std::visit([&](const auto& wish) { load_wish(wish, s); }, c.wish);
        if (!c.key) return;
        if (const auto scope = core::scope_of(s, c)) load_key(*scope, *c.key, s);
    }

    void load_wish(const core::create_app&, core::state&) {}
    void load_wish(const core::rename_app& wish, core::state& s) { load_app(wish.app, s); }
    void load_wish(const core::create_chat& wish, core::state& s) { load_app(wish.app, s); }
    void load_wish(const core::create_message& wish, core::state& s) { load_chat(wish.app, wish.chat, s); }
    void load_wish(const core::edit_message& wish, core::state& s) { load_message(wish, s); }
    void load_wish(const core::delete_message& wish, core::state& s) { load_message(wish, s); }

    void load_wish(const core::unreadable&, core::state&) {}

    template <class Wish>
    void load_message(const Wish& wish, core::state& s) {
        const auto* const head = load_chat(wish.app, wish.chat, s);
        if (!head || s.find(core::state::message_place{head->id, wish.message})) return;
        sql_.message.bind(row_of(head->id, wish.message.value()));
        const sqlite::reading until_done(sql_.message);
        if (sql_.message.row()) s.put(head->id, message_from(sql_.message));
    }

    const core::app* load_app(const core::app_token& token, core::state& s) {
        if (const auto* known = s.find(token)) return known;
        sql_.app.bind(token.text());
        const sqlite::reading until_done(sql_.app);
        return sql_.app.row() ? &s.put(app_from(sql_.app)) : nullptr;
    }

    const core::chat_head* load_chat(const core::app_token& token, core::chat_number number, core::state& s) {
        const auto* const owner = load_app(token, s);
        if (!owner) return nullptr;
        const core::state::chat_place place{owner->id, number};
        if (const auto* known = s.find(place)) return known;
        sql_.chat.bind(owner->id.value(), number.value());
        const sqlite::reading until_done(sql_.chat);
        if (!sql_.chat.row()) return nullptr;
        return &s.put(place, {core::chat_id(sql_.chat.number(0)), sql_.chat.number(1), sql_.chat.number(2)});
    }

    void load_key(const core::key_scope& scope, const core::retry_key& key, core::state& s) {
        const core::state::key_place place{scope, key.key_hash};
        if (s.find(place)) return;
        sql_.key.bind(encode(scope), bytes(key.key_hash));
        const sqlite::reading until_done(sql_.key);
        if (!sql_.key.row()) return;
        s.put(place, {digest_from(sql_.key.bytes(0)), sql_.key.number(1), {sql_.key.integer(2)}});
    }

    void write(std::span<const core::effect> effects) {
        counters chats, messages, changes;
        for (const auto& e : effects) {
            std::visit([&](const auto& made) { write_one(made); }, e);
            if (const auto* chat = std::get_if<core::chat_created>(&e)) {
                chats.set(chat->app.value(), chat->number.value());
            } else if (const auto* message = std::get_if<core::message_created>(&e)) {
                messages.set(message->chat.value(), message->number.value());
            } else if (const auto* edit = std::get_if<core::message_edited>(&e)) {
                changes.set(edit->chat.value(), edit->seq);
            } else if (const auto* deletion = std::get_if<core::message_deleted>(&e)) {
                changes.set(deletion->chat.value(), deletion->seq);
            }
        }
        chats.write(sql_.count_chats);
        messages.write(sql_.count_messages);
        changes.write(sql_.count_changes);
    }

    void write_one(const core::app_created& e) {
        sql_.insert_app.bind(e.id.value(), e.token.text(), e.name, e.at.us).run();
    }
    void write_one(const core::app_renamed& e) { sql_.rename_app.bind(e.id.value(), e.name, e.at.us).run(); }
    void write_one(const core::chat_created& e) {
        sql_.insert_chat.bind(e.id.value(), e.app.value(), e.number.value(), e.at.us).run();
    }
    void write_one(const core::message_created& e) {
        sql_.insert_message.bind(row_of(e.chat, e.number.value()), e.content, e.sender, e.metadata, e.at.us).run();
    }
    void write_one(const core::message_edited& e) {
        const auto row = row_of(e.chat, e.number.value());
        sql_.insert_change.bind(row_of(e.chat, e.seq), e.number.value(), change_kind_edit, e.version, e.at.us, row)
            .run();
        sql_.edit_message.bind(row, e.content, e.metadata, e.version, e.at.us).run();
    }
    void write_one(const core::message_deleted& e) {
        const auto number = e.number.value();
        sql_.insert_deletion.bind(row_of(e.chat, e.seq), number, change_kind_deletion, e.version, e.at.us).run();
        sql_.forget_history.bind(e.chat.value(), number).run();
        sql_.delete_message.bind(row_of(e.chat, number), e.version, e.at.us).run();
    }
    void write_one(const core::key_used& e) {
        sql_.insert_key.bind(encode(e.scope), bytes(e.key_hash), bytes(e.fingerprint), e.number, e.expires_at.us).run();
    }

    error refusal(const sqlite::failure& cause, bool committing) {
        if (committing && !cause.is_disk_full() && !cause.is_busy()) {
            close(cause, "committing");
            return error::outcome_unknown;
        }
        log::error(fmt::format("a batch was rolled back: {} ({})", cause.what(), cause.code()));
        return error::unavailable;
    }

    void close(const sqlite::failure& cause, std::string_view doing) {
        closed_ = true;
        log::error(fmt::format("writes are closed until a restart, since {} failed: {} ({})", doing, cause.what(),
                               cause.code()));
    }

    // Nearly all of the log is moved beside the commits, and what came meanwhile is moved here. Once all of it is, the
    // next commit starts it over, unless somebody reads from it at that moment. Then it goes on growing, and is only
    // looked at again when it has grown by as much.
    void move_log() {
        using kind = sqlite::connection::checkpoint_kind;
        const int pages = db_.wal_pages();
        if (pages < wal_pages_) checkpoint_due_ = checkpoint_wal_pages;
        wal_pages_ = pages;
        if (is_moving_) {
            if (pages < restart_wal_pages && mover_.is_under_way()) return;
            is_moving_ = false;
            mover_.settle();
            const snapshots::pause none_is_kept(snapshots_);
            db_.checkpoint(pages < restart_wal_pages ? kind::passive : kind::restart);
            checkpoint_due_ = pages + checkpoint_wal_pages;
        } else if (pages >= checkpoint_due_) {
            snapshots_.let_go();
            mover_.begin();
            is_moving_ = true;
        }
    }

    void purge(timestamp now) {
        const bool clock_went_back = now.us + purge_every_us < next_purge_us_;
        if (now.us < next_purge_us_ && !clock_went_back) return;
        const auto expired = expired_keys(now);
        if (!expired.empty()) {
            sqlite::transaction all(db_, sqlite::transaction::kind::write);
            for (const auto& [scope, key_hash] : expired) sql_.delete_key.bind(scope, bytes(key_hash)).run();
            all.commit();
            snapshots_.committed();
        }
        if (expired.size() < purge_rows_max) next_purge_us_ = now.us + purge_every_us;
    }

    std::vector<std::pair<std::int64_t, digest>> expired_keys(timestamp now) {
        std::vector<std::pair<std::int64_t, digest>> found;
        sql_.expired_keys.bind(now.us, std::uint64_t{purge_rows_max});
        const sqlite::reading until_done(sql_.expired_keys);
        while (sql_.expired_keys.row()) {
            found.emplace_back(sql_.expired_keys.integer(0), digest_from(sql_.expired_keys.bytes(1)));
        }
        return found;
    }

    sqlite::connection db_;
    hot_rows& hot_;
    snapshots& snapshots_;
    statements sql_;
    bool closed_ = false;
    int wal_pages_ = 0;
    int checkpoint_due_ = checkpoint_wal_pages;
    log_mover mover_;
    bool is_moving_ = false;
    std::int64_t next_purge_us_ = 0;
};

}  // namespace

std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db, const std::string& database, hot_rows& hot,
                                           snapshots& kept) {
    return std::make_unique<sqlite_writer>(std::move(db), database, hot, kept);
}

}  // namespace confab::ledger
