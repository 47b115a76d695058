// Characters cannot be folded one by one: a base letter and its marks may compose, as Hangul letters do, and marks may
// be reordered. So the text is folded once, as traced code points. A segment begins at a character that is neither a
// mark nor invisible if
// - all code points from earlier characters precede all code points from this and later characters, and
// - no code point comes from characters on both sides.
// Why not fold growing pieces and compare: in a long run of marks each piece is folded again and again, which takes
// quadratic time.
#include "core/segments.hpp"

#include "core/folding.hpp"
#include "core/folding_with_origins.hpp"
#include "core/ignorable.hpp"

namespace confab::core {
namespace {

using namespace normalization;

// Whether the character always belongs to the segment of the one before it.
bool follows(code_point c) {
    return is_ignorable(c) || combining_class(*mapping(c, canonical_decomposition).begin()) != 0;
}

// For each code point, the smallest original offset of it and all later ones.
std::vector<std::uint32_t> first_offsets(const std::vector<code_point_with_origin>& folded) {
    std::vector<std::uint32_t> first(folded.size());
    for (auto i = folded.size(); i-- > 0;)
        first[i] = i + 1 == folded.size() ? folded[i].first : std::min(folded[i].first, first[i + 1]);
    return first;
}

// Each ASCII character folds to one byte.
segmented_text segmented_ascii(std::string_view text) {
    segmented_text made{fold(text), {}};
    made.segments.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) made.segments.push_back({text.substr(at, 1), at + 1});
    return made;
}

}  // namespace

segmented_text segmented(std::string_view text) {
    if (is_ascii(text)) return segmented_ascii(text);
    const auto folded = fold_with_origins(text);
    const auto first = first_offsets(folded);
    segmented_text made;
    made.folded.reserve(text.size() + text.size() / 4);
    std::size_t next = 0;  // in `folded`: all code points before it come from characters before `at`
    std::size_t begin = 0;
    const auto end_segment = [&](std::size_t at) {
        made.segments.push_back({text.substr(begin, at - begin), made.folded.size()});
        begin = at;
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto c = decode_at(text, at);
        for (; next < folded.size() && folded[next].last < at; ++next) append_utf8(made.folded, folded[next].value);
        const bool is_boundary = next == folded.size() || first[next] >= at;
        if (at > 0 && is_boundary && !follows(c.value)) end_segment(at);
        at += c.size;
    }
    for (; next < folded.size(); ++next) append_utf8(made.folded, folded[next].value);
    if (!text.empty()) end_segment(text.size());
    return made;
}

}  // namespace confab::core
