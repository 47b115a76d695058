// The database's clock relative to this process's own. Idempotency keys expire by the database's clock, as leases do.
// The clocks of workers may differ by hours, and a key that one worker stores is checked by another. A batch is decided
// by the worker's own clock. So the ledger converts times when it loads or stores a key.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace confab::ledger::mysql {

// The database's time in microseconds since 1970, as SQL text. It is the time at which the statement began.
constexpr std::string_view database_time_sql = "timestampdiff(microsecond, '1970-01-01', utc_timestamp(6))";

class database_clock {
public:
    using steady = std::chrono::steady_clock;

    // Records a recent reading of the database's clock.
    void read(timestamp database, timestamp here = now(), steady::time_point at = steady::now()) {
        ahead_us_ = database.us - here.us;
        here_ = here;
        at_ = at;
    }

    timestamp to_database(timestamp here) const { return {here.us + ahead_us_}; }
    timestamp to_local(timestamp database) const { return {database.us - ahead_us_}; }

    // Whether this process's clock was set since read(), by more than usual corrections. Times converted before that
    // and after it do not match.
    bool was_set(timestamp here = now(), steady::time_point at = steady::now()) const {
        const auto expected = here_.us + std::chrono::duration_cast<std::chrono::microseconds>(at - at_).count();
        return here.us > expected + tolerance_us || here.us < expected - tolerance_us;
    }

private:
    static constexpr std::int64_t tolerance_us = 1'000'000;

    std::int64_t ahead_us_ = 0;
    timestamp here_;
    steady::time_point at_;
};

}  // namespace confab::ledger::mysql
