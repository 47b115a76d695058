#include "app/stderr_progress.hpp"

#include <fmt/core.h>

#include <cstdio>

namespace confab::app {

void print_to_stderr(const std::string& line) {
    fmt::print(stderr, "{}\n", line);
}

ops::progress stderr_progress() {
    return ops::progress({.print = print_to_stderr});
}

}  // namespace confab::app
