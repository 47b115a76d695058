// Random bytes of the operating system's generator. Any thread.
#pragma once

#include <cstddef>
#include <span>

namespace confab {

// Fills `out`; aborts when the operating system has no randomness to give.
void fill_random(std::span<std::byte> out);

}  // namespace confab
