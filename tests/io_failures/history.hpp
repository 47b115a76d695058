// A scripted history of a ledger and its search index with one fault. The result is verified.
#pragma once

#include <filesystem>
#include <optional>

#include "io_failures/ledger_model.hpp"
#include "support/fault_plan.hpp"

namespace confab::testing {

struct history_result {
    findings found;                          // violated guarantees
    bool was_met = false;                    // whether a call failed
    std::map<io_site, std::uint64_t> calls;  // before the verification
};

// brief: only the first part, without restart and crash. For sites with tens of thousands of calls.
enum class history_length { brief, whole };

// Empties the folder and runs the history in it. Not thread-safe, because the process has one fault plan.
history_result run_history(const std::filesystem::path& folder, const std::optional<io_fault>& fault,
                           history_length length = history_length::whole);

}  // namespace confab::testing
