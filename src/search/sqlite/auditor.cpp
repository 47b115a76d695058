// The auditor of the SQLite index.
#include <fmt/core.h>

#include "search/sqlite/block.hpp"
#include "search/sqlite/index_file.hpp"
#include "search/sqlite/ngrams.hpp"
#include "search/sqlite/rows.hpp"
#include "search/sqlite/sqlite_index.hpp"

namespace confab::search {
namespace {

class auditor final : public index_auditor {
public:
    explicit auditor(sqlite::connection db)
        : db_(std::move(db)),
          chats_(db_.prepare(chats_sql)),
          find_position_(db_.prepare(position_sql)),
          block_of_(db_.prepare(block_of_sql)),
          first_block_(db_.prepare("select id, entries, texts from blocks where id > ? and id <= ? order by id")) {}

    awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) override {
        co_return guarded<std::vector<core::chat_position>>([&] { return read_chats(chats_, after); });
    }

    awaitable<result<slice>> texts(core::chat_id chat, core::message_number after) override {
        co_return guarded<slice>([&] { return texts_in(chat, after.value()); });
    }

    awaitable<result<std::vector<std::string>>> engine_findings() override {
        co_return guarded<std::vector<std::string>>([&] { return findings(); });
    }

private:
    template <class T, class Work>
    static result<T> guarded(Work work) {
        try {
            return work();
        } catch (const sqlite::failure&) {
            return error::unavailable;
        }
    }

    // Usually the next readable block: engine_findings() reports the unreadable ones. If the block of `after` has more
    // texts, it returns those: the block has grown meanwhile, or the file is damaged.
    slice texts_in(core::chat_id chat, std::uint64_t after) {
        const sqlite::transaction snapshot(db_, sqlite::transaction::kind::read);
        const auto position = read_position(find_position_, chat);
        first_block_.bind(row_of(chat, after), row_of(chat, core::number_max));
        auto next = read(first_block_);
        if (!next.empty() && next.front().number.value() == after + 1) return {position, std::move(next)};
        block_of_.bind(row_of(chat, 0), row_of(chat, after));
        auto remaining = read(block_of_);
        std::erase_if(remaining, [&](const indexed_text& t) { return t.number.value() <= after; });
        return {position, std::move(remaining.empty() ? next : remaining)};
    }

    static std::vector<indexed_text> read(sqlite::statement& sql) {
        const sqlite::reset_guard until_done(sql);
        while (sql.row())
            if (auto texts = texts_of(sql)) return std::move(*texts);
        return {};
    }

    // Nothing: the block is damaged.
    static std::optional<std::vector<indexed_text>> texts_of(const sqlite::statement& row) {
        try {
            return unpack(number_in(row.number(0)), view(row.bytes(1)), view(row.bytes(2)));
        } catch (const damaged_block&) {
            return std::nullopt;
        }
    }

    std::vector<std::string> findings() {
        std::vector<std::string> found;
        auto check = db_.prepare("pragma integrity_check(20)");
        while (check.row())
            if (check.text(0) != "ok") found.emplace_back(check.text(0));
        auto signed_blocks = db_.prepare(
            "select b.id, b.entries, b.texts, s.grams from blocks b left join signatures s on s.id = b.id order by "
            "b.id");
        while (signed_blocks.row()) {
            const auto report = [&](std::string_view what) {
                const auto row = signed_blocks.number(0);
                found.push_back(fmt::format("chat id {}: invalid {} of messages {} and later", row >> 32, what,
                                            number_in(row).value()));
            };
            if (!texts_of(signed_blocks)) report("block");
            ngrams own;
            own.add(view(signed_blocks.bytes(2)));
            if (!std::ranges::equal(own.stored(), signed_blocks.bytes(3))) report("signature");
        }
        return found;
    }

    sqlite::connection db_;
    sqlite::statement chats_, find_position_, block_of_, first_block_;
};

}  // namespace

std::unique_ptr<index_auditor> open_sqlite_index_auditor(const std::filesystem::path& folder,
                                                         const std::string& ledger) {
    const auto file = index_file_in(folder);
    if (!std::filesystem::exists(file)) return nullptr;
    try {
        sqlite::connection db(file, sqlite::access::read_only);
        if (!is_index_of(db, ledger)) return nullptr;
        return std::make_unique<auditor>(std::move(db));
    } catch (const sqlite::failure& cause) {
        throw startup_error(fmt::format("{} cannot be read: {}", file.string(), cause.what()));
    }
}

}  // namespace confab::search
