// Numbers of different things are different types: a chat's number cannot be passed as a message's.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace confab {

template <class Tag>
class number {
public:
    constexpr number() = default;
    constexpr explicit number(std::uint64_t value) : value_(value) {}

    constexpr std::uint64_t value() const { return value_; }
    constexpr number next() const { return number(value_ + 1); }

    friend constexpr auto operator<=>(number, number) = default;

private:
    std::uint64_t value_ = 0;
};

}  // namespace confab

// NOLINTNEXTLINE(cert-dcl58-cpp): a specialisation for a type of ours, as the standard allows.
template <class Tag>
struct std::hash<confab::number<Tag>> {
    std::size_t operator()(confab::number<Tag> n) const noexcept { return std::hash<std::uint64_t>{}(n.value()); }
};
