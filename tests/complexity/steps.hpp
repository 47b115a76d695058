// Counts the work of a piece of code. The count is the same on every machine under every load. A step is an entered
// basic block (GCC's -fsanitize-coverage=trace-pc), a byte processed by memchr, memcmp, memcpy or memmove, or an
// allocated byte.
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
