// A file by which others see that a worker works: touched as often as it holds its partitions. A health check asks how
// old it is; a worker has no port to ask.
#pragma once

#include <chrono>
#include <filesystem>

#include "ledger/shared.hpp"

namespace confab::app {

// An empty path: there is no such file.
class seen_alive final : public ledger::ownership {
public:
    seen_alive(ledger::ownership& of, std::filesystem::path file) : of_(of), file_(std::move(file)) {}

    awaitable<result<std::vector<core::partition_number>>> hold() override;
    awaitable<void> release() override;

private:
    void touch();

    ledger::ownership& of_;
    const std::filesystem::path file_;
    std::chrono::steady_clock::time_point touch_at_{};
};

}  // namespace confab::app
