// Deciding: what a command does to a state, and what is answered. No I/O, clock or thread: the same state, command and
// time give the same outcome, so a batch decided twice is decided alike.
//
// A number is the last one of its chat (or app) plus one. It is given out only together with the effect that stores it,
// and a refused command leaves the state as it was: that is why numbers have no gap and no repeat as long as a batch is
// committed whole.
#pragma once

#include <chrono>
#include <vector>

#include "base/error.hpp"
#include "core/command.hpp"
#include "core/state.hpp"

namespace confab::core {

struct rules {
    std::chrono::hours keep_keys{24};
};

// Appends to `effects` what `c` changes, and moves `s` on by it.
// Errors: not_found, deleted, version_mismatch, key_reused, numbers_used_up, rejected (what cannot be read); then
// neither `s` nor `effects` is touched.
// A command that `s` knows to be settled is answered as it was, and changes nothing.
// REQUIRES: `s` holds all that the ledger has of the app, chat, message and key that `c` names.
result<command_result> decide(state& s, const command& c, timestamp now, const rules& r, std::vector<effect>& effects);

// Which collection a creating command posts to, or nothing when its parent is not in `s` (or it creates nothing).
std::optional<key_scope> scope_of(state& s, const command& c);

}  // namespace confab::core
