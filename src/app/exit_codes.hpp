#pragma once

namespace confab::app {

inline constexpr int exit_findings = 1;  // of `check`
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

}  // namespace confab::app
