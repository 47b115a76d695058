// A ledger under test. A test runs the batch writer's steps one by one, and the destructor checks the ledger.
#pragma once

#include "contract/ledger_contract.hpp"
#include "core/decide.hpp"
#include "ops/check.hpp"
#include "support/commands.hpp"
#include "support/run.hpp"

namespace confab::testing {

class checked_ledger {
public:
    explicit checked_ledger(const make_ledger& make) : ledger_(make()) {}

    std::vector<result<core::command_result>> commit(const std::vector<core::command>& batch) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        EXPECT_TRUE(run(ledger_->writer().load(commands, state_)));
        core::batch_effects effects;
        std::vector<result<core::command_result>> answers;
        for (const auto* c : commands) answers.push_back(core::decide(state_, *c, now(), {}, effects));
        EXPECT_TRUE(run(ledger_->writer().apply(effects)));
        state_.end_batch(1000);
        return answers;
    }

    result<core::command_result> commit(core::command c) { return commit(std::vector{std::move(c)}).front(); }

    core::app_token new_app(const std::string& name = "an app") {
        const auto token = core::app_token::make();
        EXPECT_TRUE(commit(command(testing::new_app(token, name))));
        return token;
    }

    core::app_token new_chat() {
        const auto token = new_app();
        EXPECT_TRUE(commit(command(core::create_chat{token})));
        return token;
    }

    void reopen() {
        ledger_->reopen();
        state_.clear();
    }

    void drop_state() { state_.clear(); }
    void maintain(timestamp at) { run(ledger_->writer().maintain(at)); }

    ledger::readers& reader() { return ledger_->reader(); }
    // Reads the current state.
    ledger::auditor& auditor() {
        auto& opened = ledger_->auditor();
        EXPECT_TRUE(run(opened.refresh()));
        return opened;
    }

    result<core::message> message(const core::app_token& app, std::uint64_t chat, std::uint64_t number) {
        return run(reader().find_message(app, core::chat_number(chat), core::message_number(number)));
    }

    ~checked_ledger() {
        const auto report = run(ops::check(ledger_->auditor()));
        EXPECT_TRUE(report);
        for (const auto& finding : report->findings) ADD_FAILURE() << finding;
    }

private:
    std::unique_ptr<ledger_fixture> ledger_;
    core::state state_;
};

inline std::uint64_t number_of(const result<core::command_result>& r) {
    return std::get<core::created>(r.value()).number;
}

}  // namespace confab::testing
