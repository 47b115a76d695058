// Some editors write U+FEFF at the start of a UTF-8 text. A parser may ignore it (RFC 8259, 8.1).
#pragma once

#include <string_view>

namespace confab {

inline std::string_view without_byte_order_mark(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) text.remove_prefix(mark.size());
    return text;
}

}  // namespace confab
