#include "app/format_duration.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace confab::app {

std::string format_duration(std::chrono::microseconds age) {
    using namespace std::chrono;
    const auto shown = std::max(age, microseconds(0));
    if (shown < minutes(2)) return fmt::format("{:.1f} s", duration<double>(shown).count());
    if (shown < hours(2)) return fmt::format("{} min", duration_cast<minutes>(shown).count());
    if (shown < hours(48)) return fmt::format("{} h", duration_cast<hours>(shown).count());
    return fmt::format("{} d", duration_cast<hours>(shown).count() / 24);
}

}  // namespace confab::app
