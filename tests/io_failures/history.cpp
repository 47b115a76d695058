// 1. The fault is armed before the ledger is opened. The history creates, edits and deletes, with keys, in batches of
//    all kinds. Transactions spill, the WAL is checkpointed, journal segments are rotated, keys are purged, the index
//    follows, and the ledger is restarted cleanly.
// 2. Every acknowledged batch is applied to the model. Reads during the history equal the model or are unavailable.
// 3. The fault is disarmed. The ledger is verified three times: as it is, in a copy of its files as after a crash, and
//    after a clean restart. Each time every acknowledged effect is stored once. A batch with an unknown outcome is
//    stored completely or not at all.
#include "io_failures/history.hpp"

#include <fmt/core.h>

#include <boost/asio/thread_pool.hpp>

#include "base/error.hpp"
#include "core/decide.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "ops/check_index.hpp"
#include "search/indexed/index_follower.hpp"
#include "search/sqlite/sqlite_index.hpp"
#include "support/commands.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t two_days_us = 2LL * 24 * 60 * 60 * 1'000'000;
constexpr int attempts_max = 3;  // of a batch, until the ledger serves again

// So small that a short history reaches every limit.
constexpr ledger::sqlite::sqlite_sizes sizes{.transaction_effects_max = 12,
                                             .transaction_bytes_max = 16 * 1024,
                                             .journal_segment_bytes = 8 * 1024,
                                             .checkpoint = {.start_pages = 15, .restart_pages = 40}};

using commands = std::vector<core::command>;

// An open ledger and its index.
class opened {
public:
    opened(const fs::path& folder, asio::any_io_executor pool)
        : ledger_(ledger::sqlite::open_sqlite_ledger({.folder = folder, .read_pool = pool, .sizes = sizes})),
          index_(search::open_sqlite_index({folder, ledger_->identity(), pool})),
          follower_(ledger_->reader(), index_->reader(), index_->writer(), {5, std::chrono::milliseconds(1)}, pool) {
        is_indexed_ = run(follower_.begin()).has_value();
    }

    ledger::readers& reader() { return ledger_->reader(); }
    ledger::writer& writer() { return ledger_->writer(); }
    const std::string& identity() const { return ledger_->identity(); }

    bool index() {
        if (!is_indexed_) return false;
        const bool is_done = run(follower_.catch_up()).has_value();
        run(index_->writer().maintain());
        return is_done;
    }

private:
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger_;
    std::unique_ptr<search::sqlite_index> index_;
    search::index_follower follower_;
    bool is_indexed_ = false;
};

class history {
public:
    history(const fs::path& folder, findings& found) : folder_(folder), found_(found) {}

    // False if the ledger could not be opened. That is allowed while a fault is armed.
    bool open() {
        try {
            state_.clear();
            is_closed_ = false;
            opened_ = std::make_unique<opened>(folder_, pool_.get_executor());
            return true;
        } catch (const startup_error& cause) {
            opening_failure_ = cause.what();
            return false;
        }
    }

