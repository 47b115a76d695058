// What the writer and the readers of one ledger have in common, beside the files.
#pragma once

#include "ledger/sqlite/hot_rows.hpp"
#include "ledger/sqlite/lag.hpp"
#include "ledger/sqlite/snapshots.hpp"

namespace confab::ledger {

struct in_common {
    explicit in_common(std::size_t hot_bytes_max) : hot(hot_bytes_max) {}

    hot_rows hot;
    ledger::lag lag;
    ledger::snapshots snapshots;
};

}  // namespace confab::ledger
