// Bytes as lower-case hexadecimal digits.
#pragma once

#include <boost/algorithm/hex.hpp>
#include <cstddef>
#include <span>
#include <string>

namespace confab {

inline void append_hex(std::string& out, std::span<const std::byte> bytes) {
    const auto* const first = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto digits = out.size();
    out.resize(digits + 2 * bytes.size());
    boost::algorithm::hex_lower(first, first + bytes.size(), out.data() + digits);
}

inline std::string to_hex(std::span<const std::byte> bytes) {
    std::string digits;
    append_hex(digits, bytes);
    return digits;
}

}  // namespace confab
