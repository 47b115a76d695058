// Removes white space around a text.
#pragma once

#include <algorithm>
#include <string_view>

namespace confab {

// `white_space`: the characters to remove. The default is HTTP's (RFC 9110, 5.6.3).
inline std::string_view trimmed(std::string_view text, std::string_view white_space = " \t") {
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
    return text.substr(0, text.find_last_not_of(white_space) + 1);
}

}  // namespace confab
