// The program's log: one line per event, on standard error. Any thread.
#pragma once

#include <string_view>

namespace confab::log {

enum class level { info, warning, error, off };

void start(level least);
void info(std::string_view line);
void warning(std::string_view line);
void error(std::string_view line);

}  // namespace confab::log
