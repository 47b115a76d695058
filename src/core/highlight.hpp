// Where a text contains a query, in whole characters of the text as it was written.
#pragma once

#include <string_view>
#include <vector>

#include "core/folding.hpp"

namespace confab::core {

struct fragment {
    std::string_view text;  // a view into the text
    bool is_match;
};

// The text cut into what matches and what does not; all fragments together are the text. A match that begins or ends
// within what one character folds to (the first `s` of `ß`) takes the whole character, with the marks and the invisible
// characters after it. REQUIRES: a query that does not fold to nothing; valid UTF-8 that
// outlives the fragments.
std::vector<fragment> fragments_of(std::string_view text, const folded_query& query);

}  // namespace confab::core
