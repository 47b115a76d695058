// The batch writer on a real queue and a real ledger, and on a ledger with injected failures.
#include "write/batch_writer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "queue/local/local_queue.hpp"
#include "support/commands.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::write {
namespace {

using testing::command, testing::new_message, testing::new_app, testing::run;

// Forwards to a real ledger, except the batches that a test makes fail.
class failing_writer final : public ledger::writer {
public:
    explicit failing_writer(ledger::writer& real) : real_(real) {}

    awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) override {
        if (const auto why = std::exchange(fail_load, std::nullopt)) co_return *why;
        co_return co_await real_.load(commands, s);
    }
    awaitable<result<void>> apply(const core::batch_effects& effects) override {
        batches.push_back(effects.size());
        if (const auto why = std::exchange(fail_apply, std::nullopt)) co_return *why;
        for (const auto& e : effects) {
            const auto* const message = std::get_if<core::message_created>(&e);
            if (message && message->content == "poison") co_return error::rejected;
            if (message && message->content == "down") co_return error::unavailable;
        }
        co_return co_await real_.apply(effects);
    }
    awaitable<void> maintain(timestamp at) override { co_await real_.maintain(at); }

    std::optional<error> fail_load, fail_apply;
    std::vector<std::size_t> batches;  // the number of effects of each

private:
    ledger::writer& real_;
};

class batch_writer : public ::testing::Test {
protected:
    // Submits all commands together, runs the writer, and returns the responses in order.
    std::vector<queue::outcome> submit(std::vector<core::command> commands) {
        const auto queue = queue::make_local_queue({1000, 1'000'000});
        std::vector<queue::outcome> outcomes(commands.size(), error::unavailable);
        asio::io_context loop;
        for (std::size_t i = 0; i < commands.size(); ++i)
            asio::co_spawn(loop, keep(*queue, commands[i], outcomes[i]), asio::detached);
        loop.poll();
        queue->close();
        asio::co_spawn(loop, write_batches(*queue, writer, {.limits = {limit, 1'000'000}, .rules = {}}),
                       asio::detached);
        loop.restart();
        loop.run();
        return outcomes;
    }

    static awaitable<void> keep(queue::sender& sender, const core::command& c, queue::outcome& kept) {
        auto outcome = co_await sender.submit(c);
        kept = std::move(outcome);
    }

    void TearDown() override {
        const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
        const auto report = run(ops::check(*auditor));
        for (const auto& finding : report.value().findings) ADD_FAILURE() << finding;
    }

    std::uint64_t number(const queue::outcome& o) { return std::get<core::created>(o.value()).number; }

    testing::temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger =
        ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    failing_writer writer{ledger->writer()};
    std::size_t limit = 100;
    const core::app_token token = core::app_token::make();
};

TEST_F(batch_writer, commits_what_waits_as_one) {
    const auto answers = submit({command(new_app(token, "a")), command(core::create_chat{token}),
                                 command(new_message(token, 1, "x")), command(new_message(token, 1, "y"))});
    EXPECT_EQ(number(answers[3]), 2U);
    EXPECT_EQ(writer.batches, (std::vector<std::size_t>{4}));
}

TEST_F(batch_writer, splits_more_than_a_batch_may_hold) {
    limit = 3;
    const auto answers = submit({command(new_app(token, "a")), command(core::create_chat{token}),
                                 command(new_message(token, 1, "x")), command(new_message(token, 1, "y"))});
    EXPECT_EQ(number(answers[3]), 2U);
    EXPECT_EQ(writer.batches, (std::vector<std::size_t>{3, 1}));
}

TEST_F(batch_writer, that_failed_to_commit_uses_no_number_and_keeps_nothing) {
    submit({command(new_app(token, "a")), command(core::create_chat{token}), command(new_message(token, 1, "1"))});
    for (const auto why : {error::unavailable, error::outcome_unknown}) {
        writer.fail_apply = why;
        for (const auto& o : submit({command(new_message(token, 1, "lost")), command(core::create_chat{token})}))
            EXPECT_EQ(o.error(), why);
    }
    writer.fail_load = error::writes_closed;
    EXPECT_EQ(submit({command(new_message(token, 1, "lost"))})[0].error(), error::writes_closed);
    EXPECT_EQ(number(submit({command(new_message(token, 1, "2"))})[0]), 2U);
    EXPECT_EQ(number(submit({command(core::create_chat{token})})[0]), 2U);
}

TEST_F(batch_writer, that_failed_once_decides_the_next_batch_from_the_ledger) {
    limit = 1;
    submit({command(new_app(token, "a")), command(core::create_chat{token})});
    writer.fail_apply = error::unavailable;
    const auto answers = submit({command(new_message(token, 1, "lost")), command(new_message(token, 1, "kept"))});
    EXPECT_EQ(answers[0].error(), error::unavailable);
    EXPECT_EQ(number(answers[1]), 1U);
}

TEST_F(batch_writer, refuses_only_what_the_ledger_cannot_keep) {
    submit({command(new_app(token, "a")), command(core::create_chat{token})});
    const auto answers = submit({command(new_message(token, 1, "1")), command(new_message(token, 1, "poison")),
                                 command(new_message(token, 1, "2"))});
    EXPECT_EQ(number(answers[0]), 1U);
    EXPECT_EQ(answers[1].error(), error::rejected);
    EXPECT_EQ(number(answers[2]), 2U);
}

TEST_F(batch_writer, applies_nothing_after_a_failure_behind_a_refused_command) {
    submit({command(new_app(token, "a")), command(core::create_chat{token})});
    const auto answers = submit({command(new_message(token, 1, "poison")), command(new_message(token, 1, "1")),
                                 command(new_message(token, 1, "down")), command(new_message(token, 1, "late"))});
    EXPECT_EQ(number(answers[1]), 1U);
    EXPECT_EQ(answers[2].error(), error::unavailable);
    EXPECT_EQ(answers[3].error(), error::unavailable);
    EXPECT_EQ(number(submit({command(new_message(token, 1, "2"))})[0]), 2U);
}

}  // namespace
}  // namespace confab::write
