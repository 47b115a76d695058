// Finds the matches of a query in a text, as complete characters of the original text.
#pragma once

#include <string_view>
#include <vector>

#include "core/folding.hpp"

namespace confab::core {

struct fragment {
    std::string_view text;  // a view into the text
    bool is_match;
};

// Splits the text into fragments that match and fragments that do not. All fragments together are the text. If a match
// begins or ends inside the folding of one character (the first `s` of `ß`), the fragment has the complete character,
// with the marks and invisible characters after it. REQUIRES: the query does not fold to nothing; the text is valid
// UTF-8 and outlives the fragments.
std::vector<fragment> fragments_of(std::string_view text, const folded_query& query);

}  // namespace confab::core
