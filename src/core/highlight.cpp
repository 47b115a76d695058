#include "core/highlight.hpp"

#include "base/require.hpp"
#include "core/segments.hpp"

namespace confab::core {
namespace {

// Adds a fragment, or extends the last one if both match or both do not.
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
    require(query.size() > 0, "an empty query matches everywhere");
    const auto cut = segmented(text);
    std::vector<fragment> fragments;
    const char* done = text.data();  // the text before this is in fragments
    const auto add_up_to = [&](const char* end, bool is_match) {
        if (end <= done) return;
        add(fragments, {done, static_cast<std::size_t>(end - done)}, is_match);
        done = end;
    };
    auto reached = cut.segments.begin();
    const auto segment_at = [&](std::size_t folded_at) {  // called with ascending offsets
        while (reached->folded_end <= folded_at) ++reached;
        return reached->original;
    };
    for (auto at = query.find_in(cut.folded, 0); at != std::string_view::npos;
         at = query.find_in(cut.folded, at + query.size())) {
        add_up_to(segment_at(at).data(), false);
        const auto last = segment_at(at + query.size() - 1);
        add_up_to(last.data() + last.size(), true);
    }
    add_up_to(text.data() + text.size(), false);
    return fragments;
}

}  // namespace confab::core
