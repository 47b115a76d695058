// SQLite rolls back the whole transaction on an I/O error, also when a read spills dirty pages to free its page cache.
// The writer reads within the transaction that stays open across batches.
#include "io_failures/faulty_ledger.hpp"

namespace confab::testing {
namespace {

class failing_load : public faulty_ledger, public ::testing::WithParamInterface<io_error> {};

TEST_P(failing_load, loses_nothing_that_was_acknowledged) {
    constexpr std::uint64_t old_messages = 50;
    open();
    ASSERT_TRUE(commit(
        {command(new_app(token, "an app")), command(core::create_chat{token}), command(core::create_chat{token})}));
    std::vector<core::command> old;
    for (std::uint64_t i = 0; i < old_messages; ++i)
        old.push_back(command(new_message(token, 1, std::string(20'000, 'o'))));
    ASSERT_TRUE(commit(old));
    for (std::uint64_t round = 0; round < old_messages / 5; ++round) {
        std::vector<core::command> edits;
        for (std::uint64_t i = 1; i <= 5; ++i) edits.push_back(command(edit(token, 1, round * 5 + i, "new")));
        commit(edits, {.in_load = io_fault{{io_call::write, io_file::database_wal}, GetParam()}});
        EXPECT_TRUE(commit({command(new_message(token, 2, "acknowledged"))}));
    }
    EXPECT_GT(failed, 0) << "no load had to spill a page";
    expect_all_acknowledged();
    ledger.reset();
    expect_sound();
    open();
    expect_all_acknowledged();
}

std::string name_of(const ::testing::TestParamInfo<io_error>& tested) {
    constexpr const char* names[] = {"eio", "enospc", "short_write"};
    return names[static_cast<std::size_t>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(with, failing_load, ::testing::Values(io_error::eio, io_error::enospc, io_error::short_write),
                         name_of);

}  // namespace
}  // namespace confab::testing
