#include "ops/reindex_job.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

#include "base/random.hpp"
#include "base/require.hpp"
#include "base/spawn.hpp"
#include "search/indexed/failure_reason.hpp"

namespace confab::ops {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_first = 1s;
constexpr auto pause_max = 30s;

ledger::reindex_owner random_owner() {
    ledger::reindex_owner owner;
    fill_random(owner);
    return owner;
}

// Waits until this time, or until the timer is cancelled.
awaitable<void> wait(asio::steady_timer& timer, asio::steady_timer::time_point until) {
    timer.expires_at(until);
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

}  // namespace

// Reports each store.
class reindex_job::counting_writer final : public search::index_writer {
public:
    counting_writer(search::index_writer& into, std::function<void(std::uint64_t messages)> stored)
        : into_(into), stored_(std::move(stored)) {}

    awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) override {
        return into_.chats(after);
    }
    awaitable<result<void>> store(core::chat_id chat, std::span<const search::indexed_text> texts, core::position from,
                                  core::position to) override {
        const auto done = co_await into_.store(chat, texts, from, to);
        if (done) stored_(to.messages - from.messages);
        co_return done;
    }
    awaitable<result<void>> clear() override { return into_.clear(); }
    awaitable<bool> maintain() override { return into_.maintain(); }
    std::string last_failure() const override { return into_.last_failure(); }

private:
    search::index_writer& into_;
    const std::function<void(std::uint64_t)> stored_;
};

reindex_job::reindex_job(ledger::index_source& ledger, const search::elastic_index_options& index,
                         ledger::index_progress& progress, reindex_job_options options,
                         const asio::any_io_executor& home)
    : ledger_(ledger),
      index_options_(index),
      progress_(progress),
      options_(std::move(options)),
      home_(home),
      owner_(random_owner()),
      pause_alarm_(home),
      renewal_alarm_(home),
      follow_alarm_(home),
      beside_ended_(home),
      beside_(search::open_inactive_indexes(index_options_, progress)),
      changes_(ledger, *beside_, home, options_.ledger_failure),
      pause_(pause_first, pause_max) {
    open_index(search::new_replacement_name(index_options_));
}

reindex_job::~reindex_job() = default;

awaitable<reindex_report> reindex_job::run() {
    const auto here = co_await asio::this_coro::executor;
    require(&here.context() == &home_.context(), "the job runs on its own loop");
    co_await claim();
    begin_beside();
    result<reindex_report> built = error::unavailable;
    std::exception_ptr failure;
    std::string why;
    try {
        built = co_await build();
        if (!built) why = reason(built.error());
    } catch (...) {
        failure = std::current_exception();
    }
    co_await end_beside();
    co_await release_lease(built.has_value());
    if (!built && beside_exception_) failure = beside_exception_;
    if (failure) std::rethrow_exception(failure);
    if (!built) throw startup_error(why + unapplied_changes());
    report_late_exception();
    co_return *built;
}

void reindex_job::stop() {
    asio::post(home_, [this] { end_early(); });
}

void reindex_job::end_early() {
    is_stopping_ = true;
    follower_->stop();
    changes_.stop();
    pause_alarm_.cancel();
}

// No retries here: nothing was begun yet.
awaitable<void> reindex_job::claim() {
    const auto answers = co_await index_->is_usable();
    if (!answers) throw startup_error(reason(answers.error()));
    const auto claimed = co_await progress_.claim(owner_, index_->name());
    if (!claimed) throw startup_error(reason(claimed.error()));
    lease_ = *claimed;
    if (!lease_.is_mine) {
        constexpr auto text =
            "another reindex has been running since {} (if it was killed, its lease expires within 30 s; then `confab "
            "reindex` resumes it)";
        throw startup_error(fmt::format(text, lease_.since));
    }
    note_success();
}

awaitable<result<reindex_report>> reindex_job::build() {
    if (const auto done = co_await prepare(); !done) co_return done.error();
    if (const auto done = co_await show_progress(); !done) co_return done.error();
    if (const auto done = co_await walk(lease_.last_chat); !done) co_return done.error();
    if (const auto done = co_await walk({}); !done) co_return done.error();
    if (const auto done = co_await swap_alias(); !done) co_return done.error();
    if (const auto done = co_await walk({}); !done) co_return done.error();
    co_return co_await with_retries([this] { return count_indexed(*writer_); });
}

// The index to resume, or a new one.
awaitable<result<void>> reindex_job::prepare() {
    if (lease_.index != index_->name()) {
        const auto fresh = index_->name();
        open_index(lease_.index);
        const auto is_usable = co_await with_retries([this] { return index_->is_usable(); });
        if (!is_usable) co_return is_usable.error();
        if (*is_usable) {
            options_.print(fmt::format("resuming the reindex of {}, index {}", lease_.since, lease_.index));
            reached_ = lease_.last_chat;
            co_return result<void>();
        }
        open_index(fresh);
        const auto is_ours = co_await with_retries([&] { return progress_.begin_again(owner_, fresh); });
        if (!is_ours) co_return is_ours.error();
        is_taken_over_ = !*is_ours;
        if (is_taken_over_) co_return error::shutting_down;
        lease_.last_chat = {};
    }
    options_.print(fmt::format("building the index {}", index_->name()));
    co_return co_await with_retries([this] { return index_->make(); });
}

