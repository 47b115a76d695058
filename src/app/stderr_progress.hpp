// Progress of a long command, as lines on stderr: stdout has its report.
#pragma once

#include <string>

#include "ops/progress.hpp"

namespace confab::app {

void print_to_stderr(const std::string& line);
ops::progress stderr_progress();

}  // namespace confab::app
