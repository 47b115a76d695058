#include "search/indexed/inactive_index_follower.hpp"

#include "search/indexed/failure_reason.hpp"
#include "search/indexed/index_follower.hpp"

namespace confab::search {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 10s;
constexpr auto remove_interval = 30s;
constexpr int failures_max = 3;  // in a row; then the engine counts as down

}  // namespace

inactive_index_follower::inactive_index_follower(ledger::index_source& ledger, inactive_indexes& indexes,
                                                 asio::any_io_executor home,
                                                 std::function<std::string()> ledger_failure)
    : ledger_(ledger), indexes_(indexes), ledger_failure_(std::move(ledger_failure)), stop_(std::move(home)) {}

awaitable<void> inactive_index_follower::run() {
    using clock = std::chrono::steady_clock;
    for (auto remove_at = clock::now(); !stop_.is_set();) {
        if (const auto done = co_await catch_up(); !done && !stop_.is_set()) log_failure();
        if (clock::now() >= remove_at && !stop_.is_set()) {
            const auto removed = co_await indexes_.remove_unused();
            if (!removed) {
                note_failure(removed.error(), indexes_.last_failure());
                log_failure();
            }
            remove_at = clock::now() + remove_interval;
        }
        co_await stop_.sleep(poll_interval);
    }
}

awaitable<result<void>> inactive_index_follower::catch_up() {
    const auto all = co_await indexes_.all();
    if (!all) {
        note_failure(all.error(), indexes_.last_failure());
        co_return error::unavailable;
    }
    auto all_done = result<void>();
    for (const auto& one : *all) {
        const auto done = co_await catch_up(*one);
        if (stop_.is_set()) co_return error::shutting_down;
        if (done) continue;
        note_failure(done.error(), one->writer().last_failure());
        all_done = error::unavailable;
    }
    co_return all_done;
}

awaitable<result<void>> inactive_index_follower::catch_up(inactive_index& with) {
    index_follower follower(ledger_, with.reader(), with.writer(), {.after_messages = changes_only, .pause = {}},
                            stop_);
    auto all = result<void>();  // a chat that fails does not stop later ones, unless failures_max fail in a row
    for (core::chat_id after;;) {
        const auto changed = co_await with.changed_chats(after);
        if (!changed) co_return changed.error();
        for (int failed = 0; const auto chat : changed->chats) {
            if (stop_.is_set()) co_return error::shutting_down;
            const auto done = co_await follower.catch_up_with(chat);
            if (!done) all = done;
            failed = done ? 0 : failed + 1;
            if (failed == failures_max) co_return all;
        }
        if (!changed->next) co_return all;
        after = *changed->next;
    }
}

void inactive_index_follower::note_failure(boost::system::error_code cause, const std::string& of_index) {
    last_failure_ = failure_reason(cause, of_index, ledger_failure_);
}

void inactive_index_follower::log_failure() {
    log_.warning(last_failure_,
                 "updating the indexes that are not searched failed and will be retried: " + last_failure_);
}

}  // namespace confab::search
