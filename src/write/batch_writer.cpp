#include "write/batch_writer.hpp"

namespace confab::write {
namespace {

// Heads kept between batches; some 100 bytes each.
constexpr std::size_t heads_max = 200'000;

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
            source_.answer(co_await settle(batch));
            co_await ledger_.tidy(now());
        }
    }

private:
    // An outcome for every command, each of them final: committed, or refused with nothing done.
    awaitable<outcomes> settle(const commands& batch) {
        const auto loaded = co_await ledger_.load(batch, state_);
        if (!loaded) co_return failed(batch, loaded.error());
        std::vector<core::effect> effects;
        effects.reserve(batch.size() + batch.size() / 2);
        auto decided = decide_all(batch, effects);
        const auto applied = co_await ledger_.apply(effects);
        if (!applied) co_return failed(batch, applied.error());
        state_.end_batch(heads_max);
        if (options_.committed) options_.committed(effects);
        co_return decided;
    }

    outcomes decide_all(const commands& batch, std::vector<core::effect>& effects) {
        const auto at = now();
        outcomes decided;
        decided.reserve(batch.size());
        for (const auto* c : batch) decided.push_back(core::decide(state_, *c, at, options_.rules, effects));
        return decided;
    }

    // What was decided is void, and so is all that was known: the next batch reads the ledger again.
    outcomes failed(const commands& batch, boost::system::error_code why) {
        state_.clear();
        return outcomes(batch.size(), queue::outcome(why));
    }

    queue::receiver& source_;
    ledger::writer& ledger_;
    const batch_options options_;
    core::state state_;
};

}  // namespace

awaitable<void> write_batches(queue::receiver& source, ledger::writer& into, batch_options options) {
    batch_writer writer(source, into, options);
    co_await writer.run();
}

}  // namespace confab::write
