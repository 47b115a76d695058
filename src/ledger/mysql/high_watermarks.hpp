// What this worker committed itself, and what was committed before it started: how far each partition was moved, and
// the counters of apps and chats. Positions
// (within an epoch) and counters only grow, whoever moves them. So a server that has less was put back to an earlier
// state, or another one took its place that lacks the last commits.
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

// How far a partition has come.
struct partition_watermark {
    core::epoch_id epoch{};
    core::entry_id position;
};

// All checks throw lost_commits; those that ask the server, mysql::failure too.
class high_watermarks {
public:
    // After a commit.
    void note(core::partition_number p, const partition_watermark& new_position);
    void note(const moved_counters& counters);

    // Against a partition's row, as it was just read.
    awaitable<void> check(confab::mysql::connection& db, core::partition_number p,
                          const partition_watermark& found) const;
    // Against the rows of all partitions that have a mark, whoever owns them now.
    awaitable<void> check(confab::mysql::connection& db) const;
    // Against the counters of what a batch names.
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
