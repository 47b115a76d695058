#include "ops/progress.hpp"

#include <fmt/core.h>

#include <utility>

namespace confab::ops {

void progress::begin(std::string what, std::uint64_t total, std::uint64_t done) {
    what_ = std::move(what);
    done_ = done_before_ = done;
    total_ = total;
    if (!options_.print) return;
    begun_ = options_.now();
    next_line_ = begun_ + options_.every;
}

void progress::add(std::uint64_t count) {
    done_ += count;
    if (!options_.print) return;
    const auto at = options_.now();
    if (at < next_line_) return;
    next_line_ = at + options_.every;
    options_.print(line(at - begun_));
}

std::string progress::line(clock::duration took) const {
    const auto seconds = std::chrono::duration<double>(took).count();
    const auto rate = static_cast<double>(done_ - done_before_) / seconds;
    auto text = fmt::format("{}: {} of {}, {:.0f}/s", what_, done_, total_, rate);
    if (done_ > done_before_ && done_ <= total_)
        text += fmt::format(", about {:.0f} s left", static_cast<double>(total_ - done_) / rate);
    return text;
}

}  // namespace confab::ops
