// A scripted history of a ledger and its search index, with one fault in it, and the judgement of what is left.
#pragma once

#include <filesystem>
#include <optional>

#include "io_failures/ledger_model.hpp"
#include "support/fault_plan.hpp"

namespace confab::testing {

struct history_result {
    findings found;                          // what broke a promise; empty: nothing did
    bool was_met = false;                    // whether a call failed
    std::map<io_site, std::uint64_t> calls;  // up to the judgement
};

// brief: its first part only, without restart and crash, for faults of which there are tens of thousands.
enum class history_length { brief, whole };

// Runs the history in this folder, which is emptied first. Not thread-safe, as the plan of faults is one for the
// process.
history_result run_history(const std::filesystem::path& folder, const std::optional<io_fault>& fault,
                           history_length length = history_length::whole);

}  // namespace confab::testing
