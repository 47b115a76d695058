// The generation as a number, because the values of table `meta` are numbers: its characters as bytes, the first one in
// the highest byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/generation.hpp"

namespace confab::ledger::mysql {

inline std::uint64_t encode(const core::generation& g) {
    static_assert(core::generation::length == sizeof(std::uint64_t));
    std::uint64_t number = 0;
    for (const char c : g.text()) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

// Nothing: the number is no generation.
inline std::optional<core::generation> decode_generation(std::uint64_t number) {
    std::string text(core::generation::length, '\0');
    for (auto c = text.rbegin(); c != text.rend(); ++c, number >>= 8) *c = static_cast<char>(number & 0xff);
    return core::generation::parse(text);
}

}  // namespace confab::ledger::mysql
