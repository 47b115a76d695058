// What the writer and the readers of one ledger have in common, beside the files.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/sqlite/hot_rows.hpp"
#include "ledger/sqlite/lag.hpp"
#include "ledger/sqlite/snapshots.hpp"

namespace confab::ledger {

struct in_common {
    explicit in_common(std::size_t hot_bytes_max) : hot(hot_bytes_max) {}

    hot_rows hot;
    ledger::lag lag;
    ledger::snapshots snapshots;
    std::atomic<std::uint64_t> batches_without_journal = 0;  // since there was no room for it
};

}  // namespace confab::ledger
