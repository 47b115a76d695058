// The highest committed positions of partitions and counters of apps and chats: those that this worker committed, and
// the positions that other workers committed before its start. Positions (within an epoch) and counters only grow, also
// by other workers. So a server with lower ones was restored to an earlier state, or replaced by a server that lacks
// the last commits.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "core/delivery.hpp"
#include "core/state.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/commands_by_kind.hpp"
#include "ledger/mysql/effects_by_kind.hpp"

namespace confab::ledger::mysql {

// The position of a partition.
struct partition_watermark {
    core::epoch_id epoch{};
    core::entry_id position;
};

// Where the partition stood when it left this epoch. Zero if it never had it. Throws mysql::failure.
awaitable<core::entry_id> position_in_epoch(confab::mysql::connection& db, core::partition_number p,
                                            const core::epoch_id& epoch);

// All checks throw lost_commits. Those that query the server throw mysql::failure, too.
class high_watermarks {
public:
    // Records committed positions and counters.
    void note(core::partition_number p, const partition_watermark& new_position);
    void note(const moved_counters& counters);

    // Checks a partition's row that was just read.
    awaitable<void> check(confab::mysql::connection& db, core::partition_number p,
                          const partition_watermark& found) const;
    // Checks the rows of all partitions that have a watermark, also those of other owners.
    awaitable<void> check(confab::mysql::connection& db) const;
    // Checks the counters of the apps and chats that a batch names.
    void check(const named_resources& named, core::state& s) const;

private:
    struct chat_watermark {
        std::uint64_t messages = 0;
        std::uint64_t changes = 0;
    };

    void check(const core::app& app) const;
    void check(const core::chat_counters& chat) const;

    std::map<core::partition_number, partition_watermark> partitions_;
    std::unordered_map<std::uint64_t, std::uint64_t> chats_of_apps_;
    std::unordered_map<std::uint64_t, chat_watermark> chats_;
};

}  // namespace confab::ledger::mysql
