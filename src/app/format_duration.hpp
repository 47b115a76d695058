// Formats a duration or an age for people: 12.3 s, 14 min, 5 h, 3 d.
#pragma once

#include <chrono>
#include <string>

namespace confab::app {

std::string format_duration(std::chrono::microseconds age);

}  // namespace confab::app
