// The writing side of the MySQL ledger: one worker's batches, and its share of the partitions.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "ledger/cluster_ports.hpp"
#include "ledger/mysql/mysql_ledger.hpp"
#include "ledger/writer.hpp"

namespace confab::ledger::mysql {

class mysql_writer : public writer, public ownership {
public:
    // As mysql_worker::id.
    virtual const std::string& id() const = 0;
    // As mysql_worker::require_committed.
    virtual void require_committed(std::span<const core::delivery> all) = 0;
};

// On one event loop, one call at a time. Calls may throw lost_commits (ledger/lost_commits.hpp); no call may follow
// then. `partitions`: as fixed by migrate.
std::unique_ptr<mysql_writer> make_mysql_writer(const mysql_options& options, const mysql_worker_options& worker,
                                                std::uint64_t partitions);

}  // namespace confab::ledger::mysql
