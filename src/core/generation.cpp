#include "core/generation.hpp"

#include <algorithm>

#include "core/random_text.hpp"

namespace confab::core {

std::optional<generation> generation::parse(std::string_view text) {
    if (text.size() != length || !is_alphanumeric(text)) return std::nullopt;
    generation parsed;
    std::ranges::copy(text, parsed.text_.begin());
    return parsed;
}

generation generation::make() {
    generation made;
    fill_with_random_text(made.text_);
    return made;
}

}  // namespace confab::core
