#include "app/alive_file.hpp"

#include <fmt/core.h>

#include <fstream>

#include "base/log.hpp"

namespace confab::app {
namespace {

constexpr std::chrono::seconds touch_every{1};

}  // namespace

awaitable<result<std::vector<core::partition_number>>> seen_alive::hold() {
    auto held = co_await of_.hold();
    if (held) touch();
    co_return held;
}

// Who stops in good order is not alive any more.
awaitable<void> seen_alive::release() {
    std::error_code none;
    if (!file_.empty()) std::filesystem::remove(file_, none);
    co_await of_.release();
}

void seen_alive::touch() {
    const auto moment = std::chrono::steady_clock::now();
    if (file_.empty() || moment < touch_at_) return;
    touch_at_ = moment + touch_every;
    if (!(std::ofstream(file_) << std::flush)) log::warning(fmt::format("{} cannot be written", file_.string()));
}

}  // namespace confab::app
