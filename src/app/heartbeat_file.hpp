// A file that shows that a worker is alive. The worker touches it whenever it renews its leases. A health check looks
// at the file's age, since a worker has no port.
#pragma once

#include <chrono>
#include <filesystem>

#include "ledger/cluster_ports.hpp"

namespace confab::app {

// With an empty path, there is no file.
class heartbeat_ownership final : public ledger::ownership {
public:
    heartbeat_ownership(ledger::ownership& inner, std::filesystem::path file) : inner_(inner), file_(std::move(file)) {}

    awaitable<result<std::vector<core::partition_number>>> renew() override;
    awaitable<void> release() override;

private:
    void touch();

    ledger::ownership& inner_;
    const std::filesystem::path file_;
    std::chrono::steady_clock::time_point next_touch_{};
};

}  // namespace confab::app
