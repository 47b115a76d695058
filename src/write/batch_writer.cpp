#include "write/batch_writer.hpp"

namespace confab::write {
namespace {

// Counters that are cached between batches; some 100 bytes each.
constexpr std::size_t counters_max = 200'000;

using commands = std::vector<const core::command*>;
using outcomes = std::vector<queue::outcome>;

class batch_writer {
public:
    batch_writer(queue::receiver& source, ledger::writer& into, const batch_options& options)
        : source_(source), ledger_(into), options_(options) {}

    awaitable<void> run() {
        for (;;) {
            const auto batch = co_await source_.take(options_.limits);
            if (batch.empty()) co_return;
            source_.answer(co_await process(batch));
            co_await ledger_.maintain(now());
        }
    }

private:
    // An outcome for every command. If the ledger rejects the batch, each command is committed alone, to find the
    // cause.
    awaitable<outcomes> process(const commands& batch) {
        auto done = co_await commit(batch);
        if (done) co_return std::move(*done);
        if (done.error() == error::rejected && batch.size() > 1) co_return co_await process_one_by_one(batch);
        co_return outcomes(batch.size(), queue::outcome(done.error()));
    }

    // Commands after a failure are not tried, so that none overtakes the failed one.
    awaitable<outcomes> process_one_by_one(const commands& batch) {
        outcomes all;
        for (const auto* c : batch) {
            const commands alone(1, c);
            auto done = co_await commit(alone);
            const auto refused = done ? boost::system::error_code() : done.error();
            all.push_back(done ? std::move(done->front()) : queue::outcome(refused));
            if (!refused || refused == error::rejected) continue;
            all.resize(batch.size(), queue::outcome(refused));
            break;
        }
        co_return all;
    }

    // Errors: the reason why the batch was not committed. Its decisions and the cached state are dropped then: the next
    // batch loads its state from the ledger again.
    awaitable<result<outcomes>> commit(const commands& batch) {
        auto done = co_await try_commit(batch);
        if (!done) state_.clear();
        co_return done;
    }

    awaitable<result<outcomes>> try_commit(const commands& batch) {
        const auto loaded = co_await ledger_.load(batch, state_);
        if (!loaded) co_return loaded.error();
        auto decided = decide_all(batch);
        const auto applied = co_await ledger_.apply(effects_);
        if (!applied) co_return applied.error();
        if (options_.committed) options_.committed(effects_);
        state_.end_batch(counters_max);
        co_return decided;
    }

    outcomes decide_all(const commands& batch) {
        const auto at = now();
        outcomes decided;
        decided.reserve(batch.size());
        effects_.clear();
        for (const auto* c : batch) decided.push_back(core::decide(state_, *c, at, options_.rules, effects_));
        return decided;
    }

    queue::receiver& source_;
    ledger::writer& ledger_;
    const batch_options options_;
    core::state state_;
    core::batch_effects effects_;  // of the current batch
};

}  // namespace

awaitable<void> write_batches(queue::receiver& source, ledger::writer& into, batch_options options) {
    batch_writer writer(source, into, options);
    co_await writer.run();
}

}  // namespace confab::write
