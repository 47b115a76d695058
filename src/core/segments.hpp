// Splits a text into the shortest segments of complete characters that fold independently of each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace confab::core {

struct segment {
    std::string_view original;
    std::size_t folded_end;  // its end in the folded text
};

struct segmented_text {
    std::string folded;  // the result of fold()
    std::vector<segment> segments;
};

// Takes time linear in the text. REQUIRES: valid UTF-8 that outlives the segments.
segmented_text segmented(std::string_view text);

}  // namespace confab::core
