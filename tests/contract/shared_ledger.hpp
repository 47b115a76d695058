// Workers that share a ledger. A test runs the batch writer's steps of each one by one.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <map>
#include <thread>

#include "contract/ledger_contract.hpp"
#include "core/decide.hpp"
#include "ledger/mysql/multi_row_sql.hpp"
#include "ops/check.hpp"
#include "support/commands.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"

namespace confab::testing::shared {

using core::command_result, core::app_token, core::chat_number, core::command, core::message_number;
using std::chrono::milliseconds;

inline constexpr std::uint64_t note_after_messages = 10;
inline constexpr core::epoch_id first_epoch{std::byte{1}}, second_epoch{std::byte{2}};

// The command as an entry of a partition's queue.
inline command delivered(command c, std::uint64_t entry, core::partition_number p = 0,
                         core::epoch_id epoch = first_epoch) {
    c.delivery = core::delivery{p, epoch, {1000, entry}, {}};
    return c;
}

// Stands for the encoding of a command in its dead letter.
inline std::string described(const command& c) {
    return "described " + ledger::mysql::hex_literal(c.job);
}

// A worker. A test runs the batch writer's steps one by one.
class manual_worker {
public:
    explicit manual_worker(milliseconds lease = milliseconds(60'000))
        : opened_(ledger::mysql::open_mysql_worker(mysql_server(pool_.get_executor()), options(lease))) {}
    ~manual_worker() { pool_.join(); }

    std::vector<core::partition_number> renew() { return run(opened_->ownership().renew()).value(); }
    bool try_to_renew() { return run(opened_->ownership().renew()).has_value(); }
    bool owns(core::partition_number p) {
        const auto held = renew();
        return std::ranges::find(held, p) != held.end();
    }
    void release() { run(opened_->ownership().release()); }
    void maintain() { run(opened_->writer().maintain(now())); }

    // REQUIRES: `batch` lives until apply().
    result<void> load(const std::vector<command>& batch) {
        commands_.clear();
        for (const auto& c : batch) commands_.push_back(&c);
        return run(opened_->writer().load(commands_, state_));
    }

    result<std::vector<result<command_result>>> apply() {
        core::batch_effects effects;
        std::vector<result<command_result>> answers;
        for (const auto* c : commands_) answers.push_back(core::decide(state_, *c, now(), {}, effects));
        const auto applied = run(opened_->writer().apply(effects));
        if (!applied) {
            state_.clear();
            return applied.error();
        }
        state_.end_batch(1000);
        return answers;
    }

    result<std::vector<result<command_result>>> try_to_commit(const std::vector<command>& batch) {
        renew();
        const auto loaded = load(batch);
        if (!loaded) return loaded.error();
        return apply();
    }

    std::vector<result<command_result>> commit(const std::vector<command>& batch) {
        auto answers = try_to_commit(batch);
        EXPECT_TRUE(answers) << answers.error().message();
        return answers ? std::move(*answers) : std::vector<result<command_result>>(batch.size(), error::unavailable);
    }
    result<command_result> commit(const command& c) { return commit(std::vector{c}).front(); }

    core::state& state() { return state_; }
    ledger::readers& reader() { return opened_->reader(); }

private:
    static ledger::mysql::mysql_worker_options options(milliseconds lease) {
        ledger::mysql::mysql_worker_options o;
        o.lease = lease;
        o.note_after_messages = note_after_messages;
        o.describe = described;
        return o;
    }

    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::mysql::mysql_worker> opened_;
    core::state state_;
    std::vector<const command*> commands_;
};

inline std::uint64_t number_of(const result<command_result>& r) {
    return r ? std::get<core::created>(*r).number : 0;
}

class shared_ledger : public ::testing::Test {
protected:
    void SetUp() override { clear_ledger(); }
    void TearDown() override {
        const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
        EXPECT_EQ(run(ops::check(*auditor)).value().findings, std::vector<std::string>());
    }

    static app_token new_chat(manual_worker& w) {
        const auto token = app_token::make();
        w.commit({command_of(new_app(token, "an app")), command_of(core::create_chat{token})});
        return token;
    }

    template <class Payload>
    static command command_of(Payload payload, std::optional<core::idempotency_key> k = std::nullopt) {
        return testing::command(std::move(payload), std::move(k));
    }

    template <class Condition>
    static void wait_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(milliseconds(20));
        EXPECT_TRUE(condition());
    }

    static constexpr std::size_t all_partitions = 64;
};

}  // namespace confab::testing::shared