    void write_first_part() {
        const commands first{command(new_app(token_, "an app"), key("app", "")),
                             command(core::create_chat{token_}, key("chat", "")), command(core::create_chat{token_}),
                             command(core::create_chat{token_})};
        for (int attempt = 0; attempt < attempts_max && !commit(first); ++attempt) continue;
        commit(messages(1, 10, "short"));
        commit(messages(2, 6, old_text()));
        commit(messages(2, 6, old_text()));
        read();
        commit(edits(2, 1, 6));
        commit(edits(2, 7, 12));
        commit(messages(3, 2, std::string(12'000, 'l')));
        index();
        commit({command(core::delete_message{token_, core::chat_number(2), core::message_number(2)}),
                command(core::delete_message{token_, core::chat_number(1), core::message_number(3)})});
        commit(
            {command(core::rename_app{token_, valid<core::app_name>("renamed")}), command(core::create_chat{token_})});
        commit(messages(2, 6, old_text()));
        commit(edits(2, 1, 6));
        index();
        read();
    }

    void write_third_part() {
        commit(messages(4, 5, "after a crash"));
        commit(edits(4, 1, 5));
        read();
    }

    void write_second_part() {
        maintain(timestamp{now().us + two_days_us});  // purges the keys
        forget_keys();
        commit({command(new_message(token_, 1, "with a key"), key("message", "payload"))});
        commit(messages(2, 6, old_text()));
        commit(edits(2, 13, 18));
        commit(messages(3, 2, std::string(12'000, 'l')));
        index();
        commit({command(core::delete_message{token_, core::chat_number(2), core::message_number(14)})});
        commit(messages(4, 5, "short"));
        index();
        read();
    }

    void restart() {
        opened_.reset();
        if (!open()) {
            fault_plan::instance().disarm();
            require_open("after a restart");
        }
        if (!opened_ || !with_unknown_) return;
        fault_plan::instance().disarm();
        compare("after a restart", *opened_);
        resolve_unknown(*opened_);
    }

    // Restarts on the files that a SIGKILL leaves.
    void crash() {
        if (!opened_) return;
        const auto left = copied(folder_.string() + "-crashed");
        opened_.reset();
        fs::remove_all(folder_);
        fs::rename(left, folder_);
        restart();
    }

    // REQUIRES: the fault is disarmed.
    void run_and_verify(history_length length) {
        if (!opened_) require_open("without a fault");
        if (!opened_) return;
        compare("before the restart", *opened_);
        expect_to_serve_or_to_be_closed();
        if (length == history_length::whole) verify_copy();
        opened_.reset();
        require_open("after a clean stop");
        if (!opened_) return;
        verify_opened("after the restart", folder_, *opened_);
        expect_keys();
        if (!commit(messages(1, 1, "the last one"))) report("the ledger refuses a batch after the restart");
    }

private:
    static std::string old_text() { return std::string(2'000, 'o'); }

    commands messages(std::uint64_t chat, int count, const std::string& content) const {
        commands made;
        for (int i = 0; i < count; ++i) made.push_back(command(new_message(token_, chat, content)));
        return made;
    }

    commands edits(std::uint64_t chat, std::uint64_t first, std::uint64_t last) const {
        commands made;
        for (auto number = first; number <= last; ++number) made.push_back(command(edit(token_, chat, number, "new")));
        return made;
    }

    void report(std::string finding) { found_.push_back(std::move(finding)); }
    void report(std::string_view when, const findings& all) {
        for (const auto& finding : all) report(fmt::format("{}: {}", when, finding));
    }

    // Commits as the batch writer does. Returns whether the batch was acknowledged.
    bool commit(const commands& batch) {
        if (!opened_) return false;
        const auto outcome = apply(batch);
        if (outcome) maintain(now());
        return outcome.has_value();
    }

    result<void> apply(const commands& batch) {
        std::vector<const core::command*> all;
        for (const auto& c : batch) all.push_back(&c);
        core::batch_effects effects;
        auto done = run(opened_->writer().load(all, state_));
        if (done) {
            for (const auto* c : all) (void)core::decide(state_, *c, now(), {}, effects);
            done = run(opened_->writer().apply(effects));
        }
        if (done) {
            if (is_closed_) report("a batch was acknowledged after writes were closed");
            state_.end_batch(1000);
            report("as acknowledged", model_.apply(effects));
            return done;
        }
        state_.clear();
        if (done.error() == error::outcome_unknown) {
            if (with_unknown_) report("a second outcome was unknown");
            with_unknown_ = model_;
            report("as unknown", with_unknown_->apply(effects));
            is_closed_ = true;
        } else if (done.error() == error::writes_closed) {
            is_closed_ = true;
        } else if (done.error() != error::unavailable) {
            report("a batch was refused with " + done.error().message());
        }
        return done;
    }

    void maintain(timestamp at) {
        if (opened_) run(opened_->writer().maintain(at));
    }
    void index() {
        if (opened_) opened_->index();
    }
    void read() {
        if (opened_) compare("while something fails", *opened_, may_be_unavailable);
    }

    enum availability { must_be_available, may_be_unavailable };

    void compare(std::string_view when, opened& with, availability reads = must_be_available) {
        const auto differences = model_.compare(with.reader());
        if (!differences && reads == must_be_available) report(fmt::format("{}: reads are unavailable", when));
        if (!differences || differences->empty()) return;
        if (with_unknown_) {
            const auto differences_with = with_unknown_->compare(with.reader());
            if (!differences_with || differences_with->empty()) return;
            report(fmt::format("{}: a batch with an unknown outcome is stored in part", when));
        }
        report(when, *differences);
    }

    void verify_opened(std::string_view when, const fs::path& folder, opened& with) {
        compare(when, with);
        if (!with.index()) report(fmt::format("{}: the index cannot be updated", when));
        const auto auditor = ledger::sqlite::open_sqlite_auditor(folder);
        const auto index = search::open_sqlite_index_auditor(folder, with.identity());
        auto checked = run(ops::check(*auditor));
        if (checked && index) checked = run(ops::check_index(*auditor, *index, std::move(*checked)));
        if (!checked) return report(fmt::format("{}: the check cannot read", when));
        report(when, checked->findings);
        resolve_unknown(with);
    }

    // A restart decides whether the batch with the unknown outcome is stored. Later batches build on that.
    void resolve_unknown(opened& with) {
        if (with_unknown_ && with_unknown_->compare(with.reader()).value_or(findings{"unavailable"}).empty())
            model_ = *with_unknown_;
        with_unknown_.reset();
    }

    void expect_to_serve_or_to_be_closed() {
        for (int attempt = 0; attempt < attempts_max && !is_closed_; ++attempt)
            if (commit({command(new_message(token_, 1, "serves again"))})) return;
        if (!is_closed_ && model_.messages_in(core::chat_number(1)) > 0)
            report("the ledger neither accepts writes again nor closes them");
    }

    // Copies the files as a SIGKILL leaves them, without SQLite's shared memory, which ends with the last process.
    fs::path copied(const fs::path& to) const {
        fs::remove_all(to);
        fs::copy(folder_, to);
        fs::remove(to / "confab.db-shm");
        fs::remove(to / "confab-search.db-shm");
        return to;
    }

    void verify_copy() {
        const auto copy = copied(folder_.string() + "-copy");
        const auto unknown = with_unknown_;
        const auto acknowledged = model_;
        try {
            opened crashed(copy, pool_.get_executor());
            verify_opened("after a crash", copy, crashed);
        } catch (const startup_error& cause) {
            report(fmt::format("after a crash: the ledger cannot be opened: {}", cause.what()));
        }
        with_unknown_ = unknown;
        model_ = acknowledged;
        fs::remove_all(copy);
    }

    void require_open(std::string_view when) {
        if (!open()) report(fmt::format("{}: the ledger cannot be opened: {}", when, opening_failure_));
    }

    // Each key is stored with the number that it created.
    void expect_keys() {
        for (const auto& [place, number] : model_.keys()) {
            const auto c = command_with(core::idempotency_key{place.second, {}}, place.first);
            core::state fresh;
            const std::vector<const core::command*> one{&c};
            if (!run(opened_->writer().load(one, fresh))) return report("keys cannot be read");
            const auto* const record = fresh.find(core::state::key_locator{place.first, place.second});
            if (!record || record->number != number) report("a key is lost");
        }
    }

    core::command command_with(const core::idempotency_key& key, const core::key_scope& scope) const {
        using kind = core::key_scope::kind;
        if (scope.of == kind::apps) return command(new_app(token_, "again"), key);
        if (scope.of == kind::chats_of_app) return command(core::create_chat{token_}, key);
        return command(new_message(token_, 1, "again"), key);
    }

    // From here on the keys may be purged.
    void forget_keys() {
        model_.forget_keys();
        if (with_unknown_) with_unknown_->forget_keys();
    }

    const fs::path folder_;
    findings& found_;
    asio::thread_pool pool_{1};
    std::unique_ptr<opened> opened_;
    core::state state_;
    const core::app_token token_ = core::app_token::make();
    ledger_model model_;
    std::optional<ledger_model> with_unknown_;  // the model if the batch with the unknown outcome is stored
    bool is_closed_ = false;
    std::string opening_failure_;
};

}  // namespace

history_result run_history(const fs::path& folder, const std::optional<io_fault>& fault, history_length length) {
    auto& plan = fault_plan::instance();
    history_result result;
    fs::remove_all(folder);
    {
        history h(folder, result.found);
        plan.reset_counts();
        if (fault) plan.arm(*fault);
        if (!h.open()) {
            plan.disarm();
            h.restart();
        }
        h.write_first_part();
        if (length == history_length::whole) {
            h.restart();
            h.write_second_part();
            h.crash();
            h.write_third_part();
        }
        result.was_met = plan.disarm();
        result.calls = plan.counts();
        h.run_and_verify(length);
    }
    fs::remove_all(folder);
    return result;
}

}  // namespace confab::testing
