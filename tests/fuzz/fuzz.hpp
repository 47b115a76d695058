// For fuzz targets: to read an input, and to check a property of what comes out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace confab::fuzz {

// Ends the process if `holds` is false. libFuzzer then keeps the input.
inline void expect(bool holds, std::string_view what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

// Takes values from the front of an input. What is missing is zero or empty.
class input {
public:
    input(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

    bool is_at_end() const { return left_.empty(); }

    std::string_view bytes(std::size_t count) {
        const auto taken = left_.substr(0, count);
        left_.remove_prefix(taken.size());
        return taken;
    }

    // An integer of this many bytes, the highest first.
    std::uint64_t number(std::size_t size = 1) {
        std::uint64_t value = 0;
        for (const char c : bytes(size)) value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }

    bool flag() { return number() % 2 == 1; }

    // A text of up to 255 bytes, after its length.
    std::string_view text() { return bytes(number()); }

    std::string_view line() {
        const auto taken = bytes(left_.find('\n'));
        bytes(1);
        return taken;
    }

    std::string_view rest() { return bytes(left_.size()); }

private:
    std::string_view left_;
};

}  // namespace confab::fuzz
