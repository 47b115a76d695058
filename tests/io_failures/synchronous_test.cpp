// How often SQLite syncs its WAL. With the journal, it does so only for a batch that bypasses the journal.
#include "io_failures/faulty_ledger.hpp"

namespace confab::testing {
namespace {

constexpr io_site wal_sync{io_call::sync, io_file::database_wal};
constexpr io_site wal_write{io_call::write, io_file::database_wal};

class synchronous_level : public faulty_ledger {
protected:
    synchronous_level() {
        open();
        EXPECT_TRUE(commit({command(new_app(token, "an app")), command(core::create_chat{token})}));
        syncs_of(1);  // SQLite syncs the header of a new WAL
    }

    static std::vector<core::command> too_large_for_the_journal(const core::app_token& app) {
        std::vector<core::command> batch;
        for (int i = 0; i < 40; ++i) batch.push_back(command(new_message(app, 1, std::string(60'000, 'l'))));
        return batch;
    }

    // The WAL syncs of so many batches. A read commits each batch.
    std::uint64_t syncs_of(int batches) {
        const auto before = calls(wal_sync);
        for (int i = 0; i < batches; ++i) {
            EXPECT_TRUE(commit({command(new_message(token, 1, "small"))}));
            EXPECT_TRUE(run(ledger->reader().find_chat(token, core::chat_number(1))));
        }
        return calls(wal_sync) - before;
    }
};

TEST_F(synchronous_level, of_usual_batches_needs_no_sync) {
    EXPECT_EQ(syncs_of(12), 0U);
}

TEST_F(synchronous_level, of_a_large_batch_is_synced_and_ends_with_it) {
    const auto before = calls(wal_sync);
    EXPECT_TRUE(commit(too_large_for_the_journal(token)));
    EXPECT_GT(calls(wal_sync), before);
    EXPECT_EQ(syncs_of(12), 0U);
    expect_all_acknowledged();
}

TEST_F(synchronous_level, of_a_large_batch_that_is_refused_ends_with_it) {
    EXPECT_FALSE(commit(too_large_for_the_journal(token), {.in_apply = io_fault{wal_write, io_error::enospc}}));
    EXPECT_EQ(failed, 1);
    EXPECT_EQ(syncs_of(12), 0U);
    expect_all_acknowledged();
    ledger.reset();
    expect_sound();
}

}  // namespace
}  // namespace confab::testing
