#include "app/heartbeat_file.hpp"

#include <fmt/core.h>

#include <fstream>

#include "base/log.hpp"

namespace confab::app {
namespace {

constexpr std::chrono::seconds touch_interval{1};

}  // namespace

awaitable<result<std::vector<core::partition_number>>> heartbeat_ownership::renew() {
    auto held = co_await inner_.renew();
    if (held) touch();
    co_return held;
}

// A worker that stops in an orderly way is no longer alive.
awaitable<void> heartbeat_ownership::release() {
    std::error_code none;
    if (!file_.empty()) std::filesystem::remove(file_, none);
    co_await inner_.release();
}

void heartbeat_ownership::touch() {
    const auto moment = std::chrono::steady_clock::now();
    if (file_.empty() || moment < next_touch_) return;
    next_touch_ = moment + touch_interval;
    if (!(std::ofstream(file_) << std::flush)) log::warning(fmt::format("{} cannot be written", file_.string()));
}

}  // namespace confab::app
