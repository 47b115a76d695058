// Folding is not done character by character: a base letter and the marks after it may become one, as Hangul letters
// do. So the text is first cut into segments that fold on their own: one begins at each character that neither is a
// mark nor joins with what stands before it. That this is so is checked by folding the whole; a text for which it is
// not (none is known) counts as one segment.
#include "core/highlight.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace confab::core {
namespace {

struct segment {
    std::string_view original;
    std::size_t folded_end;  // where it ends in the folded text
};

std::string_view first_character(std::string_view text) {
    utf8proc_int32_t c;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &c);
    return text.substr(0, static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 1)));
}

bool is_mark(std::string_view character) {
    utf8proc_int32_t c;
    utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(character.data()),
                     static_cast<utf8proc_ssize_t>(character.size()), &c);
    return utf8proc_get_property(c)->combining_class != 0;
}

bool is_ascii(std::string_view character) {
    return static_cast<unsigned char>(character[0]) < 0x80;
}

std::string joined(std::string_view a, std::string_view b) {
    return std::string(a).append(b);
}

std::vector<segment> segments_of(std::string_view text) {
    std::vector<segment> found;
    std::string own;  // what the last segment folds to
    std::size_t folded_before = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto character = first_character(text.substr(at));
        at += character.size();
        const auto alone = fold(character);
        const bool begins_one = found.empty() || is_ascii(character) ||
                                (!is_mark(character) && fold(joined(found.back().original, character)) == own + alone);
        if (begins_one) {
            folded_before += own.size();
            found.push_back({character, 0});
            own = alone;
        } else {
            auto& last = found.back().original;
            last = {last.data(), last.size() + character.size()};
            own = fold(last);
        }
        found.back().folded_end = folded_before + own.size();
    }
    return found;
}

// Whether the segments, folded one by one, make the folded text.
bool fold_on_their_own(const std::vector<segment>& segments, std::string_view folded) {
    std::size_t begin = 0;
    for (const auto& s : segments) {
        if (s.folded_end > folded.size() || fold(s.original) != folded.substr(begin, s.folded_end - begin))
            return false;
        begin = s.folded_end;
    }
    return begin == folded.size();
}

// The first segment that ends after `folded_at`.
auto segment_at(const std::vector<segment>& segments, std::size_t folded_at) {
    return std::ranges::upper_bound(segments, folded_at, {}, &segment::folded_end);
}

// Adds a fragment, or lengthens the last one by what follows it.
void add(std::vector<fragment>& fragments, std::string_view text, bool is_match) {
    if (text.empty()) return;
    if (!fragments.empty() && fragments.back().is_match == is_match) {
        auto& last = fragments.back().text;
        last = {last.data(), last.size() + text.size()};
    } else {
        fragments.push_back({text, is_match});
    }
}

}  // namespace

std::vector<fragment> fragments_of(std::string_view text, const folded_query& query) {
    const auto folded = fold(text);
    auto segments = segments_of(text);
    if (!fold_on_their_own(segments, folded)) segments = {{text, folded.size()}};
    std::vector<fragment> fragments;
    const char* done = text.data();  // up to here the text is in fragments
    const auto add_up_to = [&](const char* end, bool is_match) {
        if (end <= done) return;
        add(fragments, {done, static_cast<std::size_t>(end - done)}, is_match);
        done = end;
    };
    for (auto at = query.find_in(folded, 0); at != std::string_view::npos;
         at = query.find_in(folded, at + query.size())) {
        add_up_to(segment_at(segments, at)->original.data(), false);
        const auto last = segment_at(segments, at + query.size() - 1)->original;
        add_up_to(last.data() + last.size(), true);
    }
    add_up_to(text.data() + text.size(), false);
    return fragments;
}

}  // namespace confab::core
