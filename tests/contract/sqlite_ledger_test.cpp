// The SQLite ledger: the contract, and what is its own.
#include <boost/asio/thread_pool.hpp>

#include "base/error.hpp"
#include "contract/ledger_contract.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/folder.hpp"

namespace confab::testing {
namespace {

class sqlite_fixture final : public ledger_fixture {
public:
    sqlite_fixture() { open(); }

    ledger::reader& reader() override { return opened_->reader(); }
    ledger::writer& writer() override { return opened_->writer(); }
    ledger::auditor& auditor() override {
        auditor_ = ledger::open_sqlite_auditor(folder_.path());
        return *auditor_;
    }
    void reopen() override {
        opened_.reset();
        open();
    }

private:
    void open() { opened_ = ledger::open_sqlite_ledger({folder_.path(), pool_.get_executor()}); }

    temporary_folder folder_;
    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::sqlite_ledger> opened_;
    std::unique_ptr<ledger::auditor> auditor_;
};

INSTANTIATE_TEST_SUITE_P(sqlite, ledger_contract,
                         ::testing::Values(named_ledger{"sqlite", [] { return std::make_unique<sqlite_fixture>(); }}),
                         [](const auto& tested) { return tested.param.name; });

class sqlite_data : public ::testing::Test {
protected:
    std::unique_ptr<ledger::sqlite_ledger> open() {
        return ledger::open_sqlite_ledger({folder.path(), pool.get_executor()});
    }

    std::string refusal() {
        try {
            open();
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "opened";
    }

    std::string file() const { return ledger::data_folder::database_in(folder.path()); }

    temporary_folder folder;
    asio::thread_pool pool{1};
};

TEST_F(sqlite_data, syncs_every_commit_and_logs_ahead) {
    const auto opened = open();
    sqlite::connection db(file(), sqlite::access::read_only);
    auto mode = db.prepare("pragma journal_mode");
    ASSERT_TRUE(mode.row());
    EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(sqlite_data, in_use_is_refused) {
    const auto first = open();
    EXPECT_NE(refusal().find("another confab (process "), std::string::npos) << refusal();
}

TEST_F(sqlite_data, of_a_newer_schema_is_refused_and_left_alone) {
    open();
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute("update meta set value = 9999 where key = 'schema_version'");
    }
    EXPECT_NE(refusal().find("schema version 9999"), std::string::npos) << refusal();
    EXPECT_THROW(ledger::open_sqlite_auditor(folder.path()), startup_error);
}

TEST_F(sqlite_data, of_another_program_is_refused) {
    {
        sqlite::connection db(file(), sqlite::access::create);
        db.execute("create table something(a)");
    }
    EXPECT_NE(refusal().find("another program"), std::string::npos) << refusal();
}

TEST_F(sqlite_data, is_not_there_to_audit_before_a_server_made_it) {
    EXPECT_THROW(ledger::open_sqlite_auditor(folder.path()), startup_error);
}

TEST_F(sqlite_data, is_made_with_all_its_parent_folders) {
    const auto deep = folder.path() / "a" / "b" / "c";
    const auto opened = ledger::open_sqlite_ledger({deep, pool.get_executor()});
    EXPECT_TRUE(std::filesystem::exists(deep / "confab.db"));
    EXPECT_EQ(opened->folder(), deep);
}

}  // namespace
}  // namespace confab::testing
