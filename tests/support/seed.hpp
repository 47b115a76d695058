// The seed of a random test: printed, and taken from TEST_SEED to repeat a run.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace confab::testing {

inline std::uint64_t seed() {
    const auto* const given = std::getenv("TEST_SEED");
    const std::uint64_t value = given ? std::stoull(given) : std::random_device{}();
    std::cout << "TEST_SEED=" << value << std::endl;
    return value;
}

}  // namespace confab::testing
