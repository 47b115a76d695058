// A file by which others see that a worker works: touched as often as it holds its partitions. A health check asks how
// old it is; a worker has no port to ask.
#pragma once

#include <chrono>
#include <filesystem>

#include "ledger/cluster_ports.hpp"

namespace confab::app {

// An empty path: there is no such file.
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