awaitable<result<void>> reindex_job::show_progress() {
    const auto total =
        co_await with_retries([this] { return progress_.messages_in_chats_of(options_.after_messages); });
    if (!total) co_return total.error();
    const auto before = co_await with_retries([this] { return count_indexed(*writer_); });
    if (!before) co_return before.error();
    options_.reporter.begin("messages in the new search index", *total, before->messages);
    co_return result<void>();
}

awaitable<result<void>> reindex_job::walk(core::chat_id after) {
    const auto on_chat_done = [this, &after](core::chat_id chat) {
        after = chat;
        reached_ = std::max(reached_, chat);
        note_success();
    };
    co_return co_await with_retries([&] { return follower_->catch_up(after, on_chat_done); });
}

awaitable<result<void>> reindex_job::swap_alias() {
    const auto is_ours = co_await with_retries([this] { return progress_.renew(owner_, reached_); });
    if (!is_ours) co_return is_ours.error();
    is_taken_over_ = !*is_ours;
    if (is_taken_over_) co_return error::shutting_down;
    co_return co_await with_retries([this] { return index_->swap_alias(); });
}

void reindex_job::open_index(const std::string& name) {
    index_ = search::open_replacement_index(index_options_, progress_, name);
    writer_ = std::make_unique<counting_writer>(index_->writer(), [this](std::uint64_t messages) {
        options_.reporter.add(messages);
        note_success();
    });
    follower_ = std::make_unique<search::index_follower>(
        ledger_, index_->reader(), *writer_,
        search::follower_options{.after_messages = options_.after_messages, .pause = {}}, home_);
    if (is_stopping_) follower_->stop();
}

template <class Step>
auto reindex_job::with_retries(Step step) -> decltype(step()) {
    for (;;) {
        auto done = co_await step();
        if (done) note_success();
        const bool may_pass = !done && done.error() == error::unavailable;
        const bool is_too_long = clock::now() - succeeded_at_ >= options_.give_up_after;
        if (!may_pass || is_too_long) co_return done;
        if (is_stopping_) co_return error::shutting_down;
        const auto pause = pause_.next();
        options_.print(fmt::format("{}; trying again in {} s", reason(done.error()), pause / 1s));
        co_await wait(pause_alarm_, clock::now() + pause);
        if (is_stopping_) co_return error::shutting_down;
    }
}

void reindex_job::note_success() {
    succeeded_at_ = clock::now();
    pause_.reset();
}

std::string reindex_job::reason(boost::system::error_code cause) const {
    if (is_taken_over_) return "another reindex took the lease";
    if (cause == error::shutting_down) return "interrupted: `confab reindex` resumes it, within a day";
    return search::failure_reason(cause, index_->writer().last_failure(), options_.ledger_failure);
}

void reindex_job::begin_beside() {
    begin(renew());
    begin(follow_changes());
}

void reindex_job::begin(awaitable<void> work) {
    beside_running_ += 1;
    spawn(home_, std::move(work), [this](const std::exception_ptr& failure) {
        beside_running_ -= 1;
        if (failure) {
            beside_exception_ = failure;
            end_early();
        }
        beside_ended_.cancel();
    });
}

// Goes on after a failure: the lease can be renewed as long as no other reindex has taken it.
awaitable<void> reindex_job::renew() {
    for (;;) {
        co_await wait(renewal_alarm_, clock::now() + options_.renew_every);
        if (is_beside_over_) co_return;
        const auto is_ours = co_await progress_.renew(owner_, reached_);
        if (is_beside_over_) co_return;
        report(renewing_, is_ours ? "" : search::failure_reason(is_ours.error(), "", options_.ledger_failure));
        if (!is_ours || *is_ours) continue;
        is_taken_over_ = true;
        end_early();
        co_return;
    }
}

// Goes on after a failure.
awaitable<void> reindex_job::follow_changes() {
    while (!is_beside_over_) {
        const auto done = co_await changes_.catch_up();
        if (is_beside_over_ || is_stopping_) co_return;
        report(following_, done ? "" : changes_.last_failure());
        co_await wait(follow_alarm_, clock::now() + options_.follow_every);
    }
}

void reindex_job::report(background_step& step, std::string why) {
    if (why == step.why) return;
    options_.print(why.empty() ? std::string(step.recovered) : fmt::format("{} for now: {}", step.failed, why));
    step.why = std::move(why);
}

// The reindex succeeded before the exception could end it.
void reindex_job::report_late_exception() {
    if (!beside_exception_) return;
    try {
        std::rethrow_exception(beside_exception_);
    } catch (const std::exception& cause) {
        options_.print(fmt::format("the reindex is complete; its background work failed at the end: {}", cause.what()));
    }
}

// Where the job failed: what the indexes that are not searched may still hold.
std::string reindex_job::unapplied_changes() const {
    if (is_taken_over_ || following_.why.empty()) return {};
    return fmt::format(
        "; the index {}, and any other that is not searched, may hold deleted texts until workers or `confab reindex` "
        "apply the changes ({})",
        index_->name(), following_.why);
}

awaitable<void> reindex_job::end_beside() {
    is_beside_over_ = true;
    changes_.stop();
    renewal_alarm_.cancel();
    follow_alarm_.cancel();
    while (beside_running_ > 0) co_await wait(beside_ended_, clock::time_point::max());
}

awaitable<void> reindex_job::release_lease(bool is_done) {
    if (is_done)
        co_await with_retries([this] { return progress_.finish(owner_); });
    else
        co_await progress_.give_up(owner_, reached_);
}

}  // namespace confab::ops
