// The state of partitions for operators: their owners, their positions, and the dead letters. On the caller's
// connection. All functions throw mysql::failure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/delivery.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

struct partition_state {
    core::partition_number partition;
    std::string owner;  // hexadecimal; empty: no owner, or its lease has expired
    core::entry_id position;
    std::chrono::microseconds lease_left{0};  // by the server's clock; 0: no owner
};

struct dead_letter {
    std::uint64_t id;
    core::partition_number partition;
    core::entry_id entry;
    core::job_id job;  // zeros: its bytes could not be read
    timestamp at;
    std::string why;
    std::string bytes;
};

inline constexpr std::uint64_t dead_letters_max = 1000;  // of one call

awaitable<std::vector<partition_state>> partition_states(confab::mysql::connection& db);
// Dead letters that were neither replayed nor dropped (dead_letters.hpp). The oldest first, without their bytes.
awaitable<std::vector<dead_letter>> dead_letters(confab::mysql::connection& db);
awaitable<std::optional<dead_letter>> find_dead_letter(confab::mysql::connection& db, std::uint64_t id);
// Its command stays refused, also when the queue delivers it again. False: there is no such dead letter.
awaitable<bool> drop_dead_letter(confab::mysql::connection& db, std::uint64_t id);

}  // namespace confab::ledger::mysql
