// The generation of a ledger: random text that names one history of writes. A ledger that is restored to an earlier
// state, or gives writes up, gets another generation. So a position of the lost history is recognised: counters alone
// would reach its numbers again.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace confab::core {

// 8 ASCII letters and digits (46 bits) from the operating system's generator.
class generation {
public:
    static constexpr std::size_t length = 8;

    static std::optional<generation> parse(std::string_view text);
    static generation make();

    std::string_view text() const { return {text_.data(), text_.size()}; }

    friend bool operator==(const generation&, const generation&) = default;

private:
    generation() = default;

    std::array<char, length> text_{};
};

}  // namespace confab::core
