// Random bytes from the operating system's generator. Any thread.
#pragma once

#include <cstddef>
#include <span>

namespace confab {

// Fills `out`. Aborts the process if the operating system returns no random bytes.
void fill_random(std::span<std::byte> out);

}  // namespace confab
