// Runs a fuzz target on the files of its corpus. Compiled without libFuzzer.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "fuzz/fuzz.hpp"

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: fuzz_TARGET CORPUS\n";
        return 2;
    }
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) {
        std::cout << entry.path().filename().string() << std::endl;  // the last one is that of a failure
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        ++files;
    }
    if (files == 0) std::cerr << "the corpus is empty\n";
    return files == 0 ? 1 : 0;
}
