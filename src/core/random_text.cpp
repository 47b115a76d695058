#include "core/random_text.hpp"

#include <algorithm>
#include <cstddef>

#include "base/random.hpp"

namespace confab::core {
namespace {

constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

}  // namespace

void fill_with_random_text(std::span<char> out) {
    for (auto& c : out) {
        std::size_t index = alphabet.size();
        while (index >= alphabet.size()) {  // rejection sampling
            std::byte drawn;
            fill_random({&drawn, 1});
            index = static_cast<std::size_t>(drawn) & 63;
        }
        c = alphabet[index];
    }
}

bool is_alphanumeric(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
}

}  // namespace confab::core
