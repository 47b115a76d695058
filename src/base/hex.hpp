// Bytes as lower-case hexadecimal digits.
#pragma once

#include <boost/algorithm/hex.hpp>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>

namespace confab {

inline void append_hex(std::string& out, std::span<const std::byte> bytes) {
    const auto* const first = reinterpret_cast<const unsigned char*>(bytes.data());
    boost::algorithm::hex_lower(first, first + bytes.size(), std::back_inserter(out));
}

inline std::string to_hex(std::span<const std::byte> bytes) {
    std::string digits;
    digits.reserve(2 * bytes.size());
    append_hex(digits, bytes);
    return digits;
}

}  // namespace confab
