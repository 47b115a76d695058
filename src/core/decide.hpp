// decide() applies a command to the state, and returns the command's result and its effects. It uses no I/O, clock or
// thread. The same state, command and time give the same outcome, so a batch that is decided again gets the same
// results.
//
// A number is the last number of its chat (or app) plus one. It is assigned only together with the effect that stores
// it. A refused command does not change the state. So numbers have no gaps and no duplicates as long as a batch is
// committed atomically.
#pragma once

#include <chrono>

#include "base/error.hpp"
#include "core/batch_effects.hpp"
#include "core/command.hpp"
#include "core/state.hpp"

namespace confab::core {

struct rules {
    std::chrono::hours keep_keys{24};
};

// Appends the effects of `c` to `effects`, and applies them to `s`.
// Errors: not_found, deleted, version_mismatch, key_reused, numbers_used_up, rejected (unreadable). After an error `s`
// and `effects` are unchanged.
// If `s` has a result for the job of `c`, returns that result and changes nothing.
// REQUIRES: `s` holds everything that the ledger has of the app, chat, message and key that `c` names.
result<command_result> decide(state& s, const command& c, timestamp now, const rules& r, batch_effects& effects);

// The collection to which a creating command adds. Nothing: its parent is not in `s`, or it creates nothing.
std::optional<key_scope> scope_of(state& s, const command& c);

}  // namespace confab::core
