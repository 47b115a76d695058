// How much work a piece of code does, counted: the same on every machine, and however busy it is. A step is a basic
// block that was entered (GCC's -fsanitize-coverage=trace-pc), a byte that memchr, memcmp, memcpy or memmove went over,
// or a byte that was allocated.
#pragma once

#include <cstdint>
#include <utility>

namespace confab::testing {

std::uint64_t steps_so_far();

template <class Work>
std::uint64_t steps_of(Work work) {
    const auto before = steps_so_far();
    work();
    return steps_so_far() - before;
}

}  // namespace confab::testing
