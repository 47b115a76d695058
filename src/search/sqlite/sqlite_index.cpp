// A chat's folded texts are stored in blocks of some 16 KB, one per page, in the order of their numbers. Each block has
// a signature: the n-grams of one to three bytes that occur in it (2 KB). A search reads the chat's signatures from the
// end. It reads a block only if the signature may contain all n-grams of the query.
//
// Why not FTS5's trigrams, measured on the same machine with messages of 64 bytes (SQLite 3.40):
// - FTS5 indexed 26,000 messages/s, so it never catches up with more creations than that. This index takes a million
//   per second of processor time: it appends a message to one text instead of 62 lists. A message takes 260 bytes in
//   FTS5, 80 here.
// - FTS5 does not help a query of one or two characters. This index searches the 64 MB of a million messages in 9 to 19
//   ms, if it has to.
// - FTS5 walks the lists of all trigrams of a query: 85 ms for three common words in 300,000 messages. Here the worst
//   case is reading everything, for any query.
//
// A store rewrites each changed block once: 16 KB, however many of its messages changed. Why not an overlay of changed
// messages: every search would have to read it too, and edits are rare and mostly of recent messages.
//
// Readers have their own connections and see complete transactions: they read a chat's position and its blocks in one.
#include "search/sqlite/sqlite_index.hpp"

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <shared_mutex>

#include "base/log.hpp"
#include "base/require.hpp"
#include "drivers/sqlite/checkpoint_schedule.hpp"
#include "drivers/sqlite/session_pool.hpp"
#include "search/sqlite/block.hpp"
#include "search/sqlite/index_file.hpp"
#include "search/sqlite/rows.hpp"

namespace confab::search {
namespace {

constexpr sqlite::checkpoint_limits limits{.start_pages = 512, .restart_pages = 2'048};  // 8 MiB and 32 MiB
constexpr int lock_wait_ms = 200;  // a read is one short slice, so this is enough
constexpr auto erase_every = std::chrono::seconds(1);

using clock = std::chrono::steady_clock;

enum class side { reader, writer };

class index_in_file final : public sqlite_index, public index, public index_writer {
public:
    explicit index_in_file(const sqlite_index_options& options)
        : file_(index_file_in(options.folder)),
          ledger_(options.ledger),
          pool_(options.read_pool),
          sessions_(file_.string()) {
        is_broken_ = !guarded(side::writer, [&] { use_write_connection(open_index_file(file_, ledger_)); });
    }

    // The writer closes last: only it may checkpoint the rest of the WAL.
    ~index_in_file() override { sessions_.clear(); }
    index_in_file(const index_in_file&) = delete;
    index_in_file& operator=(const index_in_file&) = delete;

    index& reader() override { return *this; }
    index_writer& writer() override { return *this; }

    awaitable<result<core::position>> find_position(core::chat_id chat) override {
        co_return read<core::position>([&](read_session& s) { return read_position(s.find_position, chat); });
    }

    awaitable<result<search::candidates>> candidates(core::chat_id chat, const core::folded_query& query,
                                                     core::message_number below) override {
        co_return co_await run_on(pool_, [&] {
            return read<search::candidates>([&](read_session& s) { return candidates_in(s, chat, query, below); });
        });
    }

    awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) override {
        std::vector<core::chat_position> found;
        const bool done = write([&](write_session& s) { found = read_chats(s.chats, after); });
        if (!done) co_return error::unavailable;
        co_return found;
    }

    awaitable<result<void>> store(core::chat_id chat, std::span<const indexed_text> texts, core::position from,
                                  core::position to) override {
        bool is_stored = false;
        const bool done = write([&](write_session& s) { is_stored = store_in(s, chat, texts, from, to); });
        if (!done) co_return error::unavailable;
        if (!is_stored) co_return error::version_mismatch;
        needs_erase_ |= std::ranges::any_of(texts, &std::string::empty, &indexed_text::text);
        co_return result<void>();
    }

    awaitable<result<void>> clear() override {
        if (!replace()) co_return error::unavailable;
        co_return result<void>();
    }

    awaitable<bool> maintain() override {
        if (is_broken_) co_return replace();
        write([this](write_session& s) { checkpoint(s.db); });
        co_return false;
    }

private:
    // A reader that finds damage leaves it to the writer. Until then reads return unavailable.
    template <class T, class Work>
    result<T> read(Work work) {
        const std::shared_lock no_replacing(replacing_);
        if (is_broken_) return error::unavailable;
        std::optional<T> found;
        guarded(side::reader, [&] {
            auto borrowed = sessions_.take();
            found.emplace(work(*borrowed));
            sessions_.give_back(std::move(borrowed));
        });
        if (!found) return error::unavailable;
        return std::move(*found);
    }

    template <class Work>
    bool write(Work work) {
        if (is_broken_) return false;
        require(write_session_.has_value(), "an index that is not broken has a write connection");
        return guarded(side::writer, [&] { work(*write_session_); });
    }

    // The index is broken until it has a new connection, whatever the reason.
    bool replace() {
        const std::unique_lock nobody_reads(replacing_);
        sessions_.clear();
        write_session_.reset();
        const bool is_replaced =
            guarded(side::writer, [&] { use_write_connection(replace_index_file(file_, ledger_)); });
        is_broken_ = !is_replaced;
        return is_replaced;
    }

    void use_write_connection(sqlite::connection db) {
        db.wait_for_locks(lock_wait_ms);
        write_session_.emplace(std::move(db));
    }

    // False: it failed, and the failure was logged. Damage breaks the index, whoever finds it. So does every lasting
    // failure of the writer, since the state of the disk after a failed sync is unknown.
    template <class Work>
    bool guarded(side by, Work work) {
        try {
            work();
            return true;
        } catch (const sqlite::failure& cause) {
            const bool passes = cause.is_disk_full() || cause.is_busy() || by == side::reader;
            fail(cause.is_corruption() || !passes, fmt::format("{} ({})", cause.what(), cause.code()));
        } catch (const damaged_block& cause) {
            fail(true, cause.what());
        }
        return false;
    }

    void fail(bool is_final, const std::string& cause) {
        if (is_final ? is_broken_.exchange(true) : is_broken_.load()) return;
        log::warning(fmt::format("the search index failed{}: {}", is_final ? " and is rebuilt" : "", cause));
    }

    // A checkpoint overwrites deleted text in the file. The text leaves the WAL when that is truncated.
    void checkpoint(sqlite::connection& db) {
        if (needs_erase_ && clock::now() >= next_erase_) {
            needs_erase_ = !db.checkpoint(sqlite::connection::checkpoint_kind::truncate);
            next_erase_ = clock::now() + erase_every;
        }
        schedule_.observe(db.wal_pages());
        if (!schedule_.is_due()) return;
        db.checkpoint(schedule_.kind());
        schedule_.checkpointed();
    }

    const std::filesystem::path file_;
    const std::string ledger_;
    const asio::any_io_executor pool_;
    std::shared_mutex replacing_;
    std::atomic<bool> is_broken_ = false;
    sqlite::session_pool<read_session> sessions_;
    std::optional<write_session> write_session_;
    bool needs_erase_ = false;
    clock::time_point next_erase_;
    sqlite::checkpoint_schedule schedule_{limits};
};

}  // namespace

std::unique_ptr<sqlite_index> open_sqlite_index(const sqlite_index_options& options) {
    return std::make_unique<index_in_file>(options);
}

}  // namespace confab::search
