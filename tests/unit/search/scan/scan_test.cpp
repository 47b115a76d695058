#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include "core/decide.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "queue/local/local_queue.hpp"
#include "search/scan/scan.hpp"
#include "support/commands.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::search {
namespace {

using testing::command, testing::run;

TEST(scan, finds_every_hit_newest_first_over_many_slices) {
    const testing::temporary_folder folder;
    asio::thread_pool pool(1);
    const auto ledger = ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    const auto token = core::app_token::make();
    std::vector<core::command> batch{command(testing::new_app(token, "a")), command(core::create_chat{token}),
                                     command(core::create_chat{token})};
    std::vector<std::uint64_t> expected;
    for (std::uint64_t n = 1; n <= 45'000; ++n) {
        batch.push_back(command(testing::new_message(token, 1, n % 7000 == 1 ? "a NEEDLE here" : "hay")));
        batch.push_back(command(testing::new_message(token, 2, "needle of another chat")));
        if (n % 7000 == 1) expected.insert(expected.begin(), n);
    }
    std::vector<const core::command*> commands;
    for (const auto& c : batch) commands.push_back(&c);
    core::state s;
    ASSERT_TRUE(run(ledger->writer().load(commands, s)));
    core::batch_effects effects;
    for (const auto* c : commands) ASSERT_TRUE(core::decide(s, *c, now(), {}, effects));
    ASSERT_TRUE(run(ledger->writer().apply(effects)));

    const auto search = make_scan(ledger->reader());
    const auto chat = run(ledger->reader().find_chat(token, core::chat_number(1))).value();
    const core::folded_query query("Needle");
    std::vector<std::uint64_t> found;
    std::optional<core::message_number> before = core::message_number(45'001);
    while (before) {
        const auto slice = run(search->find(chat.id, query, *before)).value();
        for (const auto& m : slice.messages) found.push_back(m.number.value());
        before = slice.next;
    }
    EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace confab::search
