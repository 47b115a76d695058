// A text cut into the shortest pieces of whole characters that fold on their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace confab::core {

struct segment {
    std::string_view original;
    std::size_t folded_end;  // where it ends in the folded text
};

struct segmented_text {
    std::string folded;  // as fold() folds it
    std::vector<segment> segments;
};

// In time linear in the text. REQUIRES: valid UTF-8 that outlives the segments.
segmented_text segmented(std::string_view text);

}  // namespace confab::core
