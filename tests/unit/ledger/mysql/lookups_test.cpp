#include "ledger/mysql/lookups.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>

#include "ledger/mysql/reader_sql.hpp"

namespace confab::ledger::mysql {
namespace {

const core::chat_id chat(7);

// A ledger that answers with a delay. Only messages with odd numbers exist.
class slow_ledger {
public:
    explicit slow_ledger(asio::io_context& loop) : loop_(loop) {}

    awaitable<void> look_up(std::span<lookup* const> asked) {
        statements.push_back(asked.size());
        asio::steady_timer pause(loop_, std::chrono::milliseconds(1));
        co_await pause.async_wait(asio::use_awaitable);
        for (auto* each : asked) {
            if (is_down)
                each->answer.emplace(error::unavailable);
            else if (each->number.value() % 2 == 0)
                each->answer.emplace(error::not_found);
            else
                each->answer.emplace(core::message{each->number, "it", std::nullopt, std::nullopt, 1, {}, {}});
        }
    }

    std::vector<std::size_t> statements;  // the number of messages that each looked up
    bool is_down = false;

private:
    asio::io_context& loop_;
};

class looked_up : public ::testing::Test {
protected:
    void ask(std::uint64_t number) {
        asio::co_spawn(
            loop,
            [this, number]() -> awaitable<void> {
                answers.emplace(number, co_await all.find(chat, core::message_number(number)));
            },
            asio::detached);
    }

    asio::io_context loop;
    slow_ledger ledger{loop};
    lookups all{[this](std::span<lookup* const> asked) { return ledger.look_up(asked); }};
    std::map<std::uint64_t, result<core::message>> answers;
};

TEST_F(looked_up, alone_is_executed_immediately) {
    for (std::uint64_t number = 1; number <= 3; ++number) {
        ask(number);
        loop.restart();
        loop.run();
    }
    EXPECT_EQ(ledger.statements, (std::vector<std::size_t>{1, 1, 1}));
    EXPECT_EQ(answers.at(1)->number.value(), 1U);
    EXPECT_EQ(answers.at(2).error(), error::not_found);
}

TEST_F(looked_up, together_share_statements_and_get_their_own_results) {
    constexpr std::uint64_t count = 500;
    for (std::uint64_t number = 1; number <= count; ++number) ask(number);
    loop.run();
    ASSERT_EQ(answers.size(), count);
    for (const auto& [number, answer] : answers) {
        if (number % 2 == 0)
            EXPECT_EQ(answer.error(), error::not_found) << number;
        else
            EXPECT_EQ(answer->number.value(), number);
    }
    EXPECT_LE(ledger.statements.size(), 2 + count / lookups_max + 1);
    for (const auto size : ledger.statements) EXPECT_LE(size, lookups_max);
}

TEST_F(looked_up, fail_and_go_on_when_the_server_is_back) {
    ledger.is_down = true;
    for (std::uint64_t number = 1; number <= 9; ++number) ask(number);
    loop.run();
    for (const auto& [number, answer] : answers) EXPECT_EQ(answer.error(), error::unavailable) << number;
    ledger.is_down = false;
    answers.clear();
    ask(1);
    loop.restart();
    loop.run();
    EXPECT_TRUE(answers.at(1).has_value());
}

// If the loop ends during a lookup, nothing is resumed and nothing leaks (the sanitizers check).
TEST(lookups_of_a_loop, end_with_it) {
    auto loop = std::make_unique<asio::io_context>();
    slow_ledger ledger(*loop);
    lookups all([&](std::span<lookup* const> asked) { return ledger.look_up(asked); });
    int answered = 0;
    for (std::uint64_t number = 1; number <= 9; ++number) {
        asio::co_spawn(
            *loop,
            [&, number]() -> awaitable<void> {
                co_await all.find(chat, core::message_number(number));
                ++answered;
            },
            asio::detached);
    }
    loop->poll();
    loop.reset();
    EXPECT_EQ(answered, 0);
}

}  // namespace
}  // namespace confab::ledger::mysql
