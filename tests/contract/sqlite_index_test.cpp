// The SQLite search index: the contract, and its own features.
#include <boost/asio/thread_pool.hpp>
#include <fstream>
#include <iterator>

#include "contract/index_contract.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "search/sqlite/block.hpp"
#include "search/sqlite/index_file.hpp"
#include "search/sqlite/sqlite_index.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using core::chat_id, core::message_number;
using search::indexed_text, core::position;

const std::string ours = "this ledger";
const core::folded_query any("a");

class sqlite_fixture final : public index_fixture {
public:
    sqlite_fixture() { open(); }

    search::index& reader() override { return opened_->reader(); }
    search::index_writer& writer() override { return opened_->writer(); }
    search::index_auditor& auditor() override {
        auditor_ = search::open_sqlite_index_auditor(folder_.path(), ours);
        return *auditor_;
    }
    void reopen() override {
        opened_.reset();
        open();
    }

private:
    void open() { opened_ = search::open_sqlite_index({folder_.path(), ours, pool_.get_executor()}); }

    temporary_folder folder_;
    asio::thread_pool pool_{1};
    std::unique_ptr<search::sqlite_index> opened_;
    std::unique_ptr<search::index_auditor> auditor_;
};

INSTANTIATE_TEST_SUITE_P(sqlite, index_contract,
                         ::testing::Values(named_index{"sqlite", [] { return std::make_unique<sqlite_fixture>(); }}),
                         [](const auto& tested) { return tested.param.name; });

class sqlite_index_file : public ::testing::Test {
protected:
    std::unique_ptr<search::sqlite_index> open(const std::string& ledger = ours) {
        return search::open_sqlite_index({folder.path(), ledger, pool.get_executor()});
    }

    static void store(search::sqlite_index& into, std::uint64_t messages, const std::string& text = "a secret word") {
        std::vector<indexed_text> texts;
        for (std::uint64_t n = 1; n <= messages; ++n) texts.push_back({message_number(n), 1, text});
        ASSERT_TRUE(run(into.writer().store(chat, texts, {}, {messages, 0})));
    }

    static position find_position(search::sqlite_index& in) { return run(in.reader().find_position(chat)).value(); }

    std::filesystem::path file() const { return search::index_file_in(folder.path()); }

    void overwrite(std::size_t at, const std::string& bytes) {
        std::fstream out(file(), std::ios::binary | std::ios::in | std::ios::out);
        out.seekp(static_cast<std::streamoff>(at));
        out << bytes;
    }

    bool holds(std::string_view bytes) const {
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            std::ifstream in(entry.path(), std::ios::binary);
            const std::string all{std::istreambuf_iterator<char>(in), {}};
            if (all.find(bytes) != std::string::npos) return true;
        }
        return false;
    }

    static constexpr chat_id chat{1};
    temporary_folder folder;
    asio::thread_pool pool{1};
};

TEST_F(sqlite_index_file, of_another_ledger_is_rebuilt) {
    store(*open(), 3);
    EXPECT_EQ(find_position(*open()), (position{3, 0}));
    EXPECT_EQ(find_position(*open("another")), position());
    EXPECT_EQ(find_position(*open()), position());
}

TEST_F(sqlite_index_file, of_another_format_is_rebuilt) {
    store(*open(), 3);
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute("update meta set value = '0' where key = 'format'");
    }
    EXPECT_EQ(find_position(*open()), position());
}

// Both cases: an index of another folding, and an index without a recorded folding.
TEST_F(sqlite_index_file, of_another_folding_is_rebuilt) {
    for (const auto* change :
         {"update meta set value = '1 of Unicode 15.0.0' where key = 'folding'",
          "update meta set value = '1' where key = 'format'; delete from meta where key = 'folding'"}) {
        store(*open(), 3);
        EXPECT_EQ(find_position(*open()), (position{3, 0}));
        {
            sqlite::connection db(file(), sqlite::access::read_write);
            db.execute(change);
        }
        EXPECT_EQ(search::open_sqlite_index_auditor(folder.path(), ours), nullptr);
        EXPECT_EQ(find_position(*open()), position());
    }
}

// Older versions, which did not record a folding, know only format 1.
TEST_F(sqlite_index_file, has_a_format_that_versions_with_another_folding_refuse) {
    open();
    sqlite::connection db(file(), sqlite::access::read_only);
    auto format = db.prepare("select value from meta where key = 'format'");
    ASSERT_TRUE(format.row());
    EXPECT_EQ(format.text(0), "2");
}

TEST_F(sqlite_index_file, that_was_removed_comes_back_empty) {
    store(*open(), 3);
    std::filesystem::remove(file());
    const auto index = open();
    EXPECT_EQ(find_position(*index), position());
    store(*index, 2);
    EXPECT_EQ(find_position(*index), (position{2, 0}));
}

