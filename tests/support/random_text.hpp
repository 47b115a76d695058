// Random texts of few letters, so that pieces of them repeat.
#pragma once

#include <random>
#include <string>

namespace confab::testing {

inline std::string random_text(std::mt19937_64& random, std::size_t length_max, unsigned letters) {
    std::string text(std::uniform_int_distribution<std::size_t>(0, length_max)(random), ' ');
    for (char& c : text) c = static_cast<char>('a' + std::uniform_int_distribution<unsigned>(0, letters - 1)(random));
    return text;
}

}  // namespace confab::testing
