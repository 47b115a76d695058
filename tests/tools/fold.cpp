// Folds every line of standard input: the program's own folding, to be compared with another implementation's.
#include <iostream>
#include <string>

#include "core/folding.hpp"

int main() {
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) std::cout << confab::core::fold(line) << '\n';
}