TEST_F(sqlite_index_file, that_is_not_a_database_is_rebuilt) {
    std::ofstream(file()) << std::string(100'000, 'x');
    const auto index = open();
    store(*index, 2);
    EXPECT_EQ(find_position(*index), (position{2, 0}));
}

TEST_F(sqlite_index_file, with_a_corrupt_page_is_unavailable_until_rebuilt) {
    store(*open(), 20'000);
    overwrite(search::page_bytes * 2, std::string(search::page_bytes * 20, '\xff'));
    const auto index = open();
    EXPECT_EQ(run(index->reader().candidates(chat, any, message_number(20'001))).error(), error::unavailable);
    EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
    EXPECT_EQ(run(index->writer().chats({})).error(), error::unavailable);
    EXPECT_TRUE(run(index->writer().maintain()));
    EXPECT_EQ(find_position(*index), position());
    store(*index, 2);
    EXPECT_FALSE(run(index->writer().maintain()));
    EXPECT_EQ(find_position(*index), (position{2, 0}));
}

TEST_F(sqlite_index_file, with_an_inconsistent_block_is_unavailable_until_rebuilt) {
    store(*open(), 3);
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute("update blocks set entries = x'0163'");
    }
    const auto index = open();
    EXPECT_EQ(run(index->reader().candidates(chat, any, message_number(4))).error(), error::unavailable);
    EXPECT_TRUE(run(index->writer().maintain()));
    EXPECT_EQ(find_position(*index), position());
}

TEST_F(sqlite_index_file, with_an_empty_block_is_unavailable_until_rebuilt) {
    const auto index = open();
    for (const std::uint64_t number : {3U, 4U}) {  // a message that is indexed already, and the next one
        store(*index, 3);
        {
            sqlite::connection db(file(), sqlite::access::read_write);
            db.execute("update blocks set entries = x'', texts = x''");
        }
        const std::vector<indexed_text> one{{message_number(number), 2, "changed"}};
        EXPECT_EQ(run(index->writer().store(chat, one, {3, 0}, {number, 1})).error(), error::unavailable);
        EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
        EXPECT_TRUE(run(index->writer().maintain()));
        EXPECT_EQ(find_position(*index), position());
    }
}

TEST_F(sqlite_index_file, whose_block_is_damaged_is_a_finding) {
    store(*open(), 3);
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute("update blocks set entries = x'0163'");
    }
    const auto auditor = search::open_sqlite_index_auditor(folder.path(), ours);
    EXPECT_EQ(run(auditor->engine_findings()).value(),
              std::vector<std::string>{"chat id 1: invalid block of messages 1 and later"});
    EXPECT_TRUE(run(auditor->texts(chat, {})).value().texts.empty());
}

TEST_F(sqlite_index_file, keeps_nothing_of_a_deleted_text) {
    const auto index = open();
    store(*index, 300, "a secret word");
    while (run(index->writer().maintain())) {
    }
    ASSERT_TRUE(holds("secret"));
    std::vector<indexed_text> removed;
    for (std::uint64_t n = 1; n <= 300; ++n) removed.push_back({message_number(n), 2, ""});
    ASSERT_TRUE(run(index->writer().store(chat, removed, {300, 0}, {300, 300})));
    run(index->writer().maintain());
    EXPECT_FALSE(holds("secret"));
}

TEST_F(sqlite_index_file, lists_more_chats_than_one_slice_holds) {
    const auto index = open();
    for (std::uint64_t id = 1; id <= 2'500; ++id) {
        const std::vector<indexed_text> one{{message_number(1), 1, "x"}};
        ASSERT_TRUE(run(index->writer().store(chat_id(id), one, {}, {1, 0})));
    }
    chat_id last;
    for (;;) {
        const auto slice = run(index->writer().chats(last)).value();
        if (slice.empty()) break;
        for (const auto& c : slice) ASSERT_EQ(c.chat, std::exchange(last, c.chat).next());
    }
    EXPECT_EQ(last, chat_id(2'500));
}

TEST_F(sqlite_index_file, whose_signature_is_wrong_is_a_finding) {
    store(*open(), 3);
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute("update signatures set grams = zeroblob(2048)");
    }
    const auto auditor = search::open_sqlite_index_auditor(folder.path(), ours);
    const auto findings = run(auditor->engine_findings()).value();
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_NE(findings[0].find("chat id 1"), std::string::npos) << findings[0];
}

TEST_F(sqlite_index_file, of_another_ledger_is_not_there_to_audit) {
    EXPECT_EQ(search::open_sqlite_index_auditor(folder.path(), ours), nullptr);
    store(*open(), 1);
    EXPECT_NE(search::open_sqlite_index_auditor(folder.path(), ours), nullptr);
    EXPECT_EQ(search::open_sqlite_index_auditor(folder.path(), "another"), nullptr);
}

}  // namespace
}  // namespace confab::testing
