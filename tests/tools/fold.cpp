// Folds every line of standard input with the program's folding. folding_test.py compares it with another
// implementation.
#include <iostream>
#include <string>

#include "core/folding.hpp"

int main() {
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) std::cout << confab::core::fold(line) << '\n';
}
