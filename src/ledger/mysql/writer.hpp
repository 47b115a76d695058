// The writing side of the MySQL ledger: one worker's batches, and its share of the partitions.
#pragma once

#include <memory>

#include "ledger/ledger.hpp"
#include "ledger/mysql/mysql_ledger.hpp"
#include "ledger/shared.hpp"

namespace confab::ledger::mysql {

class mysql_batches : public writer, public ownership {};

// Calls throw went_back (ledger/went_back.hpp) and are not to be repeated then.
// On one event loop, one call at a time. `partitions`: as fixed by migrate.
std::unique_ptr<mysql_batches> make_mysql_batches(const mysql_options& options, const mysql_worker_options& worker,
                                                  std::uint64_t partitions);

}  // namespace confab::ledger::mysql
