// The code points with the property Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties.txt). They are
// invisible where they are not supported. Examples are variation selectors, joiners, bidirectional marks and soft
// hyphens. Why not utf8proc's flag: it omits code points that are not assigned yet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace confab::core {

struct ignorable_range {
    std::int32_t first, last;
};

inline constexpr ignorable_range ignorable_ranges[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c},   {0x115f, 0x1160},   {0x17b4, 0x17b5},  {0x180b, 0x180f},
    {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},  {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

inline bool is_ignorable(std::int32_t c) {
    const auto* const range = std::ranges::lower_bound(ignorable_ranges, c, {}, &ignorable_range::last);
    return range != std::end(ignorable_ranges) && range->first <= c;
}

}  // namespace confab::core
