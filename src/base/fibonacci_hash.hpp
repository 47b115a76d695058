// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4): spreads neighbouring numbers. The upper
// bits are spread best.
#pragma once

#include <cstdint>

namespace confab {

constexpr std::uint64_t fibonacci_hash(std::uint64_t number) {
    return number * 0x9e3779b97f4a7c15ULL;  // 2^64 divided by the golden ratio
}

}  // namespace confab
